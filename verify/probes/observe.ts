import { randomUUID } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import type { GatewayModel } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import type { Request } from "../wire/client.ts";

/** Logs and metrics: nothing of them shows at the front door, so these probes need to be told where they are. */
export function observeProbes(model: GatewayModel): Probe[] {
  const { accessLogs, metrics } = model.observability;
  return [
    ...(accessLogs ? logProbes() : []),
    ...(accessLogs?.headers ?? []).map(
      (name): Probe => ({
        id: `log.header-${name}`,
        control: "observe.logHeaders",
        title: `The access log holds the header ${name}`,
        attack: false,
        run: async (context) => {
          const value = `gateway-verify-${randomUUID()}`;
          const line = await logged(context, { method: "GET", target: `/${value}-path`, headers: [[name, value]] }, `${value}-path`);
          return line.replace(`${value}-path`, "").includes(value)
            ? passed("it is there")
            : failed(`expected the value of ${name}, got ${line.slice(0, 300)}`);
        },
      }),
    ),
    ...(metrics ? [metricsProbe()] : []),
  ];
}

function logProbes(): Probe[] {
  return [
    {
      id: "log.line",
      control: "observe.accessLogs",
      title: "A refused request has a line in the access log, without its query",
      attack: false,
      run: async (context) => {
        const path = `/gateway-verify-${randomUUID()}`;
        const secret = randomUUID();
        const line = await logged(context, { method: "GET", target: `${path}?token=${secret}` }, path);
        return line.includes(secret) ? failed("the line holds the query, where secrets can be") : passed("one line, no query");
      },
    },
    {
      id: "log.secrets",
      control: "observe.accessLogs",
      title: "No token and no API key of this run is in the access log",
      attack: true,
      stage: "last",
      run: async (context) => {
        const text = await readFile(fileOf(context), "utf8").catch(unreadable);
        const keys = Object.values(context.settings.apiKeys);
        const tokens = context.observations.flatMap(({ request }) =>
          (request.headers ?? []).flatMap(([name, value]) => (name.toLowerCase() === "authorization" ? (value.split(".")[2] ?? []) : [])),
        );
        const secrets = [...new Set([...keys, ...tokens])].filter((secret) => secret.length >= 16);
        return secrets.some((secret) => text.includes(secret))
          ? failed("a credential of this run is in the access log")
          : passed(`none of ${secrets.length} credentials`);
      },
    },
  ];
}

function fileOf({ settings }: ProbeContext): string {
  if (settings.accessLog === undefined)
    throw new SkipProbe("the front door does not show the access log; give its file, with a line of JSON for each request (--access-log)");
  return settings.accessLog;
}

const unreadable = (error: NodeJS.ErrnoException): never => {
  throw new SkipProbe(`the access log given cannot be read: ${error.code}`);
};

/** The line a request leaves, once it is written. @throws LogLineMissing */
async function logged(context: ProbeContext, request: Request, mark: string): Promise<string> {
  const file = fileOf(context);
  const before = (await stat(file).catch(unreadable)).size;
  await context.send(request);
  const deadline = Date.now() + context.settings.patienceMs;
  for (;;) {
    const line = (await textFrom(file, before)).split("\n").find((candidate) => candidate.includes(mark));
    if (line !== undefined) return line;
    if (Date.now() > deadline) throw new Error(`no line of the request within ${context.settings.patienceMs} ms`);
    await context.wait(100);
  }
}

/** What was written since; all of it where the file was begun anew. */
async function textFrom(path: string, offset: number): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const from = size < offset ? 0 : offset;
    const buffer = Buffer.alloc(size - from);
    await file.read(buffer, 0, buffer.length, from);
    return buffer.toString("utf8");
  } finally {
    await file.close();
  }
}

function metricsProbe(): Probe {
  return {
    id: "metrics.count",
    control: "observe.metrics",
    title: "The metrics count requests",
    attack: false,
    run: async (context): Promise<Verdict> => {
      const { metricsUrl } = context.settings;
      if (metricsUrl === undefined)
        throw new SkipProbe("the front door does not show metrics; give their URL, a page in Prometheus' text format (--metrics)");
      const before = await samples(metricsUrl, context.settings.signal);
      if (typeof before === "string") return failed(before);
      for (let sent = 0; sent < 5; sent++) await context.send({ method: "GET", target: `/gateway-verify-metrics-${sent}` });
      const after = await samples(metricsUrl, context.settings.signal);
      if (typeof after === "string") return failed(after);
      const grown = [...after].find(([name, value]) => /(rq|request)/i.test(name) && value >= (before.get(name) ?? 0) + 5);
      return grown
        ? passed(`${grown[0]} ${before.get(grown[0]) ?? 0} → ${grown[1]}`)
        : failed("expected a counter of requests to grow by 5 or more, none did");
    },
  };
}

/** Samples by name and labels; a text says why there are none. */
async function samples(url: string, signal: AbortSignal | undefined): Promise<Map<string, number> | string> {
  const timeout = AbortSignal.timeout(5000);
  const answer = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout }).catch(() => undefined);
  if (answer?.status !== 200) return `expected metrics at ${url}, got ${answer ? `status ${answer.status}` : "no answer"}`;
  const lines = (await answer.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line): [string, number] => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}
