import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "mocha";
import { type SeenRequest, TestBackend } from "../../support/live/backend.ts";
import { TestAuthority } from "../../support/live/certificates.ts";
import { TestIssuer } from "../../support/live/tokens.ts";
import { HOST, metadataServer, type Sidecar, startSidecar } from "./support.ts";

const KEY = randomBytes(29).toString("base64url");
const HASH = "ab".repeat(32);
const SPIFFE = "spiffe://shop.example.com/mobile";

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("Envoy behind ESPv2", function () {
  this.timeout(60_000);
  const stops: (() => Promise<void> | void)[] = [];
  let sidecar: Sidecar;
  let backend: TestBackend;
  let issuer: TestIssuer;
  let idToken: string;
  let metadata: Awaited<ReturnType<typeof metadataServer>>;
  const seen = (): SeenRequest => backend.seen.at(-1) as SeenRequest;

  before(async () => {
    const authority = await TestAuthority.create();
    backend = await TestBackend.start({
      certificate: await authority.issue({ dnsNames: ["localhost"] }),
      clientAuthority: authority.root,
    });
    issuer = new TestIssuer();
    await issuer.addKey();
    idToken = await issuer.token({ aud: "https://run.example" });
    metadata = await metadataServer(idToken);
    const url = `https://localhost:${backend.port}`;
    const tls = { trust: "internal", clientCertificate: "internal" };
    sidecar = await startSidecar(
      {
        name: "shop",
        hostname: HOST,
        jwt: {
          providers: {
            login: {
              issuer: issuer.issuer,
              audiences: [issuer.audience],
              jwks: issuer.jwks,
              scopes: ["orders.read"],
              claimToHeaders: { "x-shop-tenant": "tenant" },
            },
          },
        },
        consumers: { acme: {} },
        access: { denyCidrs: ["198.51.100.0/24"] },
        backends: { orders: { url, tls }, run: { url, tls } },
        routes: {
          open: { path: "/open", methods: ["GET"], backend: "orders", public: true },
          orders: { path: "/orders/{id}", methods: ["GET"], backend: "orders", require: [{ jwt: "login", scopes: ["orders.read"] }] },
          feed: { path: "/feed/*", methods: ["GET"], backend: "orders", require: [{ apiKey: true }] },
          run: { path: "/run", methods: ["GET"], backend: "run", public: true },
          office: { path: "/office", methods: ["GET"], backend: "orders", public: true, access: { allowCidrs: ["203.0.113.0/24"] } },
        },
        gcp: { project: "shop-test-1", region: "europe-west3", identityTokens: { run: "https://run.example" } },
      },
      { authority, apiKeys: { acme: [KEY] }, metadataServer: metadata.address },
    );
    stops.push(
      () => sidecar.stop(),
      () => backend.stop(),
      () => metadata.stop(),
    );
  });
  after(async () => {
    for (const stop of stops) await stop();
  });

  it("serves what is public, over verified TLS with its own certificate, and says where it came from", async () => {
    const answer = await sidecar.call("/open");
    assert.equal(answer.status, 200, answer.body);
    assert.equal(seen().headers["x-gateway-client-ip"], "203.0.113.7");
    assert.ok(seen().clientSubject !== undefined);
    assert.equal(answer.headers["strict-transport-security"], "max-age=63072000");
    assert.equal(answer.headers.server, undefined);
  });

  it("keeps what ESPv2, the load balancer and forgers write from backends", async () => {
    await sidecar.call("/open", {
      "x-endpoint-api-userinfo": "eyJhIjoxfQ",
      "x-endpoint-api-consumer-number": "7",
      "x-api-operation-name": "x",
      "x-forwarded-authorization": "Bearer x",
      "x-gateway-consumer": "acme",
      "x-gateway-client-cert": ":AAAA:",
      "x-shop-tenant": "forged",
      "x-edge-client-cert": ":AAAA:",
    });
    const names = Object.keys(seen().headers);
    const leaked = names.filter((name) =>
      /^x-(endpoint|edge|api-operation|shop|forwarded-authorization)|^x-gateway-(consumer|client-cert)/.test(name),
    );
    assert.deepEqual(leaked, []);
  });

  it("judges tokens and scopes that ESPv2 cannot, and hands on claims", async () => {
    const call = async (claims: Record<string, unknown>) =>
      (await sidecar.call("/orders/7", { authorization: `Bearer ${await issuer.token(claims)}` })).status;
    assert.equal((await sidecar.call("/orders/7")).status, 401);
    assert.equal(await call({ scope: "orders.read", exp: undefined }), 401);
    assert.equal(await call({ scope: "orders.read", aud: "other" }), 401);
    assert.equal(await call({ scope: "stock.read" }), 403);
    assert.equal(await call({ scope: "orders.read", tenant: "t1" }), 200);
    assert.equal(seen().headers["x-shop-tenant"], "t1");
    assert.equal(seen().headers.authorization, undefined);
  });

  it("knows keys by their hashes alone, names the consumer and removes the key", async () => {
    assert.equal((await sidecar.call("/feed/a")).status, 401);
    assert.equal((await sidecar.call("/feed/a", { "x-api-key": `${KEY}x` })).status, 401);
    assert.equal((await sidecar.call("/feed/a", { "x-api-key": KEY })).status, 200);
    assert.equal(seen().headers["x-gateway-consumer"], "acme");
    assert.equal(seen().headers["x-api-key"], undefined);
  });

  it("takes the client's address from the load balancer and from nobody else", async () => {
    assert.equal((await sidecar.call("/open", { "x-edge-client-ip": "198.51.100.9" })).status, 403);
    assert.equal((await sidecar.call("/open", { "x-edge-client-ip": "198.51.100.9", "x-forwarded-for": "203.0.113.7" })).status, 403);
    assert.equal((await sidecar.call("/office")).status, 200);
    assert.equal((await sidecar.call("/office", { "x-edge-client-ip": "192.0.2.1", "x-forwarded-for": "203.0.113.7" })).status, 403);
    assert.equal((await sidecar.call("/office", { "x-edge-client-ip": "203.0.113.7, 192.0.2.1" })).status, 403);
  });

  it("serves the public host only, and health under every other", async () => {
    assert.equal((await sidecar.call("/open", { host: "other.example" })).status, 421);
    assert.equal((await sidecar.call("/.well-known/gateway-health")).status, 404);
    assert.equal((await sidecar.call("/.well-known/gateway-health", { host: "10.0.0.9" })).status, 200);
  });

  it("answers problem+json for what it refuses", async () => {
    const answer = await sidecar.call("/nowhere");
    assert.equal(answer.status, 404);
    assert.equal(answer.headers["content-type"], "application/problem+json");
  });

  it("shows backends on Cloud Run an ID token for their audience, and only those", async () => {
    const answer = await sidecar.call("/run", { authorization: "Bearer of.the.client" });
    assert.equal(answer.status, 200, answer.body);
    assert.deepEqual(metadata.asked, [
      "Google /computeMetadata/v1/instance/service-accounts/default/identity?audience=https://run.example",
    ]);
    assert.equal(seen().headers.authorization, `Bearer ${idToken}`);
    await sidecar.call("/open");
    assert.equal(seen().headers.authorization, undefined);
  });
});

describe("Envoy behind ESPv2, with client certificates", function () {
  this.timeout(60_000);
  let sidecar: Sidecar;
  let backend: TestBackend;

  before(async () => {
    const authority = await TestAuthority.create();
    backend = await TestBackend.start({ certificate: await authority.issue({ dnsNames: ["localhost"] }) });
    sidecar = await startSidecar(
      {
        name: "shop",
        hostname: HOST,
        tls: {
          clientValidation: { caCertificates: [authority.root], subjectAltNames: ["mobile.example", SPIFFE], certificateHashes: [HASH] },
        },
        access: { allowCidrs: ["203.0.113.0/24"] },
        backends: { orders: { url: `https://localhost:${backend.port}` } },
        routes: { mine: { path: "/mine", methods: ["GET"], backend: "orders", require: [{ clientCertificate: true }] } },
        gcp: { project: "shop-test-1", region: "europe-west3" },
      },
      { authority },
    );
  });
  after(async () => {
    await sidecar?.stop();
    await backend?.stop();
  });

  const fingerprint = Buffer.from(HASH, "hex").toString("base64");
  const status = async (headers: Record<string, string>) => (await sidecar.call("/mine", headers)).status;

  it("asks for one of the names and one of the fingerprints", async () => {
    const right = { "x-edge-client-cert-sha256": fingerprint };
    assert.equal(await status({ ...right, "x-edge-client-cert-dns": base64("mobile.example") }), 200);
    assert.equal(await status({ ...right, "x-edge-client-cert-dns": `${base64("other.example")},${base64("mobile.example")}` }), 200);
    assert.equal(await status({ ...right, "x-edge-client-cert-uri": base64(SPIFFE) }), 200);
    assert.equal(await status({ ...right, "x-edge-client-cert-dns": base64("mobile.example.evil.example") }), 403);
    assert.equal(await status({ ...right, "x-edge-client-cert-dns": `${base64("mobile.example")}A` }), 403);
    assert.equal(await status(right), 403);
    assert.equal(await status({ "x-edge-client-cert-dns": base64("mobile.example") }), 403);
    assert.equal(await status({ "x-edge-client-cert-dns": base64("mobile.example"), "x-edge-client-cert-sha256": base64("x") }), 403);
  });

  it("passes the certificate on as RFC 9440 writes it", async () => {
    await sidecar.call("/mine", {
      "x-edge-client-cert-sha256": fingerprint,
      "x-edge-client-cert-dns": base64("mobile.example"),
      "x-edge-client-cert": ":MIIB:",
    });
    assert.equal(backend.seen.at(-1)?.headers["x-gateway-client-cert"], ":MIIB:");
  });
});
