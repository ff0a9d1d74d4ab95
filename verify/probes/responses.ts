import type { GatewayModel } from "../../components/spec/model.ts";
import type { Observation, ProbeContext } from "../context.ts";
import { sameSource } from "../oracle/source.ts";
import { failed, type Probe, passed, skipped, type Verdict } from "../probe.ts";
import { type Answer, header, headerValues, mediaType } from "../wire/answer.ts";

/** Headers of the gateway that tell which software it is or how it reached the backend. */
const TELLING = /^(server|x-envoy-.*|x-kong-.*|x-varnish|x-upstream.*)$/;

/** Text that belongs to the inside: stack frames, private addresses, names and versions of software. */
const INTERNALS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "a stack trace", pattern: /\n\s+at .+\(.+:\d+:\d+\)|Traceback \(most recent call last\)|Exception in thread/ },
  {
    what: "a private address",
    pattern: /\b(127\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(1[6-9]|2\d|3[01])\.\d+\.\d+):\d+/,
  },
  { what: "the name of the proxy", pattern: /\b(envoy|nginx|istio|esp(v2)?|openresty|kong|varnish|apache tomcat)\b/i },
  {
    what: "a cause only its operator needs",
    pattern:
      /upstream connect error|remote connection failure|reset reason|RBAC: access denied|rbac_access_denied|Jwt (is|verification|issuer|header)/i,
  },
];

/** What every answer carries and what none may carry, judged over all answers of the run, and the form of the gateway's errors. */
export function responseProbes(model: GatewayModel): Probe[] {
  return [
    {
      id: "hsts.always",
      control: "tls.hsts",
      title: "Every answer, success or error, carries Strict-Transport-Security once, as declared",
      attack: false,
      stage: "last",
      run: async (context) => every(context, (answer) => judgeHsts(model, answer)),
    },
    {
      id: "errors.software",
      control: "errors.problem",
      title: "No answer tells which software the gateway is",
      attack: true,
      stage: "last",
      run: async (context) =>
        every(context, (answer) => {
          const name = answer.headers.find(([key]) => TELLING.test(key))?.[0];
          return name === undefined ? undefined : `has the header "${name}"`;
        }),
    },
    {
      id: "errors.internals",
      control: "errors.problem",
      title: "No error tells what went wrong inside",
      attack: true,
      stage: "last",
      run: async (context) =>
        every(context, (answer) => {
          if (answer.status < 400) return undefined;
          const text = answer.body.toString("utf8");
          const found = INTERNALS.find(({ pattern }) => pattern.test(text));
          return found && `shows ${found.what}: ${text.slice(0, 120)}`;
        }),
    },
    ...[400, 401, 403, 404, 405, 413, 414, 429, 431].map(
      (status): Probe => ({
        id: `errors.form-${status}`,
        control: "errors.problem",
        title: `The gateway's ${status} is problem+json with a request id`,
        attack: false,
        stage: "last",
        run: async (context) => form(context, status),
      }),
    ),
  ];
}

async function every(context: ProbeContext, fault: (answer: Answer) => string | undefined): Promise<Verdict> {
  const seen = await observations(context);
  for (const { request, answer } of seen) {
    const what = fault(answer);
    if (what !== undefined) return failed(`${request.method} ${request.target}: status ${answer.status} ${what}`);
  }
  return seen.length > 0 ? passed(`${seen.length} answers`) : failed("the gateway gave no answer to judge");
}

/** Answers of this run; with a selection so narrow that there are none, a few of its own. */
async function observations(context: ProbeContext): Promise<readonly Observation[]> {
  context.needConnection();
  await context.unknownAnswer();
  for (const route of context.model.routes.slice(0, 20)) {
    if (!route.grpc) await context.send({ method: "GET", target: context.pathOf(route) }).catch(() => {});
  }
  return context.observations;
}

function judgeHsts(model: GatewayModel, answer: Answer): string | undefined {
  const { maxAgeSeconds, includeSubdomains, preload } = model.tls.hsts;
  const values = headerValues(answer, "strict-transport-security");
  if (values.length !== 1) return values.length === 0 ? "has no strict-transport-security" : "has strict-transport-security more than once";
  const directives = (values[0] ?? "")
    .toLowerCase()
    .split(";")
    .map((directive) => directive.trim());
  const wanted = [`max-age=${maxAgeSeconds}`, ...(includeSubdomains ? ["includesubdomains"] : []), ...(preload ? ["preload"] : [])];
  const missing = wanted.find((directive) => !directives.includes(directive));
  return missing === undefined ? undefined : `has strict-transport-security "${values[0]}" without ${missing}`;
}

async function form(context: ProbeContext, status: number): Promise<Verdict> {
  const own = await context.unknownAnswer();
  const seen = (await observations(context)).find(
    ({ request, answer }) =>
      answer.status === status && request.method !== "HEAD" && (status !== 404 || own === undefined || sameSource(answer, own)),
  );
  if (seen === undefined) return skipped(`no answer of this run had status ${status}`);
  const { answer } = seen;
  const type = mediaType(answer);
  if (type !== "application/problem+json") {
    const what = `${type || "no content-type"} instead of application/problem+json`;
    return context.settings.exact
      ? failed(`${what} for ${seen.request.method} ${seen.request.target}`)
      : passed(`${what}, which weakens nothing`);
  }
  let problem: Record<string, unknown>;
  try {
    problem = JSON.parse(answer.body.toString("utf8")) as Record<string, unknown>;
  } catch {
    return failed("the body is not JSON");
  }
  if (problem.status !== status) return failed(`expected "status": ${status} in the body, got ${JSON.stringify(problem.status)}`);
  if (typeof problem.title !== "string" || problem.title === "") return failed('expected a "title" in the body');
  const id = problem.requestId ?? problem.request_id ?? header(answer, "x-request-id");
  if (typeof id !== "string" || id === "") return failed("expected a request id in the body or in x-request-id");
  if (status === 401 && header(answer, "www-authenticate") === undefined) return failed("expected www-authenticate with 401");
  return passed(`problem+json, request id ${id}`);
}
