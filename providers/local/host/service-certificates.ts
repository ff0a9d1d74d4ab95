import { createPrivateKey, X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { ResourceError } from "../resources/kind.ts";
import type { Description } from "./description.ts";
import type { HostInputs } from "./inputs.ts";
import { describeServices } from "./service-files.ts";

const POLL_MS = 25;
const SHOW_MS = 10_000;
const ATTEMPT_MS = 2000;

/**
 * Waits until services that were told to read their files again show their new certificates: a signal is not answered, and what comes next, such as
 * a gateway with a certificate of a new authority, may count on it.
 *
 * @throws ResourceError when one does not
 */
export async function untilCertificatesShown(services: HostInputs["services"], before: Description, signal: AbortSignal): Promise<void> {
  const described = describeServices(services);
  await Promise.all(
    Object.entries(services).map(async ([name, service]) => {
      const old = before.services[name];
      if (service.onFileChange !== "SIGHUP" || old === undefined) return;
      const changed = Object.keys(service.files).filter((file) => old.files[file] !== described[name]?.files[file]);
      const own = changed.map((file) => ownCertificate(service.files, file)).find((pair) => pair !== undefined);
      if (own !== undefined) await untilShown(name, service.port, own, signal);
    }),
  );
}

interface Pair {
  readonly chain: string;
  readonly key: string;
  readonly leaf: X509Certificate;
}

/** The certificate in a file, if the key that belongs to it lies next to it. */
function ownCertificate(files: Readonly<Record<string, string>>, file: string): Pair | undefined {
  const chain = files[file] ?? "";
  if (!chain.startsWith("-----BEGIN CERTIFICATE-----")) return undefined;
  const leaf = new X509Certificate(chain);
  const key = Object.values(files).find((text) => text.includes("PRIVATE KEY-----") && belongs(leaf, text));
  return key === undefined ? undefined : { chain, key, leaf };
}

function belongs(leaf: X509Certificate, key: string): boolean {
  try {
    return leaf.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

async function untilShown(name: string, port: number, own: Pair, signal: AbortSignal): Promise<void> {
  const until = Date.now() + SHOW_MS;
  for (;;) {
    signal.throwIfAborted();
    if ((await shownOn(port, own))?.equals(own.leaf.raw)) return;
    if (Date.now() > until)
      throw new ResourceError(
        `services.${name}: it was told by SIGHUP to read its files again and does not show its new certificate on port ${port} after ${SHOW_MS / 1000} s: have it read them on SIGHUP, or set its onFileChange to "restart"`,
      );
    await sleep(POLL_MS);
  }
}

/** The certificate a service shows, in DER; undefined when it shows none. The service's own pair stands in for a caller's. */
function shownOn(port: number, { chain, key }: Pair): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, cert: chain, key, rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"] });
    const answer = () => {
      resolve(socket.getPeerCertificate().raw);
      socket.destroy();
    };
    socket.setTimeout(ATTEMPT_MS, answer).once("secureConnect", answer).once("error", answer);
  });
}
