import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { calculateJwkThumbprint, createLocalJWKSet, type JWK, jwtVerify, SignJWT } from "jose";
import { provider } from "../../../providers/local/provider.ts";
import { signingKey } from "../../../providers/local/resources/signing-key.ts";
import { inTemporaryFolder } from "./support/openssl.ts";
import { operation, urnOf } from "./support/provider.ts";

const call = operation("SigningKey");
const keysIn = (jwks: string) => (JSON.parse(jwks) as { keys: (JWK & { kid: string })[] }).keys;

describe("provider: SigningKey", () => {
  for (const algorithm of ["RS256", "ES256"] as const) {
    it(`makes a key for ${algorithm} whose tokens verify against its key set`, async () => {
      const { outputs } = await signingKey.create({ algorithm, generation: 1 }, call);
      const token = await new SignJWT({ sub: "a" })
        .setProtectedHeader({ alg: algorithm, kid: outputs.keyId })
        .sign(createPrivateKey(outputs.privateKeyPem));
      const { payload } = await jwtVerify(token, createLocalJWKSet(JSON.parse(outputs.jwks)), { algorithms: [algorithm] });
      assert.equal(payload.sub, "a");
      const [jwk] = keysIn(outputs.jwks);
      assert.ok(jwk);
      assert.equal(jwk.kid, outputs.keyId);
      assert.equal(jwk.kid, await calculateJwkThumbprint(jwk));
      assert.equal(jwk.alg, algorithm);
      assert.equal(jwk.use, "sig");
      assert.deepEqual(
        ["d", "p", "q", "dp", "dq", "qi"].filter((secret) => secret in jwk),
        [],
      );
      if (algorithm === "RS256") assert.equal(Buffer.from(jwk.n ?? "", "base64url").length, 256);
    });
  }

  it("keeps publishing the key before, and only that, also of another algorithm", async () => {
    const first = (await signingKey.create({ algorithm: "ES256", generation: 1 }, call)).outputs;
    const before = { inputs: { algorithm: "ES256" as const, generation: 1 }, outputs: first };
    const wanted = { algorithm: "RS256" as const, generation: 2 };
    assert.deepEqual((await signingKey.diff("k", before, wanted, call)).changes, { algorithm: "input", generation: "input" });
    const second = await signingKey.update("k", before, wanted, call);
    assert.deepEqual(
      keysIn(second.jwks).map(({ kid }) => kid),
      [second.keyId, first.keyId],
    );
    const third = await signingKey.update("k", { inputs: wanted, outputs: second }, { ...wanted, generation: 3 }, call);
    assert.deepEqual(
      keysIn(third.jwks).map(({ kid }) => kid),
      [third.keyId, second.keyId],
    );
  });

  it("names bad inputs", async () => {
    const { failures } = await provider.check(urnOf("SigningKey"), { algorithm: "RS256", generation: 2 }, { algorithm: "HS256" });
    assert.deepEqual(failures, [{ property: "algorithm", reason: '"HS256" is not allowed: allowed: RS256, ES256; did you mean "RS256"?' }]);
  });

  it("takes over a private key, and refuses one that cannot sign", async () => {
    const { outputs } = await signingKey.create({ algorithm: "ES256", generation: 1 }, call);
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "key.pem");
      writeFileSync(file, outputs.privateKeyPem);
      const imported = await signingKey.import(file, call);
      assert.deepEqual(imported.inputs, { algorithm: "ES256", generation: 1 });
      assert.deepEqual(imported.outputs, outputs);
      writeFileSync(file, "no key");
      await assert.rejects(signingKey.import(file, call), {
        message: `${file} holds no key that can sign: give an unencrypted RSA key of at least 2048 bits or an ECDSA P-256 key as PEM text`,
      });
    });
  });
});
