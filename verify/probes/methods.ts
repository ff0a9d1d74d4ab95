import type { GatewayModel, Method, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { judgePath } from "../oracle/paths.ts";
import { samplePath } from "../oracle/samples.ts";
import { EXPECT, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, type Verdict } from "../probe.ts";
import { type Answer, header } from "../wire/answer.ts";

const KNOWN = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
/** Methods no route can declare. */
const STRANGE = ["TRACE", "TRACK", "DEBUG", "PROPFIND", "GATEWAY-VERIFY"] as const;

/** Methods a path does not list are refused, whoever asks. */
export function methodProbes(model: GatewayModel): Probe[] {
  const paths = new Map<string, Route>();
  for (const route of model.routes) {
    const path = samplePath(model, route);
    if (path !== undefined && !route.grpc && !paths.has(path)) paths.set(path, route);
  }
  return [...paths].flatMap(([path, route]) => [...KNOWN, ...STRANGE].flatMap((method) => refused(model, route, path, method)));
}

function refused(model: GatewayModel, route: Route, path: string, method: string): Probe[] {
  const verdict = judgePath(model, method, path);
  if (verdict.kind !== "method") return [];
  return [
    {
      id: `method.${method.toLowerCase()}@${route.name}`,
      control: "route.methods",
      title: `${method} ${path} is refused`,
      attack: true,
      run: async (context) => {
        const answer = await context.send({ method, target: path, headers: await credentials(context, route) });
        const strange = (STRANGE as readonly string[]).includes(method);
        const judged = judge(strange ? EXPECT.unknownMethod : EXPECT.otherMethod, answer, context.settings.exact);
        if (judged.result !== "passed" || answer.status !== 405 || method === "HEAD") return judged;
        return judgeAllow(answer, verdict.allow, context.settings.exact);
      },
    },
  ];
}

/** The path's own credentials, so that the method alone can be the reason. */
async function credentials(context: ProbeContext, route: Route) {
  const alternative = context.credentials.satisfiable(route);
  return alternative ? (await context.credentials.admit(route, alternative)).headers : [];
}

function judgeAllow(answer: Answer, allow: readonly Method[], exact: boolean): Verdict {
  const listed = (header(answer, "allow") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
    .sort();
  if (listed.join() === [...allow].sort().join()) return passed(`status 405, allow ${listed.join(", ")}`);
  const what = `allow ${listed.join(", ") || "absent"} instead of ${allow.join(", ")}`;
  return exact ? failed(`status 405, but ${what}`) : passed(`status 405, ${what}, which weakens nothing`);
}
