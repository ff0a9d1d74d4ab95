import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { inspectBundle } from "../../../components/pki/preflight/bundle.ts";
import { inspectChain } from "../../../components/pki/preflight/chain.ts";
import { inspectKey } from "../../../components/pki/preflight/key.ts";
import { inspectPinned } from "../../../components/pki/preflight/pinned.ts";
import type { Problem } from "../../../components/pki/preflight/problem.ts";
import { type Authorities, authorities, type Broken, BUNDLES, CLIENTS, PINNED, SERVER } from "./support/broken.ts";
import { clock, HOST, join, make, privateKeyOf } from "./support/workshop.ts";

const refusals = (problems: readonly Problem[]) =>
  problems.flatMap(({ severity, message, remedy }) => (severity === "refused" ? [`${message}; ${remedy}`] : []));

describe("certificates that are refused, each with its own sentence", () => {
  let shared: Authorities;

  before(async () => {
    shared = await authorities();
  });

  const suite = (title: string, sets: readonly Broken[], inspect: (pem: string) => Problem[]) =>
    describe(title, () => {
      for (const [name, given, sentences] of sets)
        it(name, async () => assert.deepEqual(refusals(inspect(await given(shared))), [...sentences]));
    });

  suite("the front door's", SERVER, (pem) => inspectChain(pem, { ...clock, host: HOST }));
  suite("a client's", CLIENTS, (pem) => inspectChain(pem, { ...clock, host: undefined }));
  suite("authorities of clients", BUNDLES, (pem) => inspectBundle(pem, { ...clock, usage: "clientAuth", narrowed: false }));
  suite("pinned", PINNED, (pem) => inspectPinned(pem, clock));

  it("a public authority as the authority of clients, unless the clients are named", async () => {
    const pem = shared.root.pem;
    const publicRoots = [new (await import("node:crypto")).X509Certificate(pem)];
    const inspect = (narrowed: boolean) => refusals(inspectBundle(pem, { ...clock, usage: "clientAuth", narrowed, publicRoots }));
    assert.deepEqual(inspect(false), [
      '"Root" is a public authority: whoever gets a certificate there would be let in; use an authority of your own, or name the accepted clients in subjectAltNames or certificateHashes',
    ]);
    assert.deepEqual(inspect(true), []);
  });

  describe("for an address", () => {
    const given: readonly (readonly [title: string, dns: readonly string[], ip: readonly string[], sentence: string])[] = [
      [
        "another address",
        [],
        ["192.0.2.8"],
        "the certificate is for 192.0.2.8, not for 192.0.2.7; use a certificate whose subject alternative names cover 192.0.2.7",
      ],
      [
        "the address as a name",
        ["192.0.2.7"],
        [],
        "the certificate is for 192.0.2.7, not for 192.0.2.7; the address stands there as a DNS name, and clients look for an IP address; use a certificate whose subject alternative names cover 192.0.2.7",
      ],
    ];
    for (const [title, dns, ip, sentence] of given)
      it(title, async () => {
        const leaf = await make({ name: "gateway", dns, ip, by: shared.root });
        assert.deepEqual(refusals(inspectChain(join(leaf, shared.root), { ...clock, host: "192.0.2.7" })), [sentence]);
      });
  });

  describe("keys", () => {
    const STORE = "store the key that belongs to the certificate, without a passphrase";
    const frame = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
    const given: readonly (readonly [title: string, secret: () => Promise<string>, sentence: string])[] = [
      ["no key at all", async () => "hunter2", `the secret is not a private key in PEM form; ${STORE}`],
      ["a torn key", async () => frame("PRIVATE KEY"), `the secret is not a private key in PEM form; ${STORE}`],
      ["the certificate", async () => shared.root.pem, `the secret is a certificate, not its private key; ${STORE}`],
      ["the public key", async () => frame("PUBLIC KEY"), `the secret is a public key, not the private one; ${STORE}`],
      [
        "two keys",
        async () => frame("PRIVATE KEY") + frame("PRIVATE KEY"),
        "the secret holds 2 private keys; store the certificate's key alone",
      ],
      [
        "a key under a passphrase",
        async () => frame("ENCRYPTED PRIVATE KEY"),
        "the secret is a private key under a passphrase; store it without one (openssl pkey -in <file>): the stack's configuration encrypts it",
      ],
      [
        "a key under a passphrase, in the old form",
        async () => "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        "the secret is a private key under a passphrase; store it without one (openssl pkey -in <file>): the stack's configuration encrypts it",
      ],
      [
        "another certificate's key",
        () => privateKeyOf(shared.other),
        "the private key does not belong to the certificate; store the key the certificate was issued for",
      ],
      [
        "the issuer's key",
        () => privateKeyOf(shared.issuing),
        'the private key does not belong to the certificate; it is the key of "Issuing"; store the key the certificate was issued for',
      ],
    ];
    for (const [title, secret, sentence] of given)
      it(title, async () => {
        const leaf = await make({ dns: [HOST], by: shared.issuing });
        assert.deepEqual(refusals(inspectKey(await secret(), join(leaf, shared.issuing))), [sentence]);
        assert.deepEqual(inspectKey(await privateKeyOf(leaf), join(leaf, shared.issuing)), []);
      });
  });

  describe("texts that are no certificates", () => {
    const frame = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
    const given: readonly (readonly [title: string, text: () => string, sentence: string])[] = [
      ["nothing", () => "", "holds no PEM certificate; give text with -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----"],
      [
        "a key beside the certificate",
        () => shared.root.pem + frame("EC PRIVATE KEY"),
        "holds a private key; keep keys in the stack's configuration (pulumi config set --secret) and name them with { secret: name }; replace this key, it has been written in the open",
      ],
      [
        "a block without its end",
        () => `${shared.root.pem}\n-----BEGIN CERTIFICATE-----\nAAAA`,
        "holds 2 PEM blocks, of which 1 are whole certificates; give whole certificates only, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
      ],
      [
        "a block of something else",
        () => frame("CERTIFICATE"),
        "certificate 1 of 1 cannot be parsed; give X.509 certificates in PEM form, unchanged as the authority issued them",
      ],
      [
        "a request",
        () => frame("CERTIFICATE REQUEST"),
        "holds a certificate request; give the certificate that the authority made from the request",
      ],
      [
        "OpenSSL's own form",
        () => frame("TRUSTED CERTIFICATE"),
        "holds a certificate in OpenSSL's own TRUSTED form; write it in the common form: openssl x509 -in <file> -out certificate.pem",
      ],
      [
        "a revocation list",
        () => frame("X509 CRL"),
        "holds a certificate revocation list; give the certificates; revocation lists are fetched from where the authority publishes them",
      ],
      ["a public key", () => frame("PUBLIC KEY"), "holds a bare public key; give the certificate that was issued for the key"],
      [
        "PKCS #7",
        () => frame("PKCS7"),
        "holds a PKCS #7 bundle; take the certificates out: openssl pkcs7 -print_certs -in <file> -out fullchain.pem",
      ],
      [
        "DER",
        () => Buffer.from(shared.root.certificate.rawData).toString("utf8"),
        "is a certificate in binary form (DER); write it as PEM: openssl x509 -inform der -in <file> -out certificate.pem",
      ],
      [
        "PKCS #12",
        () => Buffer.from("3082101002010330820fd6", "hex").toString("utf8"),
        "is a PKCS #12 (PFX) file, which holds the private key as well; take the certificates out (openssl pkcs12 -in <file> -nokeys -out fullchain.pem), and store the key as a secret (openssl pkcs12 -in <file> -nocerts -noenc | openssl pkey | npx gateway secret <name> -s <stack>)",
      ],
    ];
    for (const [title, text, sentence] of given)
      it(title, () => {
        for (const problems of [
          inspectChain(text(), { ...clock, host: HOST }),
          inspectBundle(text(), { ...clock, usage: "clientAuth", narrowed: false }),
          inspectPinned(text(), clock),
        ])
          assert.deepEqual(refusals(problems), [sentence]);
      });
  });
});
