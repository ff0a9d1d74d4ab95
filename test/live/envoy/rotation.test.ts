import assert from "node:assert/strict";
import { Agent, request } from "node:https";
import { TestBackend } from "../../support/live/backend.ts";
import { TestAuthority } from "../../support/live/certificates.ts";
import { callPlain } from "../../support/live/client.ts";
import { TestIssuer } from "../../support/live/tokens.ts";
import { apiKeyOf, type LiveDocument, type LiveGateway, startGateway } from "../../support/live-gateway.ts";

const LOCAL = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] };

/** What changes while a gateway runs, on connections that stay open. */
describe("a running Envoy takes over", () => {
  const issuer = new TestIssuer();
  let authority: TestAuthority;
  let backend: TestBackend;
  let gateway: LiveGateway;
  let document: LiveDocument;

  before(async () => {
    authority = await TestAuthority.create();
    const certificate = await authority.issue(LOCAL);
    backend = await TestBackend.start({ certificate });
    await issuer.addKey("RS256", "old");
    const keys = await issuer.serve(certificate);
    document = {
      name: "rotation",
      hostname: "api.test",
      tls: { certificate: { source: "internal" } },
      jwt: {
        providers: {
          login: {
            issuer: issuer.issuer,
            audiences: [issuer.audience],
            jwksUri: `https://127.0.0.1:${keys}/keys`,
            jwksTls: { trust: "internal" },
          },
        },
      },
      consumers: { acme: {} },
      backends: { one: { url: `https://127.0.0.1:${backend.port}`, tls: { trust: "internal" } } },
      routes: {
        token: { path: "/token", methods: ["GET"], backend: "one", require: [{ jwt: "login" }] },
        key: { path: "/key", methods: ["GET"], backend: "one", require: [{ apiKey: true }] },
      },
    };
    gateway = await startGateway(document, { authority, materials: { issuerKeyId: "old" } });
  });
  after(async () => {
    await gateway?.stop();
    await Promise.all([issuer.stop(), backend?.stop()]);
  });

  const tokenStatus = async (keyId: string) =>
    (await gateway.call("/token", { headers: { authorization: `Bearer ${await issuer.token({}, { keyId })}` } })).status;

  it("new token keys: fetched once, kept, and fetched anew when the stack's own issuer has changed them", async () => {
    assert.deepEqual([await tokenStatus("old"), await tokenStatus("old"), issuer.fetches], [200, 200, 1]);
    await issuer.addKey("RS256", "new");
    issuer.withdrawn.add("old");
    assert.deepEqual([await tokenStatus("old"), await tokenStatus("new")], [200, 401], "within the time keys are kept");
    await gateway.update(document, { issuerKeyId: "new" });
    assert.deepEqual([await tokenStatus("new"), await tokenStatus("old")], [200, 401]);
  });

  it("withdrawn API keys and new routes, on connections that are open", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const old = apiKeyOf("acme");
    const fresh = "n".repeat(43);
    try {
      assert.deepEqual(await over(agent, "/key", old), { status: 200, reused: false });
      await gateway.update(document, { apiKeys: { acme: [old, fresh] } });
      assert.deepEqual([await over(agent, "/key", old), await over(agent, "/key", fresh)], Array(2).fill({ status: 200, reused: true }));
      await gateway.update(document, { apiKeys: { acme: [fresh] } });
      assert.deepEqual(await over(agent, "/key", old), { status: 401, reused: true });
      const routes = { ...(document.routes as object), more: { path: "/more", methods: ["GET"], backend: "one", public: true } };
      assert.deepEqual(await over(agent, "/more", fresh), { status: 404, reused: true });
      await gateway.update({ ...document, routes });
      assert.deepEqual(await over(agent, "/more", fresh), { status: 200, reused: true });
    } finally {
      agent.destroy();
    }
  });

  it("a new certificate, without a new process", async () => {
    const other = await (await authority.intermediate("Other")).issue({ dnsNames: ["api.test"] });
    const serial = async () => (await peerSerial()) ?? "";
    const before = await serial();
    await gateway.update(document, { front: { chain: other.chain, privateKey: other.privateKey } });
    assert.notEqual(await serial(), before);
  });

  it("shows the series its documentation names", async () => {
    const { body } = await callPlain("127.0.0.1", gateway.adminPort, "/metrics", { host: "localhost" });
    for (const series of [
      'envoy_http_downstream_rq_xx{envoy_response_code_class="2",envoy_http_conn_manager_prefix="https"}',
      "envoy_vhost_route_upstream_rq_time",
      "envoy_cluster_upstream_rq_xx",
      "envoy_cluster_membership_healthy",
      "envoy_server_days_until_first_cert_expiring",
    ])
      assert.ok(body.includes(series), series);
  });

  const used = new WeakSet<object>();
  /** Node does not say of a request that had to wait for the connection that it was an old one: the connection itself does. */
  function over(agent: Agent, path: string, key: string): Promise<{ status: number | undefined; reused: boolean }> {
    return new Promise((resolve, reject) => {
      const { address: host, port, hostname, ca } = gateway;
      const headers = { host: hostname, "x-api-key": key };
      const asked = request({ host, port, servername: hostname, ca, path, agent, headers }, (response) => {
        const reused = used.has(response.socket);
        used.add(response.socket);
        response.resume();
        response.once("end", () => resolve({ status: response.statusCode, reused }));
      });
      asked.once("error", reject);
      asked.end();
    });
  }

  function peerSerial(): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const { address: host, port, hostname, ca } = gateway;
      const asked = request({ host, port, servername: hostname, ca, path: "/", agent: false }, (response) => {
        const { serialNumber } = (response.socket as import("node:tls").TLSSocket).getPeerCertificate();
        response.resume();
        response.once("end", () => resolve(serialNumber));
      });
      asked.once("error", reject);
      asked.end();
    });
  }
});
