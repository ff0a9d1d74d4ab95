import type { ProbeContext } from "../context.ts";
import { failed, SkipProbe, skipped, type Verdict } from "../probe.ts";
import { type Answer, describe } from "../wire/answer.ts";
import type { Via } from "../wire/client.ts";
import type { Attack } from "./framing-corpus.ts";

/** Where a broken request is sent, and with what it would be let in if it were not broken. */
export interface FramingPlace {
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly via: Via;
  /** Why the gateway may refuse any request here, before it has read it to the end; undefined where only the broken form can be the reason. */
  readonly closed: string | undefined;
}

/** Refusals of what cannot be read, at whatever place. */
const UNREADABLE = [400, 408, 411, 413, 417, 421, 426, 431, 501, 505];

/** Refusals that ask for a credential, another method, or another path: at a closed place every request gets them. */
const ANYBODY = [401, 403, 404, 405, 429];

/** A public route, or else one that this run has the credentials for; failing that any path, where many gateways refuse before they read on. */
export async function framingPlace(context: ProbeContext, method: "GET" | "POST"): Promise<FramingPlace> {
  return context.once(`framing place ${method}`, async () => {
    const routes = context.model.routes.filter((route) => !route.grpc && route.methods.includes(method));
    const open = routes.filter((route) => route.requirement.kind === "public");
    const reasons: string[] = [];
    for (const route of [...open, ...routes.filter((candidate) => !open.includes(candidate))]) {
      try {
        const alternative = context.alternativeOf(route);
        if (route.requirement.kind !== "public" && method === "POST" && !context.settings.unsafeMethods)
          throw new SkipProbe("an authorized POST may change data behind the gateway; allow it with unsafeMethods");
        const { headers, via } = await context.credentials.admit(route, alternative);
        return { path: context.pathOf(route), headers, via, closed: undefined };
      } catch (error) {
        if (!(error instanceof SkipProbe)) throw error;
        reasons.push(`${route.name}: ${error.message}`);
      }
    }
    const closed = routes.length === 0 ? `no route takes ${method}` : `no route with ${method} is open to this run (${reasons.join("; ")})`;
    return { path: context.somePath(method), headers: [], via: {}, closed };
  });
}

/** The request with further headers right behind its first line. */
export function withHeaders(bytes: Buffer, headers: FramingPlace["headers"]): Buffer {
  const end = bytes.indexOf("\r\n") + 2;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([bytes.subarray(0, end), Buffer.from(lines, "latin1"), bytes.subarray(end)]);
}

/** What an answer says about the broken form; undefined when it shows that it was refused. */
export function judgeRefusal(answer: Answer, { harmless = [] }: Attack, { closed }: FramingPlace): Verdict | undefined {
  const { status } = answer;
  if (UNREADABLE.includes(status) || harmless.includes(status)) return undefined;
  if (closed !== undefined && ANYBODY.includes(status))
    return skipped(`status ${status} proves nothing about it: ${closed}, so the gateway may not have read it to the end`);
  // A firewall refuses by 403, and what is read as another method or path of an open route is refused by 405 or 404.
  return [403, 405].includes(status) ? undefined : failed(`expected a refusal, got ${describe(answer)}`);
}
