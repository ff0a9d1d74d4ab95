import type { GatewayModel } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { samplePath } from "../oracle/samples.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import { type Answer, header } from "../wire/answer.ts";
import { connectTcp, type Endpoint } from "../wire/connect.ts";
import { WireError } from "../wire/errors.ts";
import { Http1Connection } from "../wire/http1.ts";
import { refusedIfAlive } from "./tls.ts";

const FOREIGN = "gateway-verify.example";

/** Plain HTTP: redirected or refused, never served. */
export function plainHttpProbes(model: GatewayModel): Probe[] {
  if (model.http === "refuse") return refusalProbes(model);
  const redirect = (id: string, title: string, method: string, target: string, attack = false): Probe => ({
    id: `http.${id}`,
    control: "http.redirect",
    title,
    attack,
    run: (context) => redirected(context, method, target),
  });
  const path = model.routes[0] ? (samplePath(model, model.routes[0]) ?? "/") : "/";
  return [
    redirect("get", "GET is redirected to https, path and query kept", "GET", `${path}?a=b%20c&d=%2F`),
    redirect("head", "HEAD is redirected to https", "HEAD", path),
    redirect("post", "POST is redirected with its method kept", "POST", path),
    redirect("unknown", "A path nobody knows is redirected like any other", "GET", "/gateway-verify-unknown"),
    redirect("double-slash", "A path that starts with two slashes does not redirect to another host", "GET", `//${FOREIGN}/`, true),
    redirect("line-break", "An encoded line break in the path does not split the answer", "GET", "/%0d%0aset-cookie:%20a=b", true),
    redirect("credentials", "A request with a token is redirected, never let in", "GET", path, true),
    {
      id: "http.other-host",
      control: "http.redirect",
      title: "Another host in the Host header is not redirected to",
      attack: true,
      run: (context) => notRedirectedTo(context, FOREIGN),
    },
    {
      id: "http.userinfo",
      control: "http.redirect",
      title: "A host with user information is not redirected to",
      attack: true,
      run: (context) => notRedirectedTo(context, `${model.hostname}@${FOREIGN}`),
    },
  ];
}

function refusalProbes(model: GatewayModel): Probe[] {
  return [
    {
      id: "http.closed",
      control: "http.refuse",
      title: "The plain HTTP port is closed",
      attack: true,
      run: async (context) => {
        const answer = await ask(context, "GET", "/", model.hostname);
        return answer instanceof WireError
          ? refusedIfAlive(context, answer.message)
          : failed(`expected no answer over plain HTTP, got status ${answer.status}`);
      },
    },
  ];
}

function plainEndpoint({ settings }: ProbeContext): Endpoint {
  if (settings.plain === undefined)
    throw new SkipProbe(`which port speaks plain HTTP next to ${settings.url} is not known; give plainPort`);
  return settings.plain;
}

/** One exchange in the clear; the failure where there is no answer. Carries no credential but a made-up token. */
async function ask(context: ProbeContext, method: string, target: string, host: string): Promise<Answer | WireError> {
  const { exchangeTimeoutMs, signal } = context.settings;
  const endpoint = plainEndpoint(context);
  try {
    const connection = new Http1Connection(await connectTcp(endpoint, Math.min(exchangeTimeoutMs, 3000), { signal }));
    try {
      const length = method === "POST" ? "Content-Length: 0\r\n" : "";
      connection.write(
        `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer a.b.c\r\n${length}Connection: close\r\n\r\n`,
      );
      return await connection.read(method, exchangeTimeoutMs);
    } finally {
      connection.close();
    }
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

function hostWithPort(context: ProbeContext): string {
  const { port } = plainEndpoint(context);
  return port === 80 ? context.model.hostname : `${context.model.hostname}:${port}`;
}

async function redirected(context: ProbeContext, method: string, target: string): Promise<Verdict> {
  const { exact } = context.settings;
  const answer = await ask(context, method, target, hostWithPort(context));
  if (answer instanceof WireError) {
    if (exact || answer.failure === "timeout") return failed(`expected a redirect, got none: ${answer.message}`);
    return refusedIfAlive(context, `${answer.message}; closed is stricter than a redirect`);
  }
  const statuses = exact ? [308] : method === "POST" ? [308, 307, 403] : [308, 301, 302, 307];
  if (!statuses.includes(answer.status)) return failed(`expected status ${statuses.join(" or ")}, got ${answer.status}`);
  if (answer.status === 403) return passed("status 403, which is stricter than a redirect");
  const location = header(answer, "location");
  const wanted = `${context.settings.url}${target}`;
  // A double slash may arrive merged; only the host must not change.
  const merged = `${context.settings.url}${target.replace(/^\/{2,}/, "/")}`;
  if (location !== wanted && location !== merged && location !== wanted.replace(/^(https:\/\/[^/:]+)/, "$1:443"))
    return failed(`expected location ${wanted}, got ${location ?? "none"}`);
  const split = answer.headers.find(([name]) => name === "set-cookie");
  return split ? failed("the line break in the path became a header of the answer") : passed(`status ${answer.status} to ${location}`);
}

async function notRedirectedTo(context: ProbeContext, host: string): Promise<Verdict> {
  const answer = await ask(context, "GET", "/gateway-verify", host);
  if (answer instanceof WireError) return refusedIfAlive(context, answer.message);
  const location = header(answer, "location");
  if (answer.status < 300) return failed(`expected a refusal, got status ${answer.status}`);
  const target = location !== undefined && URL.canParse(location) ? new URL(location) : undefined;
  if (location === undefined || target?.host === new URL(context.settings.url).host)
    return passed(`status ${answer.status}, location ${location ?? "none"}`);
  return failed(`redirected to ${location}`);
}
