import { readFileSync } from "node:fs";
import { createSecureContext, type PeerCertificate, type TLSSocket } from "node:tls";

/** Where a service finds its certificate, its key, the authority it trusts, and the names of those who may call it. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
  /** Subject alternative names of callers, DNS or URI. */
  readonly allowedCallers: ReadonlySet<string>;
}

/** The same, read again when the gateway says that the files have changed. */
export interface ReloadedTlsFiles extends TlsFiles {
  /** Reads the files again. @throws when one cannot be read or they do not fit together; what was read before stays */
  reload(): void;
}

/**
 * Reads `TLS_CERT_FILE`, `TLS_KEY_FILE`, `TLS_CA_FILE` and `TLS_ALLOWED_CALLERS` (names, separated by commas).
 * A service without them does not start: there is no plain mode to fall back to.
 */
export function tlsFilesFromEnvironment(env: NodeJS.ProcessEnv = process.env): ReloadedTlsFiles {
  const value = (name: string) => {
    const text = env[name];
    if (text === undefined || text.trim() === "") throw new Error(`${name} is not set; the gateway sets it for its services`);
    return text;
  };
  const allowedCallers = new Set(
    value("TLS_ALLOWED_CALLERS")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );
  const read = () => ({
    cert: readFileSync(value("TLS_CERT_FILE")),
    key: readFileSync(value("TLS_KEY_FILE")),
    ca: readFileSync(value("TLS_CA_FILE")),
  });
  let files = read();
  return {
    get cert() {
      return files.cert;
    },
    get key() {
      return files.key;
    },
    get ca() {
      return files.ca;
    },
    allowedCallers,
    reload() {
      const next = read();
      createSecureContext(next);
      files = next;
    },
  };
}

/** Options for `https.createServer`: the handshake fails without a certificate that the internal authority signed. */
export function serverOptions(files: TlsFiles) {
  return {
    cert: files.cert,
    key: files.key,
    ca: files.ca,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
  } as const;
}

/**
 * The name under which this caller is allowed, or undefined. The handshake proves only that the internal authority knows the caller; every other
 * service has such a certificate too. Who it is stands in the subject alternative names.
 */
export function allowedCaller(socket: TLSSocket, allowed: ReadonlySet<string>): string | undefined {
  return socket.authorized ? allowedName(socket.getPeerCertificate(), allowed) : undefined;
}

export function allowedName(certificate: PeerCertificate | undefined, allowed: ReadonlySet<string>): string | undefined {
  return subjectAltNames(certificate).find((name) => allowed.has(name));
}

/** True for the gateway's own name. Only what the gateway says about a customer counts; another service may call, not speak for somebody. */
export const isGateway = (name: string): boolean => /^spiffe:\/\/[^/]+\/gateway$/.test(name);

/** DNS and URI names; the common name is no identity. */
export function subjectAltNames(certificate: PeerCertificate | undefined): string[] {
  // Node writes names that could be misread in JSON quotes; such a name is on nobody's list, so it simply does not match.
  return (certificate?.subjectaltname ?? "").split(", ").flatMap((name) => /^(?:DNS|URI):(.+)$/.exec(name)?.[1] ?? []);
}
