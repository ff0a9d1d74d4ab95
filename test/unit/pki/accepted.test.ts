import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { after, before, describe, it } from "mocha";
import { inspectBundle } from "../../../components/pki/preflight/bundle.ts";
import { inspectChain } from "../../../components/pki/preflight/chain.ts";
import { inspectPinned } from "../../../components/pki/preflight/pinned.ts";
import { type Authorities, authorities } from "./support/broken.ts";
import {
  clientAuth,
  clock,
  crl,
  extension,
  HOST,
  inDays,
  join,
  type Made,
  make,
  NOW,
  nameConstraints,
  serverAuth,
  usage,
} from "./support/workshop.ts";

const openssl = spawnSync("openssl", ["version"]).status === 0;

/** A chain from the leaf up to its root, and the findings it has nevertheless, by rule. */
type Odd = readonly [title: string, chain: (a: Authorities) => Promise<readonly Made[]>, findings?: readonly string[], host?: string];

const listed = [crl("http://ca.example/list.crl")];
const leafOf = (a: Authorities, recipe: Parameters<typeof make>[0] = {}) => make({ dns: [HOST], by: a.issuing, more: listed, ...recipe });
const chainOf = async (a: Authorities, recipe: Parameters<typeof make>[0] = {}) => [await leafOf(a, recipe), a.issuing, a.root];
const under = async (recipe: Parameters<typeof make>[0], a: Authorities, leaf: Parameters<typeof make>[0] = {}) => {
  const authority = await make({ name: "Odd Issuing", by: a.root, ca: 0, ...recipe });
  return [await leafOf(a, { by: authority, ...leaf }), authority, a.root];
};

const SERVER: readonly Odd[] = [
  ["nothing odd", (a) => chainOf(a)],
  ["a wildcard of one label", (a) => chainOf(a, { dns: ["*.shop.example.com"] })],
  ["capitals in the name", (a) => chainOf(a, { dns: ["API.Shop.Example.COM"] })],
  ["the name among a hundred", (a) => chainOf(a, { dns: [...Array.from({ length: 99 }, (_, i) => `h${i}.example.com`), HOST] })],
  ["another common name", (a) => chainOf(a, { name: "Shop, Inc." })],
  ["an international name in its ASCII form", (a) => chainOf(a, { dns: ["xn--bcher-kva.example"] }), [], "xn--bcher-kva.example"],
  ["an international host name asked for as it is written", (a) => chainOf(a, { dns: ["xn--bcher-kva.example"] }), [], "bücher.example"],
  ["an IPv4 address", (a) => chainOf(a, { dns: [], ip: ["192.0.2.7"], name: "gateway" }), [], "192.0.2.7"],
  ["an IPv6 address", (a) => chainOf(a, { dns: [], ip: ["2001:db8::7"], name: "gateway" }), [], "2001:db8::7"],
  ["no extended key usage, which allows every one", (a) => chainOf(a, { usages: null })],
  ["both usages", (a) => chainOf(a, { usages: [clientAuth, serverAuth] })],
  ["no key usage, which allows every one", (a) => chainOf(a, { keyUsage: null })],
  ["no basic constraints in the leaf", (a) => chainOf(a, { bare: true })],
  ["a key usage as RSA leaves have it", (a) => chainOf(a, { keys: "RSA-2048", keyUsage: usage.digitalSignature | usage.keyEncipherment })],
  ["RSA of 3072 bits below ECDSA", (a) => chainOf(a, { keys: "RSA-3072" })],
  ["P-384", (a) => chainOf(a, { keys: "P-384" })],
  ["P-521 below P-256", (a) => chainOf(a, { keys: "P-521" })],
  [
    "a root with a signature by SHA-1, which nobody looks at",
    async (a) => {
      const root = await make({ name: "Old Root", ca: true, hash: "SHA-1" });
      return [await leafOf(a, { by: root }), root];
    },
  ],
  ["a root that signed the leaf itself", async (a) => [await leafOf(a, { by: a.root }), a.root]],
  [
    "four authorities, each allowed",
    async (a) => {
      const one = await make({ name: "One", by: a.root, ca: 2, until: 900 });
      const two = await make({ name: "Two", by: one, ca: 1, until: 800 });
      const three = await make({ name: "Three", by: two, ca: 0, until: 700 });
      return [await leafOf(a, { by: three }), three, two, one, a.root];
    },
  ],
  ["an issuer for servers alone", (a) => under({ usages: [serverAuth] }, a)],
  ["a name its issuer may sign", (a) => under({ more: [nameConstraints("permitted", "example.com")] }, a)],
  ["a name outside what its issuer must not sign", (a) => under({ more: [nameConstraints("excluded", "corp.example")] }, a)],
  ["an extension nobody knows that is not critical", (a) => chainOf(a, { more: [...listed, extension("1.2.3.4.5", "0500")] })],
  ["a certificate for six days without revocation", (a) => chainOf(a, { from: -1, until: 5, more: [] }), ["certificate-ends"]],
  ["an end in three weeks", (a) => chainOf(a, { until: 21 }), ["certificate-ends"]],
  ["no way to learn of a revocation", (a) => chainOf(a, { more: [] }), ["revocation-missing"]],
  ["a revocation list in a directory service", (a) => chainOf(a, { more: [crl("ldap://ca.example/list")] }), ["revocation-address"]],
  ["a leaf that outlives its issuer", (a) => chainOf(a, { until: 600 }), ["outlives-issuer"]],
  ["a leaf for three years", (a) => chainOf(a, { from: -600, until: 400 }), ["lifetime"]],
  [
    "a leaf that asks for a stapled response",
    (a) => chainOf(a, { more: [...listed, extension("1.3.6.1.5.5.7.1.24", "3003020105")] }),
    ["must-staple"],
  ],
  ["an RSA key of 4104 bits", (a) => chainOf(a, { keys: "RSA-4104" }), ["key-slow"]],
  ["a name beside it that covers nothing", (a) => chainOf(a, { dns: [HOST, "https://shop.example.com"] }), ["name-malformed"]],
  ["a host name of the Internet below a private root", (a) => chainOf(a, { dns: ["api.pulumi.dev"] }), ["private-root"], "api.pulumi.dev"],
];

describe("certificates that are odd and nevertheless accepted", () => {
  let shared: Authorities;
  let folder: string;

  before(async () => {
    shared = await authorities();
    folder = mkdtempSync(pathOf(tmpdir(), "preflight-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What OpenSSL makes of the chain at the same time and for the same host. */
  function verify(chain: readonly Made[], host: string, purpose: "sslserver" | "sslclient"): string {
    const [leaf, ...rest] = chain.map(({ pem }) => pem);
    const file = (name: string, text: string | undefined) => {
      const path = pathOf(folder, name);
      writeFileSync(path, text ?? "");
      return path;
    };
    const name = new URL(`https://${host.includes(":") ? `[${host}]` : host}`).hostname.replaceAll(/[[\]]/g, "");
    const check = purpose === "sslclient" ? [] : /^[\d.]+$|:/.test(name) ? ["-verify_ip", name] : ["-verify_hostname", name];
    const given = ["-no-CAfile", "-no-CApath", "-attime", String(NOW.getTime() / 1000), "-purpose", purpose, ...check];
    const between = rest.length < 2 ? [] : ["-untrusted", file("chain.pem", rest.slice(0, -1).join("\n"))];
    const files = ["-CAfile", file("root.pem", rest.at(-1)), ...between, file("leaf.pem", leaf)];
    const { stdout, stderr } = spawnSync("openssl", ["verify", ...given, ...files], { encoding: "utf8" });
    return (stdout + stderr).trim().replace(folder, "");
  }

  for (const [title, make, findings = [], host = HOST] of SERVER)
    it(title, async () => {
      const chain = await make(shared);
      const problems = inspectChain(join(...chain), { now: NOW, windowDays: 3, host });
      assert.deepEqual(
        problems.map(({ rule, severity }) => (severity === "refused" ? `refused: ${rule}` : rule)),
        findings,
      );
      if (openssl) assert.equal(verify(chain, host, "sslserver"), "/leaf.pem: OK");
    });

  it("a chain without its root below a public root, whose cross-signed form ends another", async () => {
    const elder = await make({ name: "Elder", ca: true });
    const root = await make({ name: "Young", ca: true });
    const cross = await make({ name: "Young", ca: true, by: elder, keys: root.keys });
    const leaf = await make({ dns: [HOST], by: root, more: listed });
    const publicRoots = [new X509Certificate(root.pem)];
    for (const chain of [[leaf], [leaf, cross], [leaf, root]])
      assert.deepEqual(inspectChain(join(...chain), { ...clock, host: HOST, publicRoots }), []);
  });

  it("clients: a leaf alone, whose issuer the backend may know, and a self-signed one, with a warning each", async () => {
    const leaf = await leafOf(shared, { usages: [clientAuth] });
    assert.deepEqual(inspectChain(join(leaf, shared.issuing, shared.root), { ...clock, host: undefined }), []);
    if (openssl) assert.equal(verify([leaf, shared.issuing, shared.root], HOST, "sslclient"), "/leaf.pem: OK");
    assert.deepEqual(inspectChain(leaf.pem, { ...clock, host: undefined }), [
      {
        rule: "chain-incomplete",
        severity: "warning",
        message: `the chain ends at "${HOST}", whose issuer "Issuing" is missing`,
        remedy: 'append the certificate of "Issuing", unless the backend trusts it directly',
      },
    ]);
    const alone = await make({ name: "gateway", usages: [clientAuth] });
    assert.deepEqual(
      inspectChain(alone.pem, { ...clock, host: undefined }).map(({ severity, message }) => [severity, message]),
      [["warning", '"gateway" is self-signed: the backend has to know this very certificate']],
    );
  });

  it("authorities: old and new side by side, a pair of them twice, an intermediate alone", async () => {
    const inspect = (...given: readonly Made[]) =>
      inspectBundle(join(...given), { ...clock, usage: "clientAuth", narrowed: false }).map(({ severity, message, remedy }) => [
        severity,
        message,
        remedy,
      ]);
    const { root, issuing, other } = shared;
    const old = await make({ name: "Old", ca: true, from: -900, until: -1 });
    const soon = await make({ name: "Soon", ca: true, from: -900, until: 10 });
    const next = await make({ name: "Next", ca: true, from: 7 });
    assert.deepEqual(inspect(root, issuing, other), []);
    assert.deepEqual(inspect(root, old, soon, next, root), [
      ["info", '"Root" is given more than once', "give it once"],
      ["warning", '"Old" ended on 2026-11-20', "take it out of the list"],
      ["warning", '"Soon" ends on 2026-12-01, in 10 days', "add its successor to the list before that day"],
      ["info", '"Next" is not valid before 2026-11-28', "nothing, when it is there for a coming rotation"],
    ]);
    assert.deepEqual(inspect(issuing), [
      [
        "warning",
        '"Issuing" is an intermediate, and its issuer is not in the list: some verifiers accept nothing below it',
        "add the root it leads to",
      ],
    ]);
  });

  it("pinned: self-signed, of an authority, or signed by one", async () => {
    for (const made of [await make({ name: "core" }), await make({ name: "core", ca: true }), await leafOf(shared)])
      assert.deepEqual(inspectPinned(made.pem, clock), []);
    const { message } = inspectPinned((await make({ name: "core", until: 20 })).pem, clock)[0] ?? {};
    assert.equal(message, `"core" ends on ${inDays(20).toISOString().slice(0, 10)}, in 20 days`);
  });
});
