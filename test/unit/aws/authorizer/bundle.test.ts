import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { after, before, describe, it } from "mocha";
import { buildAuthorizer } from "../../../../components/backends/aws/authorizer/build.ts";
import { TestAuthority } from "../../../support/live/certificates.ts";
import { TestIssuer } from "../../../support/live/tokens.ts";
import { consumersOf, event, policyOf } from "./support.ts";

const BUNDLE = join(import.meta.dirname, "../../../../components/backends/aws/authorizer/authorizer.bundle");

/** Calls the function once in a process of its own, as Lambda does with the deployed archive. */
const RUN = `
import { handler } from "./index.mjs";
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const answers = [];
for (const event of JSON.parse(Buffer.concat(chunks).toString())) answers.push(await handler(event).catch((error) => ({ error: error.message })));
console.log(JSON.stringify(answers));
`;

describe("AWS authorizer: what is deployed", () => {
  const issuer = new TestIssuer();
  const key = "k".repeat(64);
  let folder = "";

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "gateway-authorizer-"));
    const authority = await TestAuthority.create();
    await issuer.addKey("RS256", "rsa");
    const port = await issuer.serve(await authority.issue({ dnsNames: ["localhost"] }));
    const policy = await policyOf({
      jwt: {
        providers: {
          login: {
            issuer: issuer.issuer,
            audiences: [issuer.audience],
            jwksUri: `https://localhost:${port}/jwks`,
            jwksTls: { caCertificates: [authority.root] },
          },
        },
      },
      consumers: { partner: {} },
      backends: { orders: { url: "https://orders.shop.example.com" } },
      routes: {
        orders: { path: "/orders", methods: ["GET"], backend: "orders", require: [{ jwt: "login" }] },
        feed: { path: "/feed", methods: ["GET"], backend: "orders", require: [{ apiKey: true }] },
      },
    });
    writeFileSync(join(folder, "index.mjs"), readFileSync(BUNDLE));
    writeFileSync(join(folder, "policy.json"), JSON.stringify(policy));
    writeFileSync(join(folder, "consumers.json"), JSON.stringify(consumersOf({ [key]: { consumer: "partner" } })));
    writeFileSync(join(folder, "run.mjs"), RUN);
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await issuer.stop();
  });

  it("is what its sources build to", async () => {
    assert.ok(readFileSync(BUNDLE, "utf8") === (await buildAuthorizer()), "authorizer.bundle is out of date: `npm run generate` writes it");
  });

  it("imports nothing but what Node brings along", () => {
    const imported = [...readFileSync(BUNDLE, "utf8").matchAll(/\bfrom"([^"]+)"/g)].map((match) => match[1] ?? "");
    assert.ok(imported.length > 0);
    assert.deepEqual(
      [...new Set(imported)].filter((name) => !/^(node:)?(crypto|fs|https|tls|url|path|stream|util)$/.test(name)),
      [],
    );
  });

  it("decides with its files next to it and nothing else", async () => {
    const token = await issuer.token();
    const events = [
      event("GET /orders", { Authorization: `Bearer ${token}` }),
      event("GET /orders", { Authorization: `Bearer ${token.slice(0, -4)}` }),
      event("GET /feed", { "x-api-key": key }),
      event("GET /feed"),
    ];
    const running = promisify(execFile)(process.execPath, ["run.mjs"], { cwd: folder, env: { PATH: process.env.PATH } });
    running.child.stdin?.end(JSON.stringify(events));
    const answers = JSON.parse((await running).stdout) as Record<string, unknown>[];
    assert.deepEqual(
      answers.map(({ principalId, usageIdentifierKey, error }) => ({ principalId, usageIdentifierKey, error })),
      [
        { principalId: "user-1", usageIdentifierKey: undefined, error: undefined },
        { principalId: undefined, usageIdentifierKey: undefined, error: "Unauthorized" },
        { principalId: "partner", usageIdentifierKey: key, error: undefined },
        { principalId: undefined, usageIdentifierKey: undefined, error: "Unauthorized" },
      ],
    );
  });
});
