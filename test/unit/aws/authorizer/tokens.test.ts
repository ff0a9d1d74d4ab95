import assert from "node:assert/strict";
import { createHmac, createPublicKey } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { after, before, describe, it } from "mocha";
import { TestAuthority } from "../../../support/live/certificates.ts";
import { TestIssuer } from "../../../support/live/tokens.ts";
import { authorizerOf } from "./support.ts";

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("AWS authorizer: tokens against a key server over TLS", () => {
  const issuer = new TestIssuer();
  let clock = Date.now();
  let document: Record<string, unknown>;
  let ask: Awaited<ReturnType<typeof authorizerOf>>;
  const logged: string[] = [];
  const { error } = console;

  const documentFor = (port: number, root: string, more: Record<string, unknown> = {}) => ({
    jwt: {
      providers: {
        login: {
          issuer: issuer.issuer,
          audiences: ["shop-api", "shop-admin"],
          jwksUri: `https://localhost:${port}/jwks`,
          jwksTls: { caCertificates: [root] },
          algorithms: ["RS256", "ES256", "EdDSA"],
          clockSkew: "30s",
          scopes: ["orders.read", "orders.write"],
          claimToHeaders: { "x-shop-tenant": "tenant.id", "x-shop-roles": "roles" },
          ...more,
        },
      },
    },
    backends: { orders: { url: "https://orders.shop.example.com" } },
    routes: {
      read: { path: "/orders", methods: ["GET"], backend: "orders", require: [{ jwt: "login", scopes: ["orders.read"] }] },
      write: {
        path: "/orders",
        methods: ["POST"],
        backend: "orders",
        require: [{ jwt: "login", scopes: ["orders.read", "orders.write"] }],
      },
      admin: {
        path: "/admin",
        methods: ["GET"],
        backend: "orders",
        require: [{ jwt: "login", claims: { "realm.role": ["admin", "root"] } }],
      },
    },
  });

  before(async () => {
    console.error = (line: string) => logged.push(line);
    const authority = await TestAuthority.create();
    await issuer.addKey("RS256", "rsa");
    await issuer.addKey("ES256", "ec");
    await issuer.addKey("EdDSA", "ed");
    const port = await issuer.serve(await authority.issue({ dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] }));
    document = documentFor(port, authority.root);
    ask = await authorizerOf(document, { now: () => clock });
  });
  after(() => {
    console.error = error;
    return issuer.stop();
  });

  it("admits valid tokens and passes on who it is", async () => {
    for (const keyId of ["rsa", "ec", "ed"]) {
      const token = await issuer.token({ scope: "profile orders.read", tenant: { id: "acme" }, roles: ["a", "b"] }, { keyId });
      assert.deepEqual(await ask("GET /orders", bearer(token)), {
        status: 200,
        context: {
          decision: "allow",
          subject: "user-1",
          issuer: "https://login.example.com",
          h_x_shop_tenant: "acme",
          h_x_shop_roles: '["a","b"]',
        },
      });
    }
  });

  it("takes scopes from scp, an audience from a list, and any case of the scheme", async () => {
    const token = await issuer.token({ scp: ["orders.read"], aud: ["other", "shop-admin"] });
    assert.equal((await ask("GET /orders", { authorization: `bearer ${token}` })).status, 200);
  });

  it("answers 403 to a valid token without the scope or the claim, on that route only", async () => {
    const token = await issuer.token({ scope: "orders.read", realm: { role: "guest" } });
    assert.deepEqual(await ask("POST /orders", bearer(token)), { status: 403, context: { decision: "forbidden", reason: "entitlement" } });
    assert.equal((await ask("GET /admin", bearer(token))).status, 403);
    assert.equal((await ask("GET /admin", bearer(await issuer.token({ realm: { role: ["x", "root"] } })))).status, 200);
    assert.equal((await ask("GET /orders", bearer(await issuer.token({ scope: "orders.readx xorders.read" })))).status, 403);
    // A scope that is no text makes the token invalid.
    assert.equal((await ask("GET /orders", bearer(await issuer.token({ scope: ["orders.read"] })))).status, 401);
  });

  it("denies a route it does not know", async () => {
    const token = await issuer.token({ scope: "orders.read" });
    assert.deepEqual(await ask("DELETE /orders", bearer(token)), { status: 403, context: { decision: "forbidden", reason: "route" } });
  });

  describe("answers 401 to", () => {
    const now = () => Math.floor(Date.now() / 1000);
    const forged: Record<string, () => Promise<Record<string, string | string[]>>> = {
      "no token": async () => ({}),
      "an empty token": async () => ({ Authorization: "Bearer " }),
      "another scheme": async () => ({ Authorization: `Basic ${await issuer.token()}` }),
      "a token that is not one": async () => bearer("a.b.c"),
      "a token in two headers": async () => ({ Authorization: [`Bearer ${await issuer.token()}`, `Bearer ${await issuer.token()}`] }),
      "two tokens in one header": async () => ({ Authorization: `Bearer ${await issuer.token()}, Bearer ${await issuer.token()}` }),
      "an expired token": async () => bearer(await issuer.token({ exp: now() - 31 })),
      "a token that is not valid yet": async () => bearer(await issuer.token({ nbf: now() + 90 })),
      "a token without exp": async () => bearer(await issuer.token({ exp: undefined })),
      "a token whose exp is text": async () => bearer(await issuer.token({ exp: String(now() + 300) })),
      "a wrong issuer": async () => bearer(await issuer.token({ iss: "https://login.example.com/" })),
      "no issuer": async () => bearer(await issuer.token({ iss: undefined })),
      "a wrong audience": async () => bearer(await issuer.token({ aud: "shop" })),
      "no audience": async () => bearer(await issuer.token({ aud: undefined, client_id: "shop-api" })),
      "an empty audience list": async () => bearer(await issuer.token({ aud: [] })),
      "an unsigned token": async () =>
        bearer(
          new UnsecuredJWT({ scope: "orders.read" }).setIssuer(issuer.issuer).setAudience("shop-api").setExpirationTime("5m").encode(),
        ),
      "an unknown key id": async () => bearer(await issuer.token({}, { header: { kid: "../../etc/passwd" } })),
      "no key id": async () => bearer(await issuer.token({}, { header: { kid: undefined } })),
      "another key's id": async () => bearer(await issuer.token({}, { keyId: "rsa", header: { kid: "ed" } })),
      "a critical extension": async () => {
        const [, payload, signature] = (await issuer.token()).split(".");
        return bearer(`${base64url({ alg: "RS256", kid: "rsa", crit: ["b64"] })}.${payload}.${signature}`);
      },
      "a changed payload": async () => {
        const [header, , signature] = (await issuer.token()).split(".");
        return bearer(
          `${header}.${base64url({ iss: issuer.issuer, aud: "shop-api", exp: now() + 300, scope: "orders.read" })}.${signature}`,
        );
      },
      "a shortened signature": async () => bearer((await issuer.token({ scope: "orders.read" })).slice(0, -4)),
      "the public key as an HMAC secret": async () => {
        const pem = createPublicKey({ key: issuer.jwk("rsa") as never, format: "jwk" }).export({ type: "spki", format: "pem" }) as string;
        const start = `${base64url({ alg: "HS256", kid: "rsa" })}.${base64url({ iss: issuer.issuer, aud: "shop-api", exp: now() + 300, scope: "orders.read" })}`;
        return bearer(`${start}.${createHmac("sha256", pem).update(start).digest("base64url")}`);
      },
      "a key the token brings along": async () => {
        const { privateKey, publicKey } = await generateKeyPair("RS256");
        const jwk = { ...(await exportJWK(publicKey)), alg: "RS256" };
        const token = new SignJWT({ scope: "orders.read" }).setIssuer(issuer.issuer).setAudience("shop-api").setExpirationTime("5m");
        return bearer(await token.setProtectedHeader({ alg: "RS256", kid: "rsa", jwk, jku: "https://evil.example/jwks" }).sign(privateKey));
      },
    };
    for (const algorithm of ["none", "None", "NONE", "nOnE", "hs256", "rs256", "RS512", "PS256"])
      forged[`alg ${algorithm}`] = async () => {
        const [, payload, signature] = (await issuer.token({ scope: "orders.read" })).split(".");
        return bearer(`${base64url({ alg: algorithm, kid: "rsa" })}.${payload}.${signature}`);
      };
    for (const [what, headers] of Object.entries(forged))
      it(what, async () => assert.deepEqual(await ask("GET /orders", await headers()), { status: 401, context: {} }));
  });

  it("accepts clocks that differ by the declared skew", async () => {
    const seconds = Math.floor(Date.now() / 1000);
    assert.equal((await ask("GET /orders", bearer(await issuer.token({ scope: "orders.read", exp: seconds - 20 })))).status, 200);
  });

  describe("keys", () => {
    let port = 0;
    let root = "";
    let other: TestIssuer;
    let time = Date.now();
    let fresh: Awaited<ReturnType<typeof authorizerOf>>;
    const good = (keyId: string) => other.token({ scope: "orders.read" }, { keyId });

    before(async () => {
      const authority = await TestAuthority.create();
      root = authority.root;
      other = new TestIssuer();
      await other.addKey("RS256", "old");
      port = await other.serve(await authority.issue({ dnsNames: ["localhost"] }));
      fresh = await authorizerOf(documentFor(port, root), { now: () => time });
    });
    after(() => other.stop());

    it("are fetched once, then kept for five minutes", async () => {
      for (let index = 0; index < 5; index++) assert.equal((await fresh("GET /orders", bearer(await good("old")))).status, 200);
      assert.equal(other.fetches, 1);
      time += 4 * 60_000;
      await fresh("GET /orders", bearer(await good("old")));
      assert.equal(other.fetches, 1);
    });

    it("that are new are found at once, and unknown ids do not make a storm of fetches", async () => {
      await other.addKey("RS256", "new");
      assert.equal((await fresh("GET /orders", bearer(await good("new")))).status, 200);
      assert.equal(other.fetches, 2);
      const stranger = await other.token({}, { header: { kid: "stranger" } });
      await Promise.all(Array.from({ length: 20 }, () => fresh("GET /orders", bearer(stranger))));
      assert.equal(other.fetches, 2);
    });

    it("that were withdrawn are refused after five minutes", async () => {
      other.withdrawn.add("old");
      assert.equal((await fresh("GET /orders", bearer(await good("old")))).status, 200);
      time += 5 * 60_000;
      assert.equal((await fresh("GET /orders", bearer(await good("old")))).status, 401);
      assert.equal((await fresh("GET /orders", bearer(await good("new")))).status, 200);
    });

    it("that cannot be had: the last ones count for ten minutes, then nothing passes", async () => {
      await other.stop();
      time += 9 * 60_000;
      assert.equal((await fresh("GET /orders", bearer(await good("new")))).status, 200);
      time += 2 * 60_000;
      assert.deepEqual(await fresh("GET /orders", bearer(await good("new"))), {
        status: 503,
        context: {},
        error: "no current keys of https://login.example.com",
      });
      assert.match(
        logged.at(-1) ?? "",
        /^\{"event":"jwks-unavailable","issuer":"https:\/\/login\.example\.com","reason":"[^"]*ECONNREFUSED/,
      );
      const cold = await authorizerOf(documentFor(port, root), { now: () => time });
      assert.equal((await cold("GET /orders", bearer(await good("new")))).status, 503);
    });
  });

  it("does not believe a key server that its authorities did not certify", async () => {
    const stranger = await TestAuthority.create("Stranger");
    const [impostor, authority] = [new TestIssuer(), await TestAuthority.create()];
    await impostor.addKey("RS256", "rsa");
    const port = await impostor.serve(await stranger.issue({ dnsNames: ["localhost"] }));
    try {
      const doubting = await authorizerOf(documentFor(port, authority.root));
      const outcome = await doubting("GET /orders", bearer(await impostor.token({ scope: "orders.read" })));
      assert.equal(outcome.status, 503);
      assert.equal(impostor.fetches, 0);
    } finally {
      await impostor.stop();
    }
  });

  it("takes no secret keys and no encryption keys from a key set", async () => {
    const authority = await TestAuthority.create();
    const leaky = new TestIssuer();
    await leaky.addKey("RS256", "rsa");
    const secret = Buffer.alloc(32, 7);
    const real = leaky.jwks;
    Object.defineProperty(leaky, "jwks", {
      get: () =>
        JSON.stringify({ keys: [...JSON.parse(real).keys, { kty: "oct", kid: "shared", k: secret.toString("base64url"), alg: "HS256" }] }),
    });
    const port = await leaky.serve(await authority.issue({ dnsNames: ["localhost"] }));
    try {
      const checked = await authorizerOf(documentFor(port, authority.root));
      const token = new SignJWT({ scope: "orders.read" }).setIssuer(leaky.issuer).setAudience("shop-api").setExpirationTime("5m");
      const forged = await token.setProtectedHeader({ alg: "HS256", kid: "shared" }).sign(secret);
      assert.equal((await checked("GET /orders", bearer(forged))).status, 401);
      assert.equal((await checked("GET /orders", bearer(await leaky.token({ scope: "orders.read" })))).status, 200);
    } finally {
      await leaky.stop();
    }
  });

  it("verifies against keys in the document without asking anybody", async () => {
    const { jwt, ...rest } = document as { jwt: { providers: { login: Record<string, unknown> } } };
    const { jwksUri: _uri, jwksTls: _tls, ...login } = jwt.providers.login;
    const inline = await authorizerOf({ ...rest, jwt: { providers: { login: { ...login, jwks: issuer.jwks } } } });
    const before = issuer.fetches;
    assert.equal((await inline("GET /orders", bearer(await issuer.token({ scope: "orders.read" })))).status, 200);
    assert.equal((await inline("GET /orders", bearer(await issuer.token({}, { header: { kid: "other" } })))).status, 401);
    assert.equal(issuer.fetches, before);
  });

  it("leaves values out that would not be one header", async () => {
    clock = Date.now();
    const token = await issuer.token({
      scope: "orders.read",
      tenant: { id: "a\r\nx-gateway-subject: root" },
      roles: "ü",
      sub: "x".repeat(2049),
    });
    assert.deepEqual((await ask("GET /orders", bearer(token))).context, { decision: "allow", issuer: "https://login.example.com" });
  });
});
