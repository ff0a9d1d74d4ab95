import type { GatewayModel, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { EXPECT, type Expectation, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import type { Request } from "../wire/client.ts";
import { WireError } from "../wire/errors.ts";
import { refusedIfAlive } from "./tls.ts";

/** What a probe is willing to send. */
const LARGEST = 64 * 1024 * 1024;

/** Sizes: just within the limit passes, beyond it does not. */
export function sizeProbes(model: GatewayModel): Probe[] {
  const { urlBytes, headerBytes } = model.limits;
  const probe = (id: string, title: string, attack: boolean, run: Probe["run"]): Probe => ({
    id: `size.${id}`,
    control: "request.size",
    title,
    attack,
    run,
  });
  return [
    probe("url", `A URL of more than ${urlBytes} bytes is refused`, true, (context) => tooLong(context, urlBytes + 64, EXPECT.urlTooLong)),
    probe("url-query", `A query that makes the URL longer than ${urlBytes} bytes is refused`, true, (context) =>
      refused(context, { method: "GET", target: `/gateway-verify?q=${"a".repeat(urlBytes)}` }, EXPECT.urlTooLong),
    ),
    probe("url-within", `A URL of almost ${urlBytes} bytes is read`, false, async (context) => {
      const answer = await context.send({ method: "GET", target: longPath(urlBytes - 64) });
      return answer.status === 414 ? failed("refused with 414") : passed(`status ${answer.status}`);
    }),
    probe("header-one", `One header of more than ${headerBytes} bytes is refused`, true, (context) =>
      refused(
        context,
        { method: "GET", target: "/gateway-verify", headers: [["X-Verify", "a".repeat(headerBytes + 1024)]] },
        EXPECT.headersTooLarge,
      ),
    ),
    probe("header-many", `Headers of more than ${headerBytes} bytes together are refused`, true, (context) =>
      refused(context, { method: "GET", target: "/gateway-verify", headers: manyHeaders(headerBytes + 2048, 48) }, EXPECT.headersTooLarge),
    ),
    probe("header-cookie", `Cookies of more than ${headerBytes} bytes are refused`, true, (context) =>
      refused(
        context,
        { method: "GET", target: "/gateway-verify", headers: [["Cookie", `a=${"b".repeat(headerBytes + 1024)}`]] },
        EXPECT.headersTooLarge,
      ),
    ),
    probe("header-within", `Headers of half of ${headerBytes} bytes are read`, false, async (context) => {
      const answer = await context.send({ method: "GET", target: "/gateway-verify", headers: manyHeaders(headerBytes / 2, 16) });
      return answer.status === 431 ? failed("refused with 431") : passed(`status ${answer.status}`);
    }),
    ...bodyRoutes(model).flatMap((route) => bodyProbes(route)),
  ];
}

/** Routes with a body, one for every limit. */
function bodyRoutes(model: GatewayModel): Route[] {
  const withBody = model.routes.filter((route) => !route.grpc && route.methods.some((method) => ["POST", "PUT", "PATCH"].includes(method)));
  return [...new Map(withBody.map((route) => [route.bodyBytes, route])).values()];
}

const longPath = (bytes: number) => `/${"gateway-verify/".repeat(Math.ceil(bytes / 15))}`.slice(0, bytes);

const manyHeaders = (bytes: number, count: number) =>
  Array.from({ length: count }, (_, index) => [`X-Verify-${index}`, "a".repeat(Math.ceil(bytes / count))] as const);

const tooLong = (context: ProbeContext, bytes: number, expected: Expectation) =>
  refused(context, { method: "GET", target: longPath(bytes) }, expected);

/** A gateway may hang up on what is too large before it has read all of it. */
async function refused(context: ProbeContext, request: Request, expected: Expectation): Promise<Verdict> {
  try {
    return judge(expected, await context.send(request), context.settings.exact);
  } catch (error) {
    if (error instanceof WireError && error.failure === "closed" && !context.settings.exact) return refusedIfAlive(context, error.message);
    throw error;
  }
}

function bodyProbes(route: Route): Probe[] {
  const limit = route.bodyBytes;
  const method = route.methods.find((candidate) => ["POST", "PUT", "PATCH"].includes(candidate)) ?? "POST";
  const probe = (id: string, title: string, run: Probe["run"]): Probe => ({
    id: `size.${id}@${route.name}`,
    control: "request.size",
    title,
    attack: true,
    run,
  });
  const admitted = async (context: ProbeContext, change: Partial<Request>) => {
    if (limit > LARGEST) throw new SkipProbe(`a body of more than ${limit} bytes is more than a probe sends`);
    const alternative = context.alternativeOf(route);
    const admission = await context.credentials.admit(route, alternative);
    return context.requestFor(route, admission, { method, ...change });
  };
  return [
    probe("body", `A body of more than ${limit} bytes is refused`, async (context) =>
      refused(context, await admitted(context, { body: Buffer.alloc(limit + 1024, 0x20) }), EXPECT.bodyTooLarge),
    ),
    probe("body-announced", `A body announced with more than ${limit} bytes is refused before it is sent`, async (context) => {
      const request = await admitted(context, {
        headers: [["Content-Length", String(limit * 4 + 1024)]],
        body: Buffer.alloc(limit + 1024, 0x20),
      });
      return refused(context, request, EXPECT.bodyTooLarge);
    }),
    probe("body-chunked", `A chunked body of more than ${limit} bytes is refused`, async (context) => {
      const chunk = Buffer.concat([Buffer.from("400\r\n"), Buffer.alloc(1024, 0x20), Buffer.from("\r\n")]);
      const body = Buffer.concat([...Array.from({ length: Math.ceil(limit / 1024) + 1 }, () => chunk), Buffer.from("0\r\n\r\n")]);
      return refused(context, await admitted(context, { headers: [["Transfer-Encoding", "chunked"]], body }), EXPECT.bodyTooLarge);
    }),
    {
      id: `size.body-within@${route.name}`,
      control: "request.size",
      title: `A body within ${limit} bytes is passed on`,
      attack: false,
      run: async (context) => {
        if (!context.settings.unsafeMethods)
          throw new SkipProbe(`an authorized ${method} may change data behind the gateway; allow it with unsafeMethods`);
        const bytes = Math.min(limit, 32 * 1024);
        const request = await admitted(context, { body: Buffer.alloc(bytes, 0x20) });
        const { reached, detail } = await context.judgeReach(await context.send(request, { route }));
        return reached ? passed(`${bytes} bytes: ${detail}`) : failed(`expected an answer of the backend to ${bytes} bytes, got ${detail}`);
      },
    },
  ];
}
