import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type PeerCertificate, type TLSSocket } from "node:tls";
import { promisify } from "node:util";

/** What one end of a connection shows and trusts. */
export interface Identity {
  readonly fullchain: string;
  readonly key: string;
  readonly trust: string;
}

export interface Handshake {
  /** Certificates the server sent, leaf first. */
  readonly served: readonly string[];
  /** Subject alternative names of the client, as the server saw them. */
  readonly client: string;
}

/** A real handshake, both ends with certificates that both ends verify. @throws the error of the end that refuses */
export async function handshake(server: Identity, client: Identity, serverName: string): Promise<Handshake> {
  const listening = createServer({
    cert: server.fullchain,
    key: server.key,
    ca: server.trust,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
  });
  let seen = "";
  const refused = new Promise<never>((_, reject) => listening.once("tlsClientError", reject));
  refused.catch(() => undefined);
  listening.on("secureConnection", (socket: TLSSocket) => {
    seen = socket.getPeerCertificate().subjectaltname ?? "";
    socket.on("error", () => undefined);
    socket.end("hello");
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = listening.address() as { port: number };
    const socket = connect({
      port,
      host: "127.0.0.1",
      servername: serverName,
      cert: client.fullchain,
      key: client.key,
      ca: client.trust,
      minVersion: "TLSv1.3",
    });
    const answered = new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("data", () => resolve());
    });
    await Promise.race([answered, refused]);
    const served = chainOf(socket.getPeerCertificate(true));
    socket.destroy();
    return { served, client: seen };
  } finally {
    listening.close();
  }
}

function chainOf(certificate: PeerCertificate & { issuerCertificate?: PeerCertificate }): string[] {
  const chain: string[] = [];
  let current: (PeerCertificate & { issuerCertificate?: PeerCertificate }) | undefined = certificate;
  while (current?.raw !== undefined && !chain.includes(current.subject.CN as string)) {
    chain.push(current.subject.CN as string);
    current = current.issuerCertificate;
  }
  return chain;
}

/** `openssl verify`: a leaf against roots, with what is served in between. @returns its own words */
export async function opensslVerify(fullchain: string, roots: string, purpose: "sslserver" | "sslclient", host?: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "gateway-verify-"));
  try {
    const blocks = fullchain.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    writeFileSync(join(folder, "leaf.pem"), blocks[0] ?? "");
    writeFileSync(join(folder, "rest.pem"), blocks.slice(1).join("\n"));
    writeFileSync(join(folder, "roots.pem"), roots);
    const { stdout } = await promisify(execFile)("openssl", [
      "verify",
      "-x509_strict",
      "-no-CApath",
      "-CAfile",
      join(folder, "roots.pem"),
      ...(blocks.length > 1 ? ["-untrusted", join(folder, "rest.pem")] : []),
      "-purpose",
      purpose,
      ...(host === undefined ? [] : ["-verify_hostname", host]),
      join(folder, "leaf.pem"),
    ]);
    return stdout.replace(folder, "").trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
