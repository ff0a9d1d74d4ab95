import type { GatewayModel } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { unknownPath } from "../oracle/samples.ts";
import { failed, type Probe, passed, type Verdict } from "../probe.ts";
import { type Answer, describe } from "../wire/answer.ts";
import { WireError } from "../wire/errors.ts";
import { AMBIGUOUS, type Attack, MALFORMED } from "./framing-corpus.ts";
import { refusedIfAlive } from "./tls.ts";

/**
 * Requests that two HTTP parsers in a row could read differently, so that one request hides inside another (request smuggling), and requests
 * that are simply wrong. Each goes over a connection of its own, byte for byte.
 */
export function framingProbes(model: GatewayModel): Probe[] {
  return [
    ...AMBIGUOUS.map((attack) => attackProbe(model, attack)),
    ...MALFORMED.map((attack) => attackProbe(model, attack)),
    {
      id: "framing.pipelined",
      control: "request.framing",
      title: "The second of two requests sent together is judged like the first",
      attack: true,
      run: (context) => pipelined(context),
    },
    {
      id: "framing.slow-headers",
      control: "request.framing",
      title: "A request whose headers never end is given up",
      attack: true,
      run: (context) => slowHeaders(context),
    },
  ];
}

function attackProbe(model: GatewayModel, attack: Attack): Probe {
  return {
    id: `framing.${attack.id}`,
    control: "request.framing",
    title: attack.title,
    attack: true,
    run: async (context) => {
      const bytes = attack.bytes({
        authority: context.settings.authority,
        path: context.somePath(),
        unknown: unknownPath(model) ?? "/gateway-verify",
      });
      return refusedOrDropped(context, bytes, attack.method ?? "POST", attack.harmless ?? []);
    },
  };
}

/** One refusal, then the end of the connection. A second answer means that the rest was read as another request. */
async function refusedOrDropped(context: ProbeContext, bytes: Buffer, method: string, harmless: readonly number[]): Promise<Verdict> {
  const connection = await context.open();
  try {
    connection.write(bytes);
    const answer = await connection.read(method, context.settings.exchangeTimeoutMs);
    const fault = judge(answer, harmless);
    if (fault) return fault;
    // Whatever the gateway still makes of the rest has to arrive now.
    const after = await connection.quiet(150);
    if (after === "data") return failed(`the rest of it was read as a second request, after ${describe(answer)}`);
    return await refusedIfAlive(context, `status ${answer.status}${after === "closed" ? ", connection closed" : ""}`);
  } catch (error) {
    if (error instanceof WireError && (error.failure === "closed" || error.failure === "malformed"))
      return await refusedIfAlive(context, error.message);
    throw error;
  } finally {
    connection.close();
  }
}

function judge(answer: Answer, harmless: readonly number[]): Verdict | undefined {
  const { status } = answer;
  // 404, 405 and 411 come from somebody who has read the request as one of many possible ones and gone on.
  const refusals = [400, 403, 408, 411, 413, 417, 421, 426, 431, 501, 505];
  return refusals.includes(status) || harmless.includes(status) ? undefined : failed(`expected a refusal, got ${describe(answer)}`);
}

async function pipelined(context: ProbeContext): Promise<Verdict> {
  const closed = context.model.routes.find((route) => route.requirement.kind !== "public" && !route.grpc);
  const protectedPath = closed ? context.pathOf(closed) : (unknownPath(context.model) ?? "/");
  const method = closed?.methods[0] ?? "GET";
  const { authority, exchangeTimeoutMs } = context.settings;
  const first = context.somePath();
  const connection = await context.open();
  try {
    const length = method === "GET" || method === "HEAD" ? "" : "Content-Length: 0\r\n";
    connection.write(
      `GET ${first} HTTP/1.1\r\nHost: ${authority}\r\n\r\n${method} ${protectedPath} HTTP/1.1\r\nHost: ${authority}\r\n${length}\r\n`,
    );
    const one = await connection.read("GET", exchangeTimeoutMs);
    if (one.last) return await refusedIfAlive(context, `status ${one.status}, then the connection was closed`);
    const two = await connection.read(method, exchangeTimeoutMs);
    const expected = closed ? [401, 403] : [404, 403];
    return expected.includes(two.status)
      ? passed(`status ${one.status}, then ${two.status}`)
      : failed(`expected ${expected.join(" or ")} for the second request, got ${describe(two)}`);
  } finally {
    connection.close();
  }
}

async function slowHeaders(context: ProbeContext): Promise<Verdict> {
  const { authority, patienceMs } = context.settings;
  // Gateways give up after 5 to 60 seconds; whoever wants to see it has to wait that long.
  if (patienceMs < 15_000)
    return { result: "skipped", detail: `it takes longer than the patience of ${patienceMs} ms; give patienceMs 65000` };
  const connection = await context.open();
  try {
    connection.write(`GET / HTTP/1.1\r\nHost: ${authority}\r\nX-Verify: `);
    const started = Date.now();
    const end = await connection.quiet(patienceMs);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    return end === "quiet" ? failed(`still waiting after ${seconds} s`) : passed(`given up after ${seconds} s`);
  } finally {
    connection.close();
  }
}
