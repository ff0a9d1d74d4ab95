import assert from "node:assert/strict";
import fc from "fast-check";
import { Redactor, secretsOfEnvironment } from "../../../../portal/jobs/redact.ts";

const hidden = (secret: string, text: string) => {
  const redactor = new Redactor();
  redactor.add([secret]);
  return redactor.hide(text);
};

describe("taking secrets out of what a runner tells", () => {
  it("finds them as they are, URL-encoded, in hexadecimal, and in base64 wherever they begin", () => {
    const secret = "c4nary/+ ä&value";
    assert.equal(hidden(secret, `before ${secret} after`), "before [secret] after");
    assert.equal(hidden(secret, `?q=${encodeURIComponent(secret)}&x`), "?q=[secret]&x");
    assert.equal(hidden(secret, `hex ${Buffer.from(secret).toString("hex")}`), "hex [secret]");
    fc.assert(
      fc.property(
        fc.string({ maxLength: 7 }),
        fc.string({ maxLength: 7 }),
        fc.constantFrom("base64" as const, "base64url" as const),
        (a, b, form) => {
          const text = Buffer.from(a + secret + b).toString(form);
          assert.match(String(hidden(secret, text)), /\[secret\]/);
        },
      ),
    );
  });

  it("leaves no trace of any secret in any of its forms", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 8, maxLength: 40 }).filter((text) => text.trim().length >= 8),
        (raw) => {
          const secret = raw.trim();
          const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("hex")];
          for (const form of forms) assert.ok(!String(hidden(secret, `<<${form}>>`)).includes(form) || form === "[secret]");
        },
      ),
    );
  });

  it("goes into every depth, and leaves words alone that are too short to be secrets", () => {
    const redactor = new Redactor();
    redactor.add(["canary-value", "yes", "line one of a key\nline two of a key"]);
    assert.deepEqual(redactor.hide({ a: ["x canary-value y", 5, null, { "canary-value": "line two of a key" }], b: "yes" }), {
      a: ["x [secret] y", 5, null, { "[secret]": "[secret]" }],
      b: "yes",
    });
  });

  it("knows secrets that together are larger than a regular expression may be", () => {
    const redactor = new Redactor();
    const file = "line of a file\n".repeat(50_000);
    redactor.add([file, ...Array.from({ length: 2000 }, (_, index) => `canary-number-${index}`)]);
    const began = Date.now();
    for (let index = 0; index < 100; index++)
      assert.equal(redactor.hide(`a: canary-number-${index}; b: nothing`), `a: [secret]; b: nothing`);
    assert.equal(redactor.hide(`before ${file}after`), "before [secret]\nafter");
    assert.ok(Date.now() - began < 10_000);
  });

  it("takes out what overlaps as a whole", () => {
    const redactor = new Redactor();
    redactor.add(["first-second", "second-third"]);
    assert.equal(redactor.hide("<first-second-third>"), "<[secret]>");
  });

  it("knows environment variables that hold secrets by their names", () => {
    const env = {
      PULUMI_CONFIG_PASSPHRASE: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      ARM_CLIENT_SECRET: "c",
      DATABASE_URL: "d",
      PATH: "/bin",
      HOME: "/",
      KEYBOARD: "de",
    };
    assert.deepEqual(secretsOfEnvironment(env), ["a", "b", "c", "d"]);
  });
});
