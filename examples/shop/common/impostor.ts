import type { Server } from "node:https";
import type { Socket } from "node:net";
import { createAuthority, issueLeaf } from "../../../verify/credentials/certificates.ts";
import { IMPOSTOR_MS, type WrongBackendCertificate } from "../../../verify/echo.ts";
import { serverOptions, type TlsFiles } from "./mutual-tls.ts";

/** Certificates a gateway must not accept from this server. PEM. */
export type WrongPairs = Readonly<Partial<Record<WrongBackendCertificate, { readonly cert: string; readonly key: string }>>>;

/** Plays somebody who sits where the service should be, to prove that the gateway looks at whom it talks to. Part of the echo, for tests only. */
export interface Impostor {
  readonly kinds: readonly WrongBackendCertificate[];
  /** New connections get the wrong certificate for a moment; the ones there are are closed. */
  show(kind: WrongBackendCertificate): void;
}

/** An impostor of its own authority, under every name the gateway could ask for. */
export function createImpostor(server: Server, files: TlsFiles): Impostor {
  const untrusted = createAuthority("Nobody's Root").then((authority) => issueLeaf(authority, NAMES));
  return impostorOf(
    server,
    files,
    async () => {
      const { certificate, privateKey } = await untrusted;
      return { cert: certificate, key: privateKey };
    },
    ["untrusted"],
  );
}

/** An impostor that shows certificates somebody made for it. */
export const impostorWith = (server: Server, files: TlsFiles, pairs: WrongPairs): Impostor =>
  impostorOf(server, files, async (kind) => pairs[kind], Object.keys(pairs) as WrongBackendCertificate[]);

const NAMES = {
  commonName: "impostor",
  dnsNames: ["localhost", "*.example.com", "*.shop.example.com"],
  ipAddresses: ["127.0.0.1", "::1"],
  usages: ["server"],
} as const;

type Pair = { readonly cert: string; readonly key: string };

function impostorOf(
  server: Server,
  files: TlsFiles,
  pairFor: (kind: WrongBackendCertificate) => Promise<Pair | undefined>,
  kinds: readonly WrongBackendCertificate[],
): Impostor {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  let back: NodeJS.Timeout | undefined;
  const closeAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    kinds,
    show: (kind) =>
      void pairFor(kind).then((pair) => {
        if (pair === undefined) return;
        server.setSecureContext({ ...serverOptions(files), ...pair });
        closeAll();
        clearTimeout(back);
        back = setTimeout(() => {
          server.setSecureContext(serverOptions(files));
          closeAll();
        }, IMPOSTOR_MS).unref();
      }),
  };
}
