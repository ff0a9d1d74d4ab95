import { isAbsolute, normalize } from "node:path";
import * as z from "zod";
import { parseAddress } from "../machine/addresses.ts";
import { SOCKET_PATH_BYTES } from "../machine/sockets.ts";
import { propertyText } from "../resources/inputs.ts";
import type { Failure } from "../resources/kind.ts";
import { isRecord } from "../rpc/values.ts";
import { acmeInputs } from "./acme.ts";
import { LAYOUT, RESERVED } from "./layout.ts";

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const relativePath = z
  .string()
  .refine(
    (path) =>
      path.length > 0 &&
      !isAbsolute(path) &&
      normalize(path) === path &&
      !path.startsWith("..") &&
      !path.endsWith("/") &&
      !path.includes("\0"),
    "a relative path without . and ..",
  );
const jsonText = z.string().refine((text) => isRecord(parseJson(text)), "a JSON object as text");

const service = z.strictObject({
  command: z
    .array(z.string())
    .min(1, "the program and its arguments")
    .meta({ description: "Program and arguments; `node` is the Node the provider runs on." }),
  cwd: z.string().refine(isAbsolute, "an absolute path").meta({ description: "Absolute folder to run in." }),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a variable name"), z.string())
    .meta({ description: "Environment variables; no secrets." }),
  files: z.record(z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, "a file name"), z.string()).meta({
    description: "Files written for it with mode 0600 before it starts, by name; their folder is in the variable FILES_DIR; secret.",
  }),
  port: z.int().min(1).max(65_535).meta({ description: "Loopback port that accepts connections when the service is ready." }),
  onFileChange: z
    .enum(["restart", "SIGHUP"])
    .default("restart")
    .meta({ description: "What the running service does about changed files: it is restarted, or told by SIGHUP to read them again." }),
});

const quota = z.strictObject({
  consumer: z.string().min(1).meta({ description: "Value of the descriptor entry `consumer`." }),
  requests: z.int().min(1).meta({ description: "Requests allowed in the period." }),
  per: z.enum(["day", "week", "month"]).meta({ description: "Calendar period, UTC; weeks start on Monday." }),
});

/** Inputs of a Host; components/backends/local/resources.ts says what they mean. */
export const hostInputs = z.strictObject({
  directory: z
    .string()
    .refine(
      (path) => isAbsolute(path) && normalize(path) === path && path !== "/" && !path.endsWith("/"),
      "an absolute path without . and ..",
    )
    .meta({ description: "Absolute folder of this gateway's state: configuration, keys, logs, sockets. Created with mode 0700." }),
  bootstrap: jsonText.meta({ description: "Envoy's bootstrap, JSON text. A change of it is a hot restart." }),
  files: z.record(relativePath, z.string()).meta({ description: "Files next to it, by relative path; secret." }),
  writeOrder: z.array(relativePath).meta({ description: "The paths of `files` in the order in which changed files are written." }),
  workers: z.int().min(0).max(256).meta({ description: "Envoy worker threads; 0 means one per core." }),
  adminSocket: relativePath.meta({ description: "Unix socket of Envoy's admin interface, relative to `directory`." }),
  listeners: z
    .array(z.string().refine((text) => parseAddress(text) !== undefined, "an IP address and a port, such as 127.0.0.1:8443 or [::1]:8443"))
    .meta({ description: "Addresses that accept connections once the gateway is ready." }),
  drainMs: z.int().min(0).max(3_600_000).meta({ description: "Milliseconds open requests get when the gateway stops or is replaced." }),
  services: z
    .record(z.string().regex(NAME, "lower-case letters, digits and -"), service)
    .meta({ description: "Services to run next to Envoy, by name." }),
  quotas: z.array(quota).meta({ description: "Calendar quotas to count." }),
  logRetentionDays: z
    .int()
    .min(0)
    .max(3650)
    .meta({ description: "Days access logs (`*.log` in `logs/`) are kept; 0 when none are written." }),
  acme: acmeInputs.optional().meta({
    description: `Obtain the certificate of the front door from an ACME authority; Envoy reads it from ${LAYOUT.acmeSecret}, and challenges lead to ${LAYOUT.acmeSocket}.`,
  }),
});

export const hostOutputs = z.strictObject({
  liveDigest: z.string().meta({ description: "SHA-256 of the configuration that is live." }),
  state: z.string().meta({ description: "`ready`, or what is wrong; refreshed from the machine." }),
  certificatePem: z.string().default("").meta({ description: "Chain from the ACME authority that is served; empty without `acme`." }),
});

export type HostInputs = z.infer<typeof hostInputs>;
export type HostOutputs = z.infer<typeof hostOutputs>;

/** What the schema cannot say about a Host. */
export function checkHost(wanted: HostInputs): Failure[] {
  return [
    ...socketFailures(wanted),
    ...fileFailures(wanted),
    ...portFailures(wanted),
    ...serviceFailures(wanted),
    ...quotaFailures(wanted),
  ];
}

function socketFailures({ directory, adminSocket, bootstrap }: HostInputs): Failure[] {
  const { admin } = JSON.parse(bootstrap) as { admin?: { address?: { pipe?: { path?: string } } } };
  const path = admin?.address?.pipe?.path;
  const failures: Failure[] = [];
  if (path !== adminSocket && path !== `${directory}/${adminSocket}`)
    failures.push({
      property: "bootstrap",
      reason: `admin.address.pipe.path is ${path === undefined ? "missing" : JSON.stringify(path)}: give "${adminSocket}", the adminSocket`,
    });
  const longest = Math.max(...[adminSocket, LAYOUT.agentSocket].map((socket) => Buffer.byteLength(`${directory}/${socket}`)));
  if (process.platform !== "linux" && longest > SOCKET_PATH_BYTES)
    failures.push({
      property: "directory",
      reason: `makes socket paths of ${longest} bytes, and this system allows ${SOCKET_PATH_BYTES}: give a shorter path`,
    });
  return failures;
}

function fileFailures({ files, writeOrder, adminSocket }: HostInputs): Failure[] {
  const failures: Failure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  for (const [path, content] of Object.entries(files)) {
    const property = propertyText(["files", path]);
    if (RESERVED.includes(path.split("/")[0] ?? ""))
      fail(property, `is where the host keeps things of its own: use another name than ${RESERVED.join(", ")}`);
    else if (path === adminSocket) fail(property, "is the adminSocket: use another name");
    else if (Object.keys(files).some((other) => other.startsWith(`${path}/`)))
      fail(property, "is a file and a folder at once: use another name");
    if (path.endsWith(".json") && parseJson(content) === undefined)
      fail(property, "is not JSON, although it is named so: give JSON text or another name");
    if (!writeOrder.includes(path)) fail("writeOrder", `lacks ${JSON.stringify(path)}: name every file once`);
  }
  for (const [index, path] of writeOrder.entries()) {
    if (!Object.hasOwn(files, path)) fail(`writeOrder[${index}]`, `names ${JSON.stringify(path)}, which is not in files: name only files`);
    else if (writeOrder.indexOf(path) !== index) fail(`writeOrder[${index}]`, `names ${JSON.stringify(path)} again: name every file once`);
  }
  return failures;
}

function portFailures({ listeners, services }: HostInputs): Failure[] {
  const taken = new Map<number, string>();
  for (const [index, listener] of listeners.entries()) taken.set(parseAddress(listener)?.port ?? 0, `listeners[${index}]`);
  return Object.entries(services).flatMap(([name, { port }]) => {
    const property = propertyText(["services", name, "port"]);
    const other = taken.get(port);
    taken.set(port, property);
    return other === undefined ? [] : [{ property, reason: `${port} is the port of ${other} too: give every one its own` }];
  });
}

/** Logs of services lie next to the agent's and those that Envoy writes. */
function serviceFailures({ services, files, bootstrap }: HostInputs): Failure[] {
  const configuration = [bootstrap, ...Object.values(files)];
  const taken = (log: string) => log === LAYOUT.agentLog || log === LAYOUT.envoyLog || configuration.some((text) => text.includes(log));
  return Object.keys(services)
    .filter((name) => taken(LAYOUT.serviceLog(name)))
    .map((name) => ({
      property: propertyText(["services", name]),
      reason: `would write ${LAYOUT.serviceLog(name)}, which is another program's log: use another name`,
    }));
}

function quotaFailures({ quotas }: HostInputs): Failure[] {
  return quotas.flatMap(({ consumer, per }, index) => {
    const first = quotas.findIndex((other) => other.consumer === consumer && other.per === per);
    return first === index
      ? []
      : [{ property: `quotas[${index}]`, reason: `limits "${consumer}" per ${per} again, after quotas[${first}]: give one limit` }];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
