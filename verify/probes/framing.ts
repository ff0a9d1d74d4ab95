import type { GatewayModel } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { echoOf } from "../echo.ts";
import { unknownPath } from "../oracle/samples.ts";
import { failed, type Probe, passed, type Verdict } from "../probe.ts";
import { type Answer, describe } from "../wire/answer.ts";
import { WireError } from "../wire/errors.ts";
import { AMBIGUOUS, type Attack, MALFORMED } from "./framing-corpus.ts";
import { type FramingPlace, framingPlace, judgeRefusal, withHeaders } from "./framing-place.ts";
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
      id: "ddos.slow-headers",
      control: "ddos.standard",
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
      const place = await framingPlace(context, attack.method === "GET" ? "GET" : "POST");
      const bytes = attack.bytes({
        authority: context.settings.authority,
        path: place.path,
        unknown: unknownPath(model) ?? "/gateway-verify",
      });
      return refusedOrDropped(context, withHeaders(bytes, place.headers), attack, place);
    },
  };
}

/** One refusal, then the end of the connection. A second answer means that the rest was read as another request. */
async function refusedOrDropped(context: ProbeContext, bytes: Buffer, attack: Attack, place: FramingPlace): Promise<Verdict> {
  const { method = "POST", repairable } = attack;
  const connection = await context.open(place.via);
  try {
    connection.write(bytes);
    const answer = await connection.read(method, context.settings.exchangeTimeoutMs);
    // Once repaired, what stands behind the body is an ordinary second request.
    if (repairable && answer.status < 400) return repaired(answer, repairable);
    const judgement = judgeRefusal(answer, attack, place);
    if (judgement?.result === "failed") return judgement;
    // Whatever the gateway still makes of the rest has to arrive now; a gateway that answers before it has read the body says no more.
    const after = await connection.quiet(150);
    if (after === "data") return failed(`the rest of it was read as a second request, after ${describe(answer)}`);
    if (judgement) return judgement;
    return await refusedIfAlive(context, `status ${answer.status}${after === "closed" ? ", connection closed" : ""}`);
  } catch (error) {
    if (error instanceof WireError && (error.failure === "closed" || error.failure === "malformed"))
      return await refusedIfAlive(context, error.message);
    throw error;
  } finally {
    connection.close();
  }
}

/** What a lenient gateway passed on, as far as the backend shows it. */
function repaired(answer: Answer, pattern: RegExp): Verdict {
  const echo = echoOf(answer);
  if (echo === undefined)
    return { result: "skipped", detail: "the gateway read it, and its backend does not show in which form it got it" };
  const values = [echo.target, ...echo.headers.flat()];
  return values.some((value) => pattern.test(value))
    ? failed("the backend received it as it was")
    : passed("repaired, as RFC 9112 allows, before the backend received it");
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
