import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createIssuer } from "../../../examples/shop/issuer/issuer.ts";

describe("the shop's issuer", () => {
  const key = { kty: "RSA", kid: "a", n: "AQAB", e: "AQAB", use: "sig", alg: "RS256" };
  let server: Server;
  let base: string;

  before(async () => {
    server = createServer(
      createIssuer({ issuer: "https://localhost:9444/", jwks: JSON.stringify({ keys: [key], hint: "not published" }) }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => server.close());

  it("publishes the public keys", async () => {
    const answer = await fetch(`${base}/.well-known/jwks.json?x=1`);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { keys: [key] });
  });

  it("says where they are", async () => {
    const answer = await fetch(`${base}/.well-known/openid-configuration`);
    assert.deepEqual(await answer.json(), {
      issuer: "https://localhost:9444/",
      jwks_uri: "https://localhost:9444/.well-known/jwks.json",
      id_token_signing_alg_values_supported: ["RS256"],
    });
  });

  it("signs nothing for anybody", async () => {
    const statuses = await Promise.all(
      ["/token", "/oauth/token", "/.well-known/jwks.json"].map(async (path) => (await fetch(base + path, { method: "POST" })).status),
    );
    assert.deepEqual(statuses, [404, 404, 405]);
  });

  it("refuses to publish a private or symmetric key", () => {
    for (const member of ["d", "p", "k"]) {
      assert.throws(() => createIssuer({ issuer: "https://a", jwks: JSON.stringify({ keys: [{ ...key, [member]: "AA" }] }) }), {
        message: `the key "a" has the private member "${member}"; publish the public key only`,
      });
    }
  });
});
