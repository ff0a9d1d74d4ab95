import { createServer, type Server } from "node:https";
import { echo } from "../../../../examples/shop/common/echo.ts";
import { impostorWith, type WrongPairs } from "../../../../examples/shop/common/impostor.ts";
import { serverOptions } from "../../../../examples/shop/common/mutual-tls.ts";
import type { TestKeyPair } from "../../../support/live/certificates.ts";

export interface EchoBackendOptions {
  readonly name: string;
  readonly certificate: TestKeyPair;
  /** PEM of the authority of the certificates callers must show; undefined asks nobody for one. */
  readonly clientAuthority: string | undefined;
  readonly wrong: WrongPairs;
}

/** A backend that repeats what it receives on every path, as docs/verify.md has it. */
export interface EchoBackend {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startEchoBackend({ name, certificate, clientAuthority, wrong }: EchoBackendOptions): Promise<EchoBackend> {
  const files = {
    cert: Buffer.from(certificate.chain),
    key: Buffer.from(certificate.privateKey),
    ca: Buffer.from(clientAuthority ?? certificate.chain),
    allowedCallers: new Set<string>(),
  };
  const asked = clientAuthority !== undefined;
  const received = new Map<string, number>();
  const server: Server = createServer({ ...serverOptions(files), requestCert: asked, rejectUnauthorized: asked });
  const impostor = impostorWith(server, files, wrong);
  server.on("request", (request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    received.set(path, (received.get(path) ?? 0) + 1);
    void echo({ service: name, received, impostor }, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
