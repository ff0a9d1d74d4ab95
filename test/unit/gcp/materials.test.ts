import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { planOf, resources } from "../../support/plan.ts";

const document = (provider: Record<string, unknown>, backend: Record<string, unknown>): string =>
  JSON.stringify({
    name: "shop",
    hostname: "api.shop.example.com",
    gcp: { project: "shop-test-1", region: "europe-west3" },
    jwt: {
      providers: {
        login: { issuer: "https://login.example.com", audiences: ["api"], jwksUri: "https://keys.internal.example.com/keys", ...provider },
      },
    },
    backends: { orders: { url: "https://orders.example.com", ...backend } },
    routes: { all: { path: "/all", methods: ["GET"], backend: "orders", require: [{ jwt: "login" }] } },
  });

const secretsOf = async (text: string): Promise<string[]> =>
  resources(await planOf("gcp", text), "gcp:secretmanager/secret:Secret").map(({ name }) => name);

describe("What Envoy is given on Google Cloud", () => {
  it("the stack's own root, wherever something is verified against it", async () => {
    const trust = "internal";
    assert.deepEqual(await secretsOf(document({}, {})), []);
    assert.deepEqual(await secretsOf(document({}, { tls: { trust } })), ["shop-secret-authority"]);
    assert.deepEqual(await secretsOf(document({ jwksTls: { trust } }, {})), ["shop-secret-authority"], "a key server");
    assert.deepEqual(await secretsOf(document({ jwksTls: { trust } }, { tls: { trust } })), ["shop-secret-authority"]);
  });
});
