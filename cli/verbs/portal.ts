import { join } from "node:path";
import type { Command } from "commander";
import type { PortalFlags, PortalSettings } from "../../portal/settings.ts";
import { type Answer, type CommandLine, UsageError, type Verb } from "../command-line.ts";
import { stylist } from "../text/style.ts";

const CODE = join(import.meta.dirname, "..", "..");

export const portal: Verb = {
  name: "portal",
  declare: (command: Command) =>
    command
      .description("Open the portal: stacks, documents, plans, approvals and operations in a browser and over HTTP.")
      .option("--host <address>", "where it listens; others than 127.0.0.1 take OpenID Connect and TLS (default: 127.0.0.1)")
      .option("--port <number>", "0 for any that is free (default: 8700)")
      .option("--url <url>", "the portal as browsers reach it, when a proxy stands before it")
      .option("--data <folder>", "where its database and its operations' work are (default: .gateway/portal)")
      .option("--tls-certificate <file>", "the portal's certificate chain, in PEM")
      .option("--tls-key <file>", "the certificate's key, in PEM")
      .option("--trusted-proxy <list>", "addresses or CIDR blocks whose X-Forwarded-For is believed"),
  run: (line, options) => runPortal(line, options as PortalFlags & { readonly json?: boolean }),
};

async function runPortal(line: CommandLine, options: PortalFlags & { readonly json?: boolean }): Promise<Answer> {
  const settings = await readPortalSettings(options);
  const stop = stopSignal(line);
  try {
    await serve(line, settings, options.json === true, stop.asked);
  } finally {
    stop.forget();
  }
  return { ok: true, document: undefined, text: "" };
}

async function readPortalSettings(flags: PortalFlags): Promise<PortalSettings> {
  const { PortalSettingsError, readSettings } = await import("../../portal/settings.ts");
  try {
    return readSettings(flags, process.env);
  } catch (error) {
    if (error instanceof PortalSettingsError) throw new UsageError(error.message, error.remedy);
    throw error;
  }
}

/** The service on this project; what it runs on this machine is set up first. */
async function openService(line: CommandLine, { oidc, databaseUrl, data }: PortalSettings) {
  const shared = oidc !== undefined;
  const engine = await line.engine();
  if (!shared) await line.envoy();
  const { openPortalService } = await import("../../portal/service/index.ts");
  return openPortalService({
    project: line.project,
    engine,
    shared,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(data === undefined ? {} : { dataFolder: data }),
    log: (error) => line.note(logLine(error)),
  });
}

/** Answers requests until somebody asks the portal to stop. The listener comes first: what is wrong with it is known at once. */
async function serve(line: CommandLine, settings: PortalSettings, json: boolean, asked: Promise<void>): Promise<void> {
  const { servePortal } = await import("../../portal/start.ts");
  let service: Awaited<ReturnType<typeof openService>> | undefined;
  let signIn: string | undefined;
  let open = false;
  const announce = (url: string) => {
    if (open) line.note(`To sign in again: ${url}`);
    else signIn = url;
  };
  const parts = async () => {
    const { portalPages } = await import("../../portal/page/index.ts");
    service = await openService(line, settings);
    return { service, sessions: service.sessions, answers: service.answers, pages: portalPages() };
  };
  const stopping = new AbortController();
  void asked.then(() => stopping.abort());
  try {
    const options = {
      settings,
      version: line.version,
      log: (entry: string) => line.note(entry),
      announce,
      waiting: (url: URL, { message, remedy }: { readonly message: string; readonly remedy: string }) =>
        line.note(`${message}: ${remedy}. Until then the portal answers 503 on ${url.origin}, and tries again by itself.`),
      signal: stopping.signal,
    };
    const running = await listening(() => refusing(() => servePortal(parts, options)));
    open = true;
    const document = { ok: true, url: running.url.origin, signIn: signIn ?? null, token: running.apiToken ?? null };
    line.streams.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : startText(line, document));
    await noteMissingPlugins(line);
    await asked;
    line.note("Stopping: answers under way are finished; operations go on, and the next start looks after them.");
    await running.close();
  } catch (error) {
    // Stopped while it waited for its database.
    if (!stopping.signal.aborted || service !== undefined) throw error;
  } finally {
    await service?.close();
  }
}

/** Says which clouds' providers the first operation on them would have to fetch. */
async function noteMissingPlugins(line: CommandLine): Promise<void> {
  const { missingPlugins } = await import("../../automation/plugins.ts");
  const missing = missingPlugins(line.project, CODE);
  if (missing.length === 0) return;
  const names = missing.map(({ name, version }) => `${name} ${version}`).join(", ");
  line.note(
    `Not installed yet: ${names}. The first operation that needs one fetches it, hundreds of megabytes; to have them beforehand:\n${missing.map(({ install }) => `  ${install}`).join("\n")}`,
  );
}

function startText(line: CommandLine, { url, signIn, token }: { url: string; signIn: string | null; token: string | null }): string {
  const { bold } = stylist(line.streams.stdout);
  const lines =
    signIn === null
      ? [`The portal is open: ${bold(url)}`]
      : [
          `The portal is open. This address signs in once: ${bold(signIn)}`,
          `For programs, until it stops: GATEWAY_PORTAL_TOKEN=${token} (API: ${url}/api/v1/openapi.json)`,
        ];
  return `${lines.join("\n")}\nCtrl-C stops it.\n`;
}

/** Waits for Ctrl-C or a service manager; whoever asks twice does not wait. */
function stopSignal(line: CommandLine): { readonly asked: Promise<void>; forget(): void } {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let again = false;
  let stop = () => {};
  const asked = new Promise<void>((resolve) => {
    stop = () => {
      if (again) {
        line.note("Stopped at once.");
        process.exit(1);
      }
      again = true;
      resolve();
    };
  });
  for (const signal of signals) process.on(signal, stop);
  return {
    asked,
    forget: () => {
      for (const signal of signals) process.removeListener(signal, stop);
    },
  };
}

/** A refusal of the service is an answer to whoever started it. */
async function refusing<T>(open: () => Promise<T>): Promise<T> {
  const [{ Refusal }, { OperationError }] = await Promise.all([import("../../portal/service.ts"), import("../../automation/errors.ts")]);
  try {
    return await open();
  } catch (error) {
    if (error instanceof Refusal) throw new OperationError(error.code === "locked" ? "locked" : "state", error.message, error.remedy);
    throw error;
  }
}

async function listening<T>(start: () => Promise<T>): Promise<T> {
  const { ListenError } = await import("../../portal/http/server.ts");
  try {
    return await start();
  } catch (error) {
    if (error instanceof ListenError) throw new UsageError(error.message, error.remedy);
    throw error;
  }
}

/** What the service could not handle by itself, for those who run the portal. */
function logLine(error: unknown): string {
  const { message, stack, cause } = error instanceof Error ? error : { message: String(error), stack: undefined, cause: undefined };
  return JSON.stringify({ at: new Date().toISOString(), error: message, cause: cause instanceof Error ? cause.message : undefined, stack });
}
