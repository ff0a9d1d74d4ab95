import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nameOfUrn } from "../components/urn.ts";
import { HOST, type Renewal, renewalOf } from "./certificate-renewal.ts";
import { type MaintenanceOptions, withSession } from "./maintenance.ts";
import { outputsOf } from "./outputs.ts";
import { isRecord } from "./project.ts";

/** A certificate the stack's state knows. */
export interface CertificateEntry {
  /** Name of the resource that made or holds it; `gateway` for the one only the cloud has. */
  readonly resource: string;
  readonly type: string;
  readonly subject: string;
  /** Subject alternative names, as OpenSSL writes them: `DNS:localhost`. */
  readonly names: readonly string[];
  readonly issuer: string;
  readonly authority: boolean;
  /** Subjects of the certificates that come with it, nearest issuer first. */
  readonly chain: readonly string[];
  /** RFC 3339; empty when only the cloud knows. */
  readonly notAfter: string;
  /** Whole days until then, negative afterwards; undefined when only the cloud knows. */
  readonly daysLeft: number | undefined;
  /** `warning` from `warnDays` before the end, `alarm` from 14, in proportion for certificates that live shorter than 90 days. */
  readonly state: "valid" | "warning" | "alarm" | "expired" | "unknown";
  /** SHA-256 of the certificate, empty when only the cloud knows. */
  readonly fingerprint: string;
  readonly renewal: Renewal;
  /** Names of the resources that use it. */
  readonly neededBy: readonly string[];
}

export interface CertificateOptions extends MaintenanceOptions {
  /** Days before the end from which a certificate is a warning. @default 30 */
  readonly warnDays?: number;
}

const DAY = 86_400_000;
const WARN_DAYS = 30;
const ALARM_DAYS = 14;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Every certificate of a stack, each once, in the order its resources were made. @throws OperationError */
export function readCertificates({ warnDays, ...options }: CertificateOptions): Promise<readonly CertificateEntry[]> {
  return withSession(options, async (session) => {
    const { stdout } = await session.run(["stack", "export"]);
    const found = certificatesOf(JSON.parse(stdout), Date.now(), warnDays, servedNow);
    const { certificate } = await outputsOf(session);
    return isRecord(certificate) && certificate.source ? withFront(found, certificate, Date.now(), warnDays) : found;
  });
}

/**
 * The certificates in an exported state. Secrets are not looked into.
 *
 * @param served the chain that the gateway in a folder of this machine has obtained since; undefined where it is not to be had
 */
export function certificatesOf(
  exported: unknown,
  now = Date.now(),
  warnDays = WARN_DAYS,
  served: (folder: string) => string | undefined = () => undefined,
): CertificateEntry[] {
  const deployment = isRecord(exported) && isRecord(exported.deployment) ? exported.deployment : {};
  const resources = Array.isArray(deployment.resources) ? deployment.resources.filter(isRecord) : [];
  const known = new Set<string>();
  return resources.flatMap((resource) =>
    textsOf(currentOutputs(resource, served)).flatMap((text) => {
      const given = (text.match(PEM) ?? []).flatMap(parsed);
      return given.flatMap((certificate, index) => {
        if (known.has(certificate.fingerprint256)) return [];
        known.add(certificate.fingerprint256);
        const chain = above(certificate, given.slice(index + 1));
        const signed = given.slice(0, index).some((below) => below.checkIssued(certificate));
        const type = String(resource.type);
        const renewal: Renewal = signed
          ? { by: "issuer", from: "" }
          : renewalOf(type, isRecord(resource.inputs) ? resource.inputs : {}, certificate);
        return [
          {
            resource: nameOfUrn(String(resource.urn)),
            type,
            ...read(certificate, chain, now, warnDays),
            renewal,
            neededBy: usersOf(String(resource.urn), resources),
          },
        ];
      });
    }),
  );
}

/** A gateway on this machine may have renewed its certificate since the last `up`. */
function currentOutputs(
  { type, inputs, outputs }: Readonly<Record<string, unknown>>,
  served: (folder: string) => string | undefined,
): unknown {
  if (type !== HOST || !isRecord(inputs) || !isRecord(outputs) || !outputs.certificatePem) return outputs;
  return { ...outputs, certificatePem: served(String(inputs.directory)) ?? outputs.certificatePem };
}

function servedNow(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, "acme", "chain.pem"), "utf8");
  } catch {
    return undefined;
  }
}

/** Every text in a resource's outputs, however deep. What is secret stands there encrypted. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isRecord(value) ? Object.values(value).flatMap(textsOf) : [];
}

/** The issuers that follow a certificate, as far as each signed the one before. */
function above(certificate: X509Certificate, following: readonly X509Certificate[]): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let last = certificate;
  for (const next of following) {
    if (last.checkIssued(last) || !last.checkIssued(next)) break;
    chain.push(next);
    last = next;
  }
  return chain;
}

function usersOf(urn: string, resources: readonly Record<string, unknown>[]): string[] {
  const users = resources.filter(({ dependencies }) => Array.isArray(dependencies) && dependencies.includes(urn));
  return [...new Set(users.map((user) => nameOfUrn(String(user.urn))))];
}

function parsed(pem: string): X509Certificate[] {
  try {
    return [new X509Certificate(pem)];
  } catch {
    return [];
  }
}

function read(leaf: X509Certificate, chain: readonly X509Certificate[], now: number, warnDays: number) {
  const from = Date.parse(leaf.validFrom);
  const until = Date.parse(leaf.validTo);
  return {
    subject: oneLine(leaf.subject),
    names: leaf.subjectAltName?.split(", ") ?? [],
    issuer: oneLine(leaf.issuer),
    authority: leaf.ca,
    chain: chain.map((certificate) => oneLine(certificate.subject)),
    notAfter: new Date(until).toISOString(),
    daysLeft: Math.floor((until - now) / DAY),
    state: stateOf(until - now, until - from, warnDays),
    fingerprint: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** Adds the front certificate from the summary among the outputs where no resource shows it: the cloud has it, or it is kept as a secret. */
export function withFront(
  found: readonly CertificateEntry[],
  certificate: Readonly<Record<string, unknown>>,
  now = Date.now(),
  warnDays = WARN_DAYS,
): readonly CertificateEntry[] {
  const names = Array.isArray(certificate.names) ? certificate.names.map((name) => `DNS:${name}`) : [];
  const until = Date.parse(String(certificate.notAfter ?? ""));
  const known = Number.isFinite(until);
  const shown = found.some(
    (entry) =>
      !entry.authority &&
      names.some((name) => entry.names.includes(name)) &&
      // The gateway's own word is newer than that of the last `up`.
      (!known || entry.renewal.by === "gateway" || Math.abs(Date.parse(entry.notAfter) - until) < DAY),
  );
  if (shown) return found;
  const source = String(certificate.source);
  const front: CertificateEntry = {
    resource: "gateway",
    type: source,
    subject: "",
    names,
    issuer: String(certificate.issuer ?? ""),
    authority: false,
    chain: [],
    notAfter: known ? new Date(until).toISOString() : "",
    daysLeft: known ? Math.floor((until - now) / DAY) : undefined,
    state: known ? stateOf(until - now, 90 * DAY, warnDays) : "unknown",
    fingerprint: "",
    renewal: { by: source === "managed" ? "cloud" : source === "imported" ? "you" : "up", from: "" },
    neededBy: ["gateway"],
  };
  return [front, ...found];
}

function stateOf(left: number, life: number, warnDays: number): CertificateEntry["state"] {
  const scale = Math.min(1, life / (90 * DAY));
  if (left <= 0) return "expired";
  if (left <= Math.min(ALARM_DAYS, warnDays) * DAY * scale) return "alarm";
  return left <= warnDays * DAY * scale ? "warning" : "valid";
}

const oneLine = (name: string) => name.replaceAll("\n", ", ");
