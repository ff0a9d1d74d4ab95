import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, before, describe, it } from "mocha";
import { amazonMayIssue, delegated, publicDns } from "../../../components/backends/aws/dns.ts";
import { matchingKey } from "../../../components/pki/matching-key.ts";
import { selfSigned, TestAuthority, type TestKeyPair } from "../../support/live/certificates.ts";
import { planOf, refusalsOf } from "../../support/plan.ts";
import { EDGE, text } from "./documents.ts";

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY + 3_600_000);
const day = (date: Date) => date.toISOString().slice(0, 10);

const imported = (fullchain: string, more: object = {}) =>
  text(EDGE, { tls: { certificate: { source: "imported", fullchain, privateKey: { secret: "front-key" } } }, ...more });

describe("AWS imported certificates", () => {
  let root: TestAuthority;
  let intermediate: TestAuthority;
  const names = { dnsNames: ["api.shop.example.com"] };
  const PATH = "tls.certificate.fullchain";

  before(async () => {
    root = await TestAuthority.create("Shop Root");
    intermediate = await root.intermediate("Shop Issuing");
  });

  it("are taken whole", async () => {
    const pair = await intermediate.issue({ ...names, notAfter: inDays(90) });
    const plan = await planOf("aws", imported(`${pair.chain}\n${root.root}`));
    const certificate = plan.resources.find(({ name }) => name === "shop-certificate")?.inputs ?? {};
    // Leaf and intermediates apart, as ACM wants them; the root is not served.
    assert.equal(String(certificate.certificateBody).trim(), pair.certificate.trim());
    assert.equal(String(certificate.certificateChain).match(/BEGIN CERTIFICATE/g)?.length, 1);
    assert.equal(certificate.privateKey, "[secret]");
  });

  const refused: Record<string, [() => Promise<string>, () => string[]]> = {
    "without their intermediate": [
      async () => (await intermediate.issue({ ...names, notAfter: inDays(90) })).certificate,
      () => [
        `${PATH}: the chain ends at "api.shop.example.com", whose issuer "Shop Issuing" is missing; append the certificate of "Shop Issuing"`,
      ],
    ],
    "in the wrong order": [
      async () => {
        const { chain, certificate } = await intermediate.issue({ ...names, notAfter: inDays(90) });
        return `${certificate}\n${root.root}\n${chain.slice(certificate.length)}`;
      },
      () => [
        `${PATH}: certificate 2, "Shop Root", did not sign "api.shop.example.com"; certificate 3 did; put the certificates in order: each is signed by the next`,
      ],
    ],
    "for another host": [
      async () => `${(await root.issue({ dnsNames: ["www.shop.example.com"], notAfter: inDays(90) })).chain}\n${root.root}`,
      () => [
        `${PATH}: the certificate is for www.shop.example.com, not for api.shop.example.com; use a certificate whose subject alternative names cover api.shop.example.com`,
      ],
    ],
    "that have ended": [
      async () => `${(await root.issue({ ...names, notBefore: inDays(-60), notAfter: inDays(-3) })).chain}\n${root.root}`,
      () => [`${PATH}: "api.shop.example.com" ended on ${day(inDays(-3))}; replace it by a current certificate`],
    ],
    "that end within the alarm's window": [
      async () => `${(await root.issue({ ...names, notAfter: inDays(5) })).chain}\n${root.root}`,
      () => [
        `${PATH}: "api.shop.example.com" ends on ${day(inDays(5))}, in 5 days; replace it by a current certificate; 14 days or more must be left`,
      ],
    ],
    "that are for clients": [
      async () => `${(await root.issue({ ...names, usages: ["client"], notAfter: inDays(90) })).chain}\n${root.root}`,
      () => [`${PATH}: the certificate is for clientAuth, not for serverAuth; have it issued with the extended key usage serverAuth`],
    ],
  };
  for (const [what, [fullchain, expected]] of Object.entries(refused))
    it(`${what} are refused`, async () => assert.deepEqual(await refusalsOf("aws", imported(await fullchain())), expected()));

  it("warn a month before their end", async () => {
    const pair = await root.issue({ ...names, notAfter: inDays(20) });
    const { findings } = await planOf("aws", imported(`${pair.chain}\n${root.root}`));
    assert.deepEqual(
      findings.filter(({ id }) => id === "certificate-ends").map(({ message }) => message),
      [`"api.shop.example.com" ends on ${day(inDays(20))}, in 20 days`],
    );
  });

  it("are refused with another certificate's key, or with none", async () => {
    const [one, other]: TestKeyPair[] = [await selfSigned(names), await selfSigned(names)] as const;
    const checked = (key: string) =>
      new Promise<string>((resolve, reject) =>
        (matchingKey(pulumi.secret(key), one?.chain ?? "", "tls.certificate.privateKey") as unknown as { promise(): Promise<string> })
          .promise()
          .then(resolve, reject),
      );
    assert.equal(await checked(one?.privateKey ?? ""), one?.privateKey);
    await assert.rejects(checked(other?.privateKey ?? ""), {
      message:
        "tls.certificate.privateKey: the private key does not belong to the certificate; store the key the certificate was issued for",
    });
    await assert.rejects(checked("not a key"), {
      message:
        "tls.certificate.privateKey: the secret is not a private key in PEM form; store the key that belongs to the certificate, without a passphrase",
    });
  });
});

describe("AWS managed certificates: CAA", () => {
  const { resolveCaa } = publicDns;
  afterEach(() => {
    publicDns.resolveCaa = resolveCaa;
  });
  const zone = (records: Record<string, string[]>) => {
    publicDns.resolveCaa = (async (name: string) => {
      const issue = records[name];
      if (issue === undefined) throw Object.assign(new Error("ENODATA"), { code: "ENODATA" });
      return issue.map((value) => ({ critical: 0, issue: value }));
    }) as typeof resolveCaa;
  };

  before(() => pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "test", "test", false));

  it("may be issued where no record forbids it, or one allows Amazon", async () => {
    for (const records of [
      {},
      { "example.com": ["amazon.com"] },
      { "shop.example.com": ["letsencrypt.org", "amazonaws.com; policy=ev"] },
    ]) {
      zone(records as Record<string, string[]>);
      assert.equal(await amazonMayIssue("api.shop.example.com"), "api.shop.example.com");
    }
  });

  it("are refused before they are asked for where the closest record names somebody else", async () => {
    zone({ "shop.example.com": ["letsencrypt.org"], "example.com": ["amazon.com"] });
    await assert.rejects(amazonMayIssue("api.shop.example.com"), {
      message:
        'tls.certificate: the CAA record of shop.example.com lets only letsencrypt.org issue certificates; add shop.example.com CAA 0 issue "amazon.com", or use another certificate source',
    });
    zone({ "api.shop.example.com": [";"] });
    await assert.rejects(amazonMayIssue("api.shop.example.com"), /lets only nobody issue certificates/);
  });
});

describe("AWS zones: delegation", () => {
  const { resolveNs } = publicDns;
  afterEach(() => {
    publicDns.resolveNs = resolveNs;
  });
  const servers = (...names: string[]) => {
    publicDns.resolveNs = (async () => names) as typeof resolveNs;
  };
  const own = ["ns-1.awsdns-01.org.", "ns-2.awsdns-02.com"];

  before(() => pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "test", "test", false));

  it("is fine where the world asks the zone's own servers, or DNS does not answer", async () => {
    servers("NS-2.awsdns-02.com");
    await delegated("shop.example.com", own);
    servers();
    await delegated("shop.example.com", own);
    publicDns.resolveNs = (async () => {
      throw new Error("ETIMEOUT");
    }) as typeof resolveNs;
    await delegated("shop.example.com", own);
  });

  it("is refused where the world asks others, as no record written in the zone would be seen", async () => {
    servers("ns1.registrar.example");
    await assert.rejects(delegated("shop.example.com", own), {
      message:
        "dns.zone: shop.example.com is delegated to ns1.registrar.example, not to the hosted zone's ns-1.awsdns-01.org, ns-2.awsdns-02.com; correct the NS records at the registrar, or name the zone that is in use",
    });
  });
});
