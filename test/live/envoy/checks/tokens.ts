import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { apiKeyOf } from "../../../support/live-gateway.ts";
import { ask, bearer, noAnswer, passed } from "../support/ask.ts";
import { type Check, check, type Place } from "../support/check.ts";

const login = ({ lab }: Place, claims: Record<string, unknown> = {}, options = {}) => lab.issuers.login.token(claims, options);

/** Tokens: what they must be, and what backends are told of them. */
export const TOKEN_CHECKS: readonly Check[] = [
  check("requires a valid token", "require.jwt", async (at) => {
    await ask(at, "/token", 200, bearer(await login(at)));
    const { headers } = await ask(at, "/token", 401);
    assert.equal(headers["www-authenticate"], 'Bearer realm="api.test"');
    for (const [name, token] of Object.entries(await wrongTokens(at))) {
      const answer = await at.gateway.call("/token", bearer(token));
      assert.deepEqual([name, answer.status], [name, 401]);
      assert.equal(answer.headers["www-authenticate"]?.startsWith('Bearer realm="api.test"'), true, name);
    }
  }),
  check("takes a token from one place and in one form only", [], async (at) => {
    const token = await login(at);
    await ask(at, `/token?access_token=${token}`, 401);
    await ask(at, "/token", 401, { headers: { cookie: `access_token=${token}` } });
    await ask(at, "/token", 401, { headers: { authorization: token } });
    await ask(at, "/token", 401, { headers: { authorization: `Basic ${token}` } });
    await ask(at, "/token", 400, { headers: { authorization: [`Bearer ${token}`, "Bearer x"] } });
    await ask(at, "/token", 400, { headers: { authorization: `Bearer ${token}, Bearer x` } });
  }),
  check("tolerates clocks by the declared seconds only", [], async (at) => {
    const now = Math.floor(Date.now() / 1000);
    await ask(at, "/token", 200, bearer(await login(at, { exp: now - 15 })));
    await ask(at, "/token", 401, bearer(await login(at, { exp: now - 45 })));
    await ask(at, "/token", 200, bearer(await login(at, { nbf: now + 15 })));
    await ask(at, "/token", 401, bearer(await login(at, { nbf: now + 45 })));
    await ask(at, "/token", 200, bearer(await login(at, { aud: ["other", "shop-api"] })));
  }),
  check("accepts declared algorithms only, though the issuer has keys for more", "require.jwt.algorithms", async (at) => {
    await ask(at, "/token", 200, bearer(await login(at, {}, { keyId: "ec" })));
    await ask(at, "/token", 401, bearer(await login(at, {}, { keyId: "rsa-384" })));
  }),
  check("asks for every scope", "require.jwt.scopes", async (at) => {
    await ask(at, "/scoped", 200, bearer(await login(at, { scope: "read write" })));
    await ask(at, "/scoped", 200, bearer(await login(at, { scp: ["write", "read", "more"] })));
    for (const claims of [
      {},
      { scope: "read" },
      { scope: "read writers" },
      { scope: "readwrite" },
      { scp: ["read"] },
      { scope: ["Read", "Write"] },
    ])
      await ask(at, "/scoped", 403, bearer(await login(at, claims)));
  }),
  check("asks for claims", "require.jwt.claims", async (at) => {
    const good = { tenant: "blue", admin: true, realm: { role: "clerk" } };
    await ask(at, "/claims", 200, bearer(await login(at, good)));
    await ask(at, "/claims", 200, bearer(await login(at, { ...good, tenant: ["red", "green"], admin: "true" })));
    for (const bad of [
      { tenant: "red" },
      { tenant: undefined },
      { admin: false },
      { admin: "True" },
      { realm: { role: "boss" } },
      { realm: "clerk" },
    ])
      await ask(at, "/claims", 403, bearer(await login(at, { ...good, ...bad })));
  }),
  check("accepts tokens of several issuers where it says so, and of each only with its own keys", "require.jwt.providers", async (at) => {
    const { login: first, partner, dark } = at.lab.issuers;
    await ask(at, "/two-issuers", 200, bearer(await first.token()));
    await ask(at, "/two-issuers", 200, bearer(await partner.token()));
    await ask(at, "/two-issuers", 401, bearer(await partner.token({ iss: first.issuer, aud: first.audience })));
    await ask(at, "/two-issuers", 401, bearer(await dark.token()));
    await ask(at, "/token", 401, bearer(await partner.token()));
  }),
  check("verifies tokens with keys of the document", "require.jwt.inlineKeys", async (at) => {
    const { partner } = at.lab.issuers;
    await ask(at, "/partner", 200, bearer(await partner.token()));
    await ask(at, "/partner", 401, bearer(await login(at)));
  }),
  check("stays closed when the keys cannot be fetched from the right server", "require.jwt.privateKeyServer", async (at) => {
    const { dark, down } = at.lab.issuers;
    const { fetches } = dark;
    await ask(at, "/dark", 503, bearer(await dark.token()));
    assert.equal(dark.fetches, fetches, "keys were fetched from a server with a stranger's certificate");
    await ask(at, "/down", 503, bearer(await down.token()));
    await ask(at, "/down", 401);
  }),
  check("tells backends who it is by headers nobody else can set", "require.jwt.claimToHeaders", async (at) => {
    const token = await login(at, { tenant: "blue", realm: { role: "clerk" } });
    const { headers } = await passed(at, "/token", { headers: { authorization: `Bearer ${token}`, "x-tenant": "red", "x-role": "boss" } });
    const { issuer } = at.lab.issuers.login;
    assert.deepEqual(
      ["x-gateway-subject", "x-gateway-issuer", "x-tenant", "x-role"].map((name) => headers[name]),
      ["user-1", issuer, "blue", "clerk"],
    );
    const without = await passed(at, "/token", { headers: { authorization: `Bearer ${await login(at)}`, "x-tenant": "red" } });
    assert.equal(without.headers["x-tenant"], undefined);
  }),
  check("passes tokens on where it is asked to", "require.jwt.forward", async (at) => {
    const token = await at.lab.issuers.partner.token();
    assert.equal((await passed(at, "/partner", bearer(token))).headers.authorization, `Bearer ${token}`);
  }),
  check("keeps tokens from backends otherwise, public routes included", "require.jwt.strip", async (at) => {
    const token = await login(at);
    for (const path of ["/token", "/exact"]) assert.equal((await passed(at, path, bearer(token))).headers.authorization, undefined, path);
    const basic = await passed(at, "/exact", { headers: { authorization: "Basic dTpw" } });
    assert.equal(basic.headers.authorization, "Basic dTpw");
  }),
  check("accepts any one of several alternatives, and refuses what is wrong rather than missing", "require.any", async (at) => {
    await ask(at, "/any", 200, bearer(await login(at, { scope: "read" })));
    await ask(at, "/any", 200, { headers: { "x-api-key": apiKeyOf("loner") } });
    await ask(at, "/any", 403, bearer(await login(at)));
    await ask(at, "/any", 401);
    await ask(at, "/any", 401, { headers: { "x-api-key": "wrong" } });
    await ask(at, "/any", 200, { headers: { "x-api-key": apiKeyOf("loner"), authorization: `Bearer ${await login(at)}` } });
    await ask(at, "/any", 401, { headers: { "x-api-key": apiKeyOf("loner"), authorization: "Bearer a.b.c" } });
  }),
  check("requires several credentials together", "require.all", async (at) => {
    const token = await login(at);
    await ask(at, "/all", 200, { headers: { authorization: `Bearer ${token}`, "x-api-key": apiKeyOf("acme") } });
    await ask(at, "/all", 401, bearer(token));
    await ask(at, "/all", 401, { headers: { "x-api-key": apiKeyOf("acme") } });
    await ask(at, "/all", 401, { headers: { authorization: `Bearer ${token}`, "x-api-key": "wrong" } });
  }),
  check("requires a client certificate on single routes", "require.clientCertificate", async (at) => {
    const { named, unnamed, foreign } = at.lab.clients;
    const { headers } = await passed(at, "/certificate", { certificate: unnamed, headers: { "x-gateway-client-cert": "forged" } });
    const der = unnamed.certificate.replace(/-----[^-]+-----|\s/g, "");
    assert.equal(headers["x-gateway-client-cert"], `:${der}:`);
    await ask(at, "/certificate", 200, { certificate: named, http2: true });
    const refused = await ask(at, "/certificate", 401);
    assert.equal(refused.headers["www-authenticate"], 'ClientCertificate realm="api.test"');
    await noAnswer(at.gateway.call("/certificate", { certificate: foreign }));
  }),
  check("requires certificates with declared names on single routes", "require.clientCertificate.names", async (at) => {
    await ask(at, "/certificate-named", 200, { certificate: at.lab.clients.named });
    await ask(at, "/certificate-named", 403, { certificate: at.lab.clients.unnamed });
    await ask(at, "/certificate-named", 401);
  }),
];

const encode = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

async function wrongTokens(at: Place): Promise<Record<string, string>> {
  const { login: issuer, partner } = at.lab.issuers;
  const [, payload = ""] = (await issuer.token()).split(".");
  const none = (alg: string) => `${encode({ alg, typ: "JWT", kid: "rsa" })}.${payload}.`;
  const { n = "", ...publicKey } = issuer.jwk("rsa");
  const hmac = (secret: string, header: object = {}) => {
    const head = encode({ alg: "HS256", typ: "JWT", kid: "rsa", ...header });
    return `${head}.${payload}.${createHmac("sha256", secret).update(`${head}.${payload}`).digest("base64url")}`;
  };
  const valid = await issuer.token();
  const [head = "", body = "", signature = ""] = valid.split(".");
  const strangerKey = { kid: "rsa", jwk: partner.jwk("rsa"), jku: "https://evil.test/keys", x5u: "https://evil.test/cert" };
  const claims = (changed: Record<string, unknown>) => issuer.token(changed);
  return {
    "alg none": none("none"),
    "alg None": none("None"),
    "alg NONE": none("NONE"),
    "alg nOnE": none("nOnE"),
    "alg empty": none(""),
    "HS256 with the public modulus": hmac(n),
    "HS256 with the public key": hmac(JSON.stringify({ n, ...publicKey })),
    "HS256 with a weak secret": hmac("secret"),
    "HS256 with an empty secret": hmac(""),
    "kid of a file": hmac("", { kid: "../../../../dev/null" }),
    "kid with SQL": hmac("x", { kid: "x' UNION SELECT 'x" }),
    "unknown kid": await partner.token({ iss: issuer.issuer, aud: issuer.audience }, { header: { kid: "unknown" } }),
    "another issuer's key under the same kid": await partner.token({ iss: issuer.issuer, aud: issuer.audience }),
    "key in the token": await partner.token({ iss: issuer.issuer, aud: issuer.audience }, { header: strangerKey }),
    "bad signature": `${head}.${body}.${signature.slice(0, -4)}AAAA`,
    "no signature": `${head}.${body}.`,
    "two parts": `${head}.${body}`,
    "four parts": `${valid}.x`,
    "changed payload": `${head}.${encode({ ...JSON.parse(Buffer.from(body, "base64url").toString()), sub: "admin" })}.${signature}`,
    "no token": "x",
    expired: await claims({ exp: 1_000_000_000 }),
    "no exp": await claims({ exp: undefined }),
    "exp as text": await claims({ exp: "tomorrow" }),
    "not yet valid": await claims({ nbf: Math.floor(Date.now() / 1000) + 600 }),
    "other audience": await claims({ aud: "other" }),
    "no audience": await claims({ aud: undefined }),
    "audience with slash": await claims({ aud: "shop-api/" }),
    "audience as URL": await claims({ aud: "https://shop-api" }),
    "audience in other case": await claims({ aud: "Shop-Api" }),
    "audiences of others": await claims({ aud: ["a", "b"] }),
    "other issuer": await claims({ iss: "https://evil.test" }),
    "issuer with slash": await claims({ iss: "https://login.test/" }),
    "no issuer": await claims({ iss: undefined }),
  };
}
