import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { clientAuth, crl, extension, HOST, issuerAddress, join, type Made, make, nameConstraints, serverAuth, usage } from "./workshop.ts";

/** The authorities most sets share. */
export interface Authorities {
  readonly root: Made;
  readonly issuing: Made;
  readonly other: Made;
}

export async function authorities(): Promise<Authorities> {
  const root = await make({ name: "Root", ca: true });
  return { root, issuing: await make({ name: "Issuing", by: root, ca: 0, until: 500 }), other: await make({ name: "Other", ca: true }) };
}

/** A broken set: what is given, and every sentence of the refusal. */
export type Broken = readonly [title: string, given: (a: Authorities) => Promise<string>, sentences: readonly string[]];

const good = { dns: [HOST] };
const leafOf = (a: Authorities, recipe: Parameters<typeof make>[0] = {}) => make({ ...good, by: a.issuing, ...recipe });
const chainOf = async (a: Authorities, recipe: Parameters<typeof make>[0] = {}) => join(await leafOf(a, recipe), a.issuing, a.root);
const under = async (recipe: Parameters<typeof make>[0], a: Authorities) => {
  const authority = await make({ name: "Bad Issuing", by: a.root, ca: 0, ...recipe });
  return join(await make({ ...good, by: authority }), authority, a.root);
};
const foreign = (kind: string, options?: object): Buffer => {
  const generate = generateKeyPairSync as unknown as (kind: string, options?: object) => { readonly publicKey: KeyObject };
  return generate(kind, options).publicKey.export({ type: "spki", format: "der" });
};

const names = (what: string, more = "") =>
  `the certificate is for ${what}, not for ${HOST}${more}; use a certificate whose subject alternative names cover ${HOST}`;
const STRONG = "have it issued for a key of RSA with 2048 bits or more, or ECDSA on P-256";
const CURRENT = "replace it by a current certificate";

export const SERVER: readonly Broken[] = [
  [
    "an issuer that is missing",
    async (a) => join(await leafOf(a)),
    [`the chain ends at "${HOST}", whose issuer "Issuing" is missing; append the certificate of "Issuing"`],
  ],
  [
    "an issuer that is missing and published",
    async (a) => join(await leafOf(a, { more: [issuerAddress("http://ca.example/issuing.crt")] })),
    [
      `the chain ends at "${HOST}", whose issuer "Issuing" is missing; append the certificate of "Issuing", published at http://ca.example/issuing.crt`,
    ],
  ],
  [
    "a private root that is missing",
    async (a) => join(await leafOf(a), a.issuing),
    ['the chain ends at "Issuing", whose issuer "Root" is missing; append the certificate of "Root"'],
  ],
  [
    "a hole in the middle",
    async (a) => join(await leafOf(a), a.root),
    [`the chain ends at "${HOST}", whose issuer "Issuing" is missing; append the certificate of "Issuing"`],
  ],
  [
    "issuers in the wrong order",
    async (a) => join(await leafOf(a), a.root, a.issuing),
    [`certificate 2, "Root", did not sign "${HOST}"; certificate 3 did; put the certificates in order: each is signed by the next`],
  ],
  [
    "the chain upside down",
    async (a) => join(a.root, a.issuing, await leafOf(a)),
    [
      "the first certificate, \"Root\", is an authority's; the leaf is certificate 3; put the leaf first, then the intermediates from the leaf's issuer upwards",
    ],
  ],
  [
    "authorities without a leaf",
    async (a) => join(a.issuing, a.root),
    [
      `the first certificate, "Issuing", is an authority's; give the certificate that was issued for ${HOST} first, then the intermediates from its issuer upwards`,
    ],
  ],
  [
    "an authority of another chain",
    async (a) => join(await chainOf(a), a.other),
    [`certificate 4, "Other", is not part of the chain of "${HOST}"; leave it out`],
  ],
  [
    "a second leaf",
    async (a) => join(await chainOf(a), await leafOf(a, { dns: ["www.shop.example.com"] })),
    [`certificate 4, "www.shop.example.com", is not part of the chain of "${HOST}"; leave it out`],
  ],
  [
    "the leaf twice",
    async (a) => {
      const leaf = await leafOf(a);
      return join(leaf, leaf, a.issuing, a.root);
    },
    [`certificate 2, "${HOST}", is certificate 1 again; give each certificate once`],
  ],
  [
    "an issuer twice",
    async (a) => join(await leafOf(a), a.issuing, a.issuing, a.root),
    ['certificate 3, "Issuing", is certificate 2 again; give each certificate once'],
  ],
  [
    "an issuer of the right name with another key",
    async (a) => join(await leafOf(a), await make({ name: "Issuing", by: a.root, ca: 0 }), a.root),
    [
      `"Issuing" is given with another key than the one that signed "${HOST}"; replace it by the certificate of "Issuing" that signed "${HOST}"`,
    ],
  ],
  [
    "a leaf that is self-signed",
    async () => join(await make(good)),
    [
      `"${HOST}" is self-signed: no authority vouches for it, and clients refuse it; use a certificate from an authority (source: managed or acme get one), or source: internal, whose authority clients can be given`,
    ],
  ],
  [
    "a leaf that is self-signed and an authority, as `openssl req -x509` makes it",
    async () => join(await make({ ...good, name: "dev", ca: true })),
    [
      '"dev" is self-signed: no authority vouches for it, and clients refuse it; use a certificate from an authority (source: managed or acme get one), or source: internal, whose authority clients can be given',
    ],
  ],
  ["another name", (a) => chainOf(a, { dns: ["www.shop.example.com"] }), [names("www.shop.example.com")]],
  [
    "a wildcard for one label less",
    (a) => chainOf(a, { dns: ["*.example.com"] }),
    [names("*.example.com", "; the * of *.example.com stands for one label only")],
  ],
  [
    "a wildcard below the name",
    (a) => chainOf(a, { dns: [`*.${HOST}`] }),
    [names(`*.${HOST}`, `; *.${HOST} does not cover ${HOST} itself`)],
  ],
  ["a * that is not the whole label", (a) => chainOf(a, { dns: ["ap*.shop.example.com"] }), [names("ap*.shop.example.com")]],
  ["a * in the middle", (a) => chainOf(a, { dns: ["api.*.example.com"] }), [names("api.*.example.com")]],
  ["an address where a name belongs", (a) => chainOf(a, { dns: [`https://${HOST}`] }), [names(`https://${HOST}`)]],
  ["a port after the name", (a) => chainOf(a, { dns: [`${HOST}:443`] }), [names(`${HOST}:443`)]],
  ["an IP address only", (a) => chainOf(a, { dns: [], ip: ["192.0.2.7"] }), [names("192.0.2.7")]],
  [
    "a common name only",
    (a) => chainOf(a, { dns: [], name: HOST }),
    [
      `the certificate has no subject alternative name; clients do not look at its common name, "${HOST}"; have it issued with the subject alternative name DNS:${HOST}`,
    ],
  ],
  ["a time that is over", (a) => chainOf(a, { from: -90, until: -3 }), [`"${HOST}" ended on 2026-11-18; ${CURRENT}`]],
  ["a time to come", (a) => chainOf(a, { from: 2 }), [`"${HOST}" is not valid before 2026-11-23; wait, or ${CURRENT}`]],
  [
    "an end within the window",
    (a) => chainOf(a, { until: 5 }),
    [`"${HOST}" ends on 2026-11-26, in 5 days; ${CURRENT}; 14 days or more must be left`],
  ],
  [
    "an end tomorrow",
    (a) => chainOf(a, { until: 1 }),
    [`"${HOST}" ends on 2026-11-22, in 1 day; ${CURRENT}; 14 days or more must be left`],
  ],
  [
    "an end before its beginning",
    (a) => chainOf(a, { from: 20, until: 10 }),
    [`"${HOST}" ends on 2026-12-01, before it begins on 2026-12-11; have it issued anew, with dates in order`],
  ],
  ["an issuer that has ended", (a) => under({ from: -90, until: -1 }, a), [`"Bad Issuing" ended on 2026-11-20; ${CURRENT}`]],
  ["an issuer of tomorrow", (a) => under({ from: 1 }, a), [`"Bad Issuing" is not valid before 2026-11-22; wait, or ${CURRENT}`]],
  [
    "a root that has ended",
    async () => {
      const root = await make({ name: "Old Root", ca: true, from: -900, until: -1 });
      return join(await make({ ...good, by: root }), root);
    },
    [`"Old Root" ended on 2026-11-20; ${CURRENT}`],
  ],
  ["RSA of 1024 bits", (a) => chainOf(a, { keys: "RSA-1024" }), [`"${HOST}" has an RSA key of 1024 bits; ${STRONG}`]],
  ["an issuer with RSA of 1024 bits", (a) => under({ keys: "RSA-1024" }, a), [`"Bad Issuing" has an RSA key of 1024 bits; ${STRONG}`]],
  [
    "the curve of Bitcoin",
    (a) => chainOf(a, { foreignKey: foreign("ec", { namedCurve: "secp256k1" }) }),
    [`"${HOST}" has a key on the curve secp256k1; TLS peers take P-256, P-384, P-521; ${STRONG}`],
  ],
  [
    "a curve of Brainpool",
    (a) => chainOf(a, { foreignKey: foreign("ec", { namedCurve: "brainpoolP256r1" }) }),
    [`"${HOST}" has a key on the curve brainpoolP256r1; TLS peers take P-256, P-384, P-521; ${STRONG}`],
  ],
  [
    "Ed25519",
    (a) => chainOf(a, { keys: "Ed25519" }),
    [`"${HOST}" has a key of the type ed25519, which browsers and proxies do not take; ${STRONG}`],
  ],
  [
    "a key for RSA-PSS only",
    (a) => chainOf(a, { foreignKey: foreign("rsa-pss", { modulusLength: 2048 }) }),
    [`"${HOST}" has a key of the type rsa-pss, which browsers and proxies do not take; ${STRONG}`],
  ],
  [
    "a key for agreement only",
    (a) => chainOf(a, { foreignKey: foreign("x25519") }),
    [`"${HOST}" has a key of the type x25519, which browsers and proxies do not take; ${STRONG}`],
  ],
  [
    "a signature with SHA-1",
    (a) => chainOf(a, { hash: "SHA-1" }),
    [`"${HOST}" is signed with ecdsa-with-SHA1, which can be forged; have it issued anew, signed with SHA-256`],
  ],
  [
    "an RSA signature with SHA-1",
    async () => {
      const root = await make({ name: "RSA Root", ca: true, keys: "RSA-2048-SHA1" });
      return join(await make({ ...good, by: root, hash: "SHA-1" }), root);
    },
    [`"${HOST}" is signed with sha1WithRSAEncryption, which can be forged; have it issued anew, signed with SHA-256`],
  ],
  [
    "an issuer signed with SHA-1",
    (a) => under({ hash: "SHA-1" }, a),
    ['"Bad Issuing" is signed with ecdsa-with-SHA1, which can be forged; have it issued anew, signed with SHA-256'],
  ],
  [
    "the usage of clients",
    (a) => chainOf(a, { usages: [clientAuth] }),
    ["the certificate is for clientAuth, not for serverAuth; have it issued with the extended key usage serverAuth"],
  ],
  [
    "the usage of programs and mail",
    (a) => chainOf(a, { usages: ["1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4"] }),
    ["the certificate is for codeSigning, emailProtection, not for serverAuth; have it issued with the extended key usage serverAuth"],
  ],
  [
    "any usage, but not this one by name",
    (a) => chainOf(a, { usages: ["2.5.29.37.0"] }),
    ["the certificate is for anyExtendedKeyUsage, not for serverAuth; have it issued with the extended key usage serverAuth"],
  ],
  [
    "an issuer for clients",
    (a) => under({ usages: [clientAuth] }, a),
    ['the authority "Bad Issuing" may sign for clientAuth only, not for serverAuth; use a certificate from an authority for serverAuth'],
  ],
  [
    "a key that may not sign",
    (a) => chainOf(a, { keyUsage: usage.keyEncipherment }),
    [
      `the key of "${HOST}" may be used for keyEncipherment only, and TLS needs it to sign; have it issued with the key usage digitalSignature`,
    ],
  ],
  [
    "an issuer that is no authority",
    (a) => under({ ca: false, usages: null }, a),
    [
      '"Bad Issuing" is no authority\'s certificate: its basic constraints do not say CA; give the certificate of the authority, with CA:TRUE in its basic constraints',
    ],
  ],
  [
    "an issuer without basic constraints",
    (a) => under({ bare: true }, a),
    [
      '"Bad Issuing" is no authority\'s certificate: its basic constraints do not say CA; give the certificate of the authority, with CA:TRUE in its basic constraints',
    ],
  ],
  [
    "an issuer whose key may not sign certificates",
    (a) => under({ keyUsage: usage.digitalSignature | usage.cRLSign }, a),
    [
      'the key of the authority "Bad Issuing" may not sign certificates: its key usage is crlSign, digitalSignature; have the authority\'s certificate issued with the key usage keyCertSign',
    ],
  ],
  [
    "more authorities than the upper one allows",
    async (a) => {
      const lower = await make({ name: "Lower", by: a.issuing, ca: 0, until: 400 });
      return join(await make({ ...good, by: lower }), lower, a.issuing, a.root);
    },
    [
      '"Issuing" allows 0 authorities below it, and 1 follow; have the leaf issued by an authority that is allowed to, or the upper one with a larger path length',
    ],
  ],
  [
    "a name its issuer may not sign",
    (a) => under({ more: [nameConstraints("permitted", "corp.example")] }, a),
    [`"Bad Issuing" may sign names below corp.example only, not ${HOST}; have ${HOST} issued by an authority that may sign it`],
  ],
  [
    "a name its issuer must not sign",
    (a) => under({ more: [nameConstraints("excluded", "shop.example.com")] }, a),
    [`"Bad Issuing" must not sign names below shop.example.com, such as ${HOST}; have ${HOST} issued by an authority that may sign it`],
  ],
  [
    "a critical extension nobody knows",
    (a) => chainOf(a, { more: [extension("1.2.3.4.5", "0500", true)] }),
    [
      `"${HOST}" has the critical extension 1.2.3.4.5, which clients do not know and therefore refuse; have it issued without the extension, or with one that is not critical`,
    ],
  ],
  [
    "an issuer with a critical extension nobody knows",
    (a) => under({ more: [extension("1.2.3.4.5", "0500", true)] }, a),
    [
      '"Bad Issuing" has the critical extension 1.2.3.4.5, which clients do not know and therefore refuse; have it issued without the extension, or with one that is not critical',
    ],
  ],
  [
    "a precertificate",
    (a) => chainOf(a, { more: [extension("1.3.6.1.4.1.11129.2.4.3", "0500", true)] }),
    [`"${HOST}" is a precertificate, made for transparency logs only; give the certificate itself`],
  ],
  [
    "a revocation list address that is no sequence",
    (a) => chainOf(a, { more: [extension("2.5.29.31", "0101ff")] }),
    [`"${HOST}" has an extension that is not what its standard says; have it issued anew; strict clients refuse it`],
  ],
  [
    "several things wrong at once",
    (a) => chainOf(a, { dns: ["old.example.com"], from: -90, until: -3, usages: [clientAuth], more: [crl("http://ca.example/crl")] }),
    [
      names("old.example.com"),
      "the certificate is for clientAuth, not for serverAuth; have it issued with the extended key usage serverAuth",
      `"old.example.com" ended on 2026-11-18; ${CURRENT}`,
    ],
  ],
];

export const BUNDLES: readonly Broken[] = [
  [
    "a leaf",
    async (a) => join(await make({ dns: ["client.example.com"], by: a.root, usages: [clientAuth] })),
    [
      '"client.example.com" is no authority\'s certificate: its basic constraints do not say CA; give the certificate of the authority, with CA:TRUE in its basic constraints',
    ],
  ],
  [
    "a leaf among authorities",
    async (a) => join(a.root, await make({ dns: ["client.example.com"], by: a.root, usages: [clientAuth] })),
    [
      '"client.example.com" is no authority\'s certificate: its basic constraints do not say CA; give the certificate of the authority, with CA:TRUE in its basic constraints',
    ],
  ],
  [
    "only an authority that has ended",
    async () => join(await make({ name: "Old", ca: true, from: -900, until: -1 })),
    [`"Old" ended on 2026-11-20; ${CURRENT}`],
  ],
  [
    "only an authority of next week",
    async () => join(await make({ name: "New", ca: true, from: 7 })),
    [`"New" is not valid before 2026-11-28; wait, or ${CURRENT}`],
  ],
  [
    "an authority with RSA of 1024 bits",
    async () => join(await make({ name: "Weak", ca: true, keys: "RSA-1024" })),
    [`"Weak" has an RSA key of 1024 bits; ${STRONG}`],
  ],
  [
    "an authority whose key may not sign certificates",
    async () => join(await make({ name: "Signs", ca: true, keyUsage: usage.digitalSignature })),
    [
      'the key of the authority "Signs" may not sign certificates: its key usage is digitalSignature; have the authority\'s certificate issued with the key usage keyCertSign',
    ],
  ],
  [
    "an authority for servers",
    async () => join(await make({ name: "Servers", ca: true, usages: [serverAuth] })),
    ['the authority "Servers" may sign for serverAuth only, not for clientAuth; use a certificate from an authority for clientAuth'],
  ],
  [
    "an intermediate signed with SHA-1",
    async (a) => join(a.root, await make({ name: "Shaky", by: a.root, ca: 0, hash: "SHA-1" })),
    ['"Shaky" is signed with ecdsa-with-SHA1, which can be forged; have it issued anew, signed with SHA-256'],
  ],
];

export const PINNED: readonly Broken[] = [
  [
    "a certificate that has ended",
    async () => join(await make({ dns: ["core.corp.example"], from: -90, until: -1 })),
    [`"core.corp.example" ended on 2026-11-20; ${CURRENT}`],
  ],
  [
    "a certificate of next week",
    async () => join(await make({ dns: ["core.corp.example"], from: 7 })),
    [`"core.corp.example" is not valid before 2026-11-28; wait, or ${CURRENT}`],
  ],
  [
    "RSA of 1024 bits",
    async () => join(await make({ dns: ["core.corp.example"], keys: "RSA-1024" })),
    [`"core.corp.example" has an RSA key of 1024 bits; ${STRONG}`],
  ],
  [
    "a client's certificate",
    async () => join(await make({ dns: ["core.corp.example"], usages: [clientAuth] })),
    ["the certificate is for clientAuth, not for serverAuth; have it issued with the extended key usage serverAuth"],
  ],
];

export const CLIENTS: readonly Broken[] = [
  [
    "a server's certificate",
    (a) => chainOf(a),
    ["the certificate is for serverAuth, not for clientAuth; have it issued with the extended key usage clientAuth"],
  ],
  ["a time that is over", (a) => chainOf(a, { usages: [clientAuth], from: -90, until: -3 }), [`"${HOST}" ended on 2026-11-18; ${CURRENT}`]],
  [
    "issuers in the wrong order",
    async (a) => join(await leafOf(a, { usages: [clientAuth] }), a.root, a.issuing),
    [`certificate 2, "Root", did not sign "${HOST}"; certificate 3 did; put the certificates in order: each is signed by the next`],
  ],
  [
    "an authority's own certificate",
    async (a) => join(a.issuing, a.root),
    [
      'the first certificate, "Issuing", is an authority\'s; give the certificate that was issued for the client first, then the intermediates from its issuer upwards',
    ],
  ],
];
