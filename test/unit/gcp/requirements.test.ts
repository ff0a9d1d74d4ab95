import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { sidecarModel } from "../../../components/backends/gcp/sidecar/model.ts";
import { routeTokens } from "../../../components/backends/local/envoy/jwt.ts";
import { NOTHING_REQUIRED, routeRequirement } from "../../../components/backends/local/envoy/requirements.ts";
import { TestAuthority } from "../../support/live/certificates.ts";
import { modelOf } from "../../support/live-gateway.ts";

describe("What routes require behind Google Cloud's load balancer", () => {
  /** What Envoy asks for on a route: tokens, and by the requirement; undefined for nothing. */
  async function askedFor(...require: readonly unknown[]): Promise<{ tokens: unknown; required: boolean }> {
    const { root } = await TestAuthority.create();
    const model = await modelOf({
      name: "shop",
      hostname: "api.shop.example.com",
      tls: { clientValidation: { caCertificates: [root] } },
      apiKeys: { header: "x-key" },
      consumers: { partner: {} },
      jwt: { providers: { login: { issuer: "https://login.example.com", audiences: ["api"], jwksUri: "https://login.example.com/keys" } } },
      backends: { orders: { url: "https://orders.example.com" } },
      routes: {
        all: { path: "/all", methods: ["GET"], backend: "orders", require },
        other: { path: "/other", methods: ["GET"], backend: "orders", require: [{ jwt: "login" }, { apiKey: true }] },
      },
    });
    const route = sidecarModel(model, 1).routes.find(({ name }) => name === "all");
    assert.ok(route);
    return { tokens: routeTokens(route)?.requirement_name, required: routeRequirement(route, model) !== NOTHING_REQUIRED };
  }

  it("no certificate again, which every connection has shown", async () => {
    assert.deepEqual(await askedFor({ clientCertificate: true }), { tokens: undefined, required: false });
    assert.deepEqual(await askedFor({ clientCertificate: true, jwt: "login" }), { tokens: "login", required: true });
  });

  it("a token that comes has to be valid, also where the certificate alone suffices", async () => {
    assert.deepEqual(await askedFor({ clientCertificate: true }, { jwt: "login" }), { tokens: "login,none", required: false });
  });

  it("one of the other credentials", async () => {
    assert.deepEqual(await askedFor({ apiKey: true }, { jwt: "login" }), { tokens: "login,none", required: true });
  });
});
