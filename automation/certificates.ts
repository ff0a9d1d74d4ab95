import { X509Certificate } from "node:crypto";
import { nameOfUrn } from "./events.ts";
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
  /** `warning` from 30 days, `alarm` from 14 days before the end, in proportion for certificates that live shorter than 90 days. */
  readonly state: "valid" | "warning" | "alarm" | "expired" | "unknown";
  /** SHA-256 of the certificate, empty when only the cloud knows. */
  readonly fingerprint: string;
}

const DAY = 86_400_000;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Every certificate of a stack, each once, in the order its resources were made. @throws OperationError */
export function readCertificates(options: MaintenanceOptions): Promise<readonly CertificateEntry[]> {
  return withSession(options, async (session) => {
    const { stdout } = await session.run(["stack", "export"]);
    const found = certificatesOf(JSON.parse(stdout));
    const { certificate } = await outputsOf(session);
    if (!isRecord(certificate) || !certificate.source) return found;
    return ["internal", "imported", "acme"].includes(String(certificate.source)) ? found : [managed(certificate), ...found];
  });
}

/** The certificates in an exported state. */
export function certificatesOf(exported: unknown, now = Date.now()): CertificateEntry[] {
  const deployment = isRecord(exported) && isRecord(exported.deployment) ? exported.deployment : {};
  const resources = Array.isArray(deployment.resources) ? deployment.resources.filter(isRecord) : [];
  const known = new Set<string>();
  return resources.flatMap((resource) => {
    const pems = Object.values(isRecord(resource.outputs) ? resource.outputs : {}).filter((value) => typeof value === "string");
    return pems.flatMap((text) => {
      const chain = (text.match(PEM) ?? []).flatMap(parsed);
      const [leaf, ...rest] = chain;
      if (leaf === undefined || known.has(leaf.fingerprint256)) return [];
      for (const certificate of chain) known.add(certificate.fingerprint256);
      return [entry(nameOfUrn(String(resource.urn)), String(resource.type), leaf, rest, now)];
    });
  });
}

function parsed(pem: string): X509Certificate[] {
  try {
    return [new X509Certificate(pem)];
  } catch {
    return [];
  }
}

function entry(resource: string, type: string, leaf: X509Certificate, rest: readonly X509Certificate[], now: number): CertificateEntry {
  const from = Date.parse(leaf.validFrom);
  const until = Date.parse(leaf.validTo);
  return {
    resource,
    type,
    subject: oneLine(leaf.subject),
    names: leaf.subjectAltName?.split(", ") ?? [],
    issuer: oneLine(leaf.issuer),
    authority: leaf.ca,
    chain: rest.map((certificate) => oneLine(certificate.subject)),
    notAfter: new Date(until).toISOString(),
    daysLeft: Math.floor((until - now) / DAY),
    state: stateOf(until - now, until - from),
    fingerprint: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** What only the cloud holds: the summary among the outputs. */
function managed(certificate: Record<string, unknown>): CertificateEntry {
  const notAfter = String(certificate.notAfter ?? "");
  const until = Date.parse(notAfter);
  const known = Number.isFinite(until);
  return {
    resource: "gateway",
    type: String(certificate.source),
    subject: "",
    names: Array.isArray(certificate.names) ? certificate.names.map((name) => `DNS:${name}`) : [],
    issuer: String(certificate.issuer ?? ""),
    authority: false,
    chain: [],
    notAfter,
    daysLeft: known ? Math.floor((until - Date.now()) / DAY) : undefined,
    state: known ? stateOf(until - Date.now(), 90 * DAY) : "unknown",
    fingerprint: "",
  };
}

function stateOf(left: number, life: number): CertificateEntry["state"] {
  const scale = Math.min(1, life / (90 * DAY));
  if (left <= 0) return "expired";
  if (left <= 14 * DAY * scale) return "alarm";
  return left <= 30 * DAY * scale ? "warning" : "valid";
}

const oneLine = (name: string) => name.replaceAll("\n", ", ");
