import assert from "node:assert/strict";
import { type ConnectionOptions, connect, type DetailedPeerCertificate } from "node:tls";
import { callPlain } from "../../../support/live/client.ts";
import { ask, noAnswer } from "../support/ask.ts";
import { type Check, check, type Place } from "../support/check.ts";

/** TLS, names and plain HTTP at the open gateway. */
export const FRONT_CHECKS: readonly Check[] = [
  check("serves a certificate clients can verify with the root alone", "tls.certificate.internal", async (at) => {
    await ask(at, "/exact", 200);
    assert.equal(chainOf(await peer(at)), 2);
  }),
  check("speaks HTTP/2 and HTTP/1.1", [], async (at) => {
    assert.equal((await ask(at, "/exact", 200, { http2: true })).json().httpVersion, "2.0");
    assert.equal((await peer(at, { ALPNProtocols: ["h2", "http/1.1"] })).alpn, "h2");
    assert.equal((await peer(at, { ALPNProtocols: ["http/1.1"] })).alpn, "http/1.1");
  }),
  check("refuses TLS before 1.2 and suites without forward secrecy or authenticated encryption", [], async (at) => {
    assert.equal((await peer(at, { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" })).protocol, "TLSv1.2");
    assert.equal((await peer(at)).protocol, "TLSv1.3");
    const old = "DEFAULT:@SECLEVEL=0";
    for (const version of ["TLSv1", "TLSv1.1"] as const)
      await assert.rejects(
        peer(at, { minVersion: version, maxVersion: version, ciphers: old }),
        /EPROTO|alert|protocol version|ECONNRESET/,
      );
    for (const ciphers of ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "DES-CBC3-SHA"])
      await assert.rejects(
        peer(at, { maxVersion: "TLSv1.2", ciphers: `${ciphers}:@SECLEVEL=0` }),
        /handshake failure|no ciphers|no cipher/i,
      );
  }),
  check("has only one name: another SNI or none gets no handshake, another Host 421", "host.only", async (at) => {
    for (const servername of ["other.test", ""]) await assert.rejects(peer(at, { servername, rejectUnauthorized: false }));
    await ask(at, "/exact", 421, { headers: { host: "other.test" } });
    await ask(at, "/exact", 421, { headers: { host: "127.0.0.1" } });
    await ask(at, "/exact", 200, { headers: { host: "API.test:8443" } });
  }),
  check("sends Strict-Transport-Security and no Server header on every kind of answer", "tls.hsts", async (at) => {
    const answers = [
      await ask(at, "/exact", 200),
      await ask(at, "/nowhere", 404),
      await ask(at, "/token", 401),
      await ask(at, "/stranger", 503),
      await ask(at, "/exact", 421, { headers: { host: "other.test" } }),
      await ask(at, "/a%2fb", 400),
    ];
    for (const { headers } of answers) {
      assert.equal(headers["strict-transport-security"], "max-age=63072000");
      assert.equal(headers.server, undefined);
    }
  }),
  check("answers plain HTTP with 308 to https, for its own name", "http.redirect", async ({ gateway }) => {
    const { httpPort, hostname, port } = gateway;
    const moved = await callPlain("127.0.0.1", httpPort, "/exact?a=1&b=%20", { host: hostname });
    assert.deepEqual([moved.status, moved.headers.location], [308, `https://${hostname}:${port}/exact?a=1&b=%20`]);
    assert.equal((await callPlain("127.0.0.1", httpPort, "/exact", { host: hostname }, "POST")).status, 308);
    const other = await callPlain("127.0.0.1", httpPort, "/exact", { host: "evil.test" });
    assert.deepEqual([other.status, other.headers.location], [421, undefined]);
  }),
  check("answers what is no TLS on its port with nothing", [], async ({ gateway }) => {
    await noAnswer(callPlain("127.0.0.1", gateway.port, "/exact", { host: gateway.hostname }));
  }),
  check(
    "accepts clients without a certificate and refuses untrusted, ended and misused ones",
    "tls.clientValidation.optional",
    async (at) => {
      const { clients } = at.lab;
      await ask(at, "/exact", 200);
      await ask(at, "/exact", 200, { certificate: clients.named });
      for (const certificate of [clients.foreign, clients.expired, clients.server])
        await noAnswer(at.gateway.call("/exact", { certificate }));
    },
  ),
];

interface Peer {
  readonly certificate: DetailedPeerCertificate;
  readonly protocol: string | null;
  readonly alpn: string | false | null;
}

/** A handshake, as this client would have it. */
export function peer({ gateway }: Place, options: ConnectionOptions = {}): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: gateway.address,
      port: gateway.port,
      servername: gateway.hostname,
      ca: gateway.ca,
      ...options,
    });
    socket.setTimeout(3000, () => socket.destroy(new Error("no handshake in time")));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed without a handshake")));
    socket.once("secureConnect", () => {
      resolve({ certificate: socket.getPeerCertificate(true), protocol: socket.getProtocol(), alpn: socket.alpnProtocol });
      socket.destroy();
    });
  });
}

/** Certificates from the leaf up to, but not counting, the root. */
function chainOf({ certificate }: Peer): number {
  let length = 0;
  for (let at = certificate; at.issuerCertificate && at.issuerCertificate !== at; at = at.issuerCertificate) length++;
  return length;
}
