import assert from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import type { TestKeyPair } from "../../../support/live/certificates.ts";
import { ask, noAnswer, statuses } from "../support/ask.ts";
import { type Check, check } from "../support/check.ts";
import { peer } from "./front.ts";

const from = (address: string, certificate: TestKeyPair) => ({ certificate, headers: { "x-forwarded-for": address } });

/** The strict gateway: behind a proxy, for clients with certificates only. */
export const CLOSED_CHECKS: readonly Check[] = [
  check("serves the imported certificate with its intermediate", "tls.certificate.imported", async (at) => {
    await ask(at, "/hello", 200, from("192.0.2.10", at.lab.clients.named));
  }),
  check("refuses TLS 1.2 where 1.3 is the minimum", "tls.version", async (at) => {
    const { chain: cert, privateKey: key } = at.lab.clients.named;
    assert.equal((await peer(at, { cert, key })).protocol, "TLSv1.3");
    await assert.rejects(peer(at, { cert, key, maxVersion: "TLSv1.2" }), /protocol version/);
  }),
  check("refuses clients without a certificate", "tls.clientValidation.required", async (at) => {
    await noAnswer(at.gateway.call("/hello", { headers: { "x-forwarded-for": "192.0.2.11" } }));
    for (const certificate of [at.lab.clients.foreign, at.lab.clients.expired, at.lab.clients.server])
      await noAnswer(at.gateway.call("/hello", from("192.0.2.11", certificate)));
  }),
  check("refuses certificates with other names", "tls.clientValidation.names", async (at) => {
    await noAnswer(at.gateway.call("/hello", from("192.0.2.12", at.lab.clients.unnamed)));
  }),
  check("refuses certificates with other fingerprints", "tls.clientValidation.hashes", async (at) => {
    await noAnswer(at.gateway.call("/hello", from("192.0.2.13", at.lab.clients.unlisted)));
  }),
  check("keeps the port for plain HTTP closed", "http.refuse", async ({ gateway }) => {
    const outcome = await new Promise((resolve) => {
      const socket = connectTcp({ host: "127.0.0.1", port: gateway.httpPort });
      socket.once("connect", () => resolve("open"));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.once("connect", () => socket.destroy());
    });
    assert.equal(outcome, "ECONNREFUSED");
  }),
  check("takes the address its proxy saw, not the ones before it", "clientIp.trustedHops", async (at) => {
    const { headers } = (await ask(at, "/hello", 200, from("198.51.100.1, 192.0.2.14", at.lab.clients.named))).json<{
      headers: Record<string, string>;
    }>();
    assert.equal(headers["x-gateway-client-ip"], "192.0.2.14");
    await ask(at, "/hello", 403, from("192.0.2.14, 198.51.100.1", at.lab.clients.named));
  }),
  check("admits declared addresses only", "access.allow", async (at) => {
    await ask(at, "/hello", 200, from("192.0.2.15", at.lab.clients.named));
    await ask(at, "/hello", 403, from("198.51.100.1", at.lab.clients.named));
    await ask(at, "/hello", 403, from("2001:db8::1", at.lab.clients.named));
  }),
  check("refuses declared addresses, though they are allowed as well", "access.deny", async (at) => {
    await ask(at, "/hello", 403, from("192.0.2.66", at.lab.clients.named));
  }),
  check("limits each client address over the whole gateway", "limit.gatewayClientIp", async (at) => {
    const many = await statuses(at, 9, "/hello", from("192.0.2.16", at.lab.clients.named));
    assert.deepEqual(many, [...Array(8).fill(200), 429]);
    assert.deepEqual(await statuses(at, 1, "/hello", from("192.0.2.17", at.lab.clients.named)), [200]);
  }),
  check("limits all requests together", "limit.gateway", async (at) => {
    const seen: number[] = [];
    for (let index = 0; index < 61; index++)
      seen.push(...(await statuses(at, 1, "/hello", from(`192.0.2.${100 + index}`, at.lab.clients.named))));
    assert.equal(seen.at(-1), 429);
    assert.equal(seen[0], 200);
  }),
];
