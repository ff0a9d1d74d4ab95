import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { subjectAltNames, type TlsFiles } from "./mutual-tls.ts";

/** Another service, as this one calls it. */
export interface NeighbourOptions {
  /** `https://` URL of the service. */
  readonly url: string;
  /** This service's own identity, and the authority it trusts. Read anew for every connection, so that renewals count. */
  readonly files: TlsFiles;
  /** URI or DNS subject alternative name the other side must have besides the host's; undefined leaves it at the host's. */
  readonly identity?: string;
  /** Milliseconds for a whole call. @default 2000 */
  readonly timeoutMs?: number;
}

export interface NeighbourAnswer {
  readonly status: number;
  readonly body: unknown;
}

const LARGEST_ANSWER = 1024 * 1024;

/**
 * Calls another service over mutual TLS: shows this service's certificate, verifies the other one's chain, host name and identity, follows no redirect.
 * The caller's headers are not passed on: whose request it was stays with whom the gateway told.
 */
export class Neighbour {
  readonly #options: NeighbourOptions;
  #agent: Agent | undefined;
  #with: Pick<TlsFiles, "cert"> | undefined;

  /** @throws when the URL is not https */
  constructor(options: NeighbourOptions) {
    if (new URL(options.url).protocol !== "https:")
      throw new Error(`${options.url} is not an https URL; there is no plain mode to fall back to`);
    this.#options = options;
  }

  /** @throws when the other side cannot be reached, is not who it should be, or takes too long */
  get(path: string): Promise<NeighbourAnswer> {
    const { url, timeoutMs = 2000 } = this.#options;
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMs);
      request(new URL(path, url), { agent: this.#connections(), signal }, (answer) => void read(answer).then(resolve, reject))
        .once("error", reject)
        .end();
    });
  }

  /** Lets go of open connections. */
  close(): void {
    this.#agent?.destroy();
  }

  /** Connections made before a renewal answer what is under way, and end. */
  #connections(): Agent {
    const { cert, key, ca } = this.#options.files;
    if (this.#agent === undefined || this.#with?.cert !== cert) {
      if (this.#agent !== undefined) retire(this.#agent);
      this.#with = { cert };
      this.#agent = new Agent({
        cert,
        key,
        ca,
        keepAlive: true,
        minVersion: "TLSv1.3",
        // A resumed session would not be asked who it is.
        maxCachedSessions: 0,
        checkServerIdentity: (host, certificate) => checkServerIdentity(host, certificate) ?? this.#identityFault(certificate),
      });
    }
    return this.#agent;
  }

  #identityFault(certificate: PeerCertificate): Error | undefined {
    const { identity } = this.#options;
    if (identity === undefined || subjectAltNames(certificate).includes(identity)) return undefined;
    return new Error(`the service at ${this.#options.url} is not ${identity}`);
  }
}

function retire(agent: Agent): void {
  agent.maxFreeSockets = 0;
  for (const socket of Object.values(agent.freeSockets).flatMap((idle) => idle ?? [])) socket.destroy();
}

async function read(answer: IncomingMessage): Promise<NeighbourAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return { status: answer.statusCode ?? 0, body: text === "" ? undefined : JSON.parse(text) };
}
