import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { describe, it } from "mocha";
import { parseChain } from "../../../components/pki/certificate.ts";
import { InternalAuthority } from "../../../components/pki/internal/internal-authority.ts";
import type { LeafRequest } from "../../../components/pki/internal/issuer.ts";
import { TlsIssuer, type TlsIssuerSettings } from "../../../components/pki/internal/tls-issuer.ts";
import { withRealCertificates } from "../../support/real-certificates.ts";
import { opensslVerify } from "../../support/tls-peers.ts";

const opts = (more: pulumi.CustomResourceOptions = {}) => more;

const LEAF: LeafRequest = { commonName: "orders", dnsNames: ["orders.shop.internal"], usages: ["server"], validityHours: 2160 };

/** What is said about settings and a request that contradict each other. */
async function refusal(settings: Partial<TlsIssuerSettings>, request: Partial<LeafRequest> = {}): Promise<string> {
  try {
    await withRealCertificates<string>(() => {
      const issuer = new TlsIssuer("shop", { commonName: "Shop", ...settings }, opts);
      return { chain: issuer.issue("orders", { ...LEAF, ...request }).fullchainPem };
    });
  } catch (error) {
    assert.ok(error instanceof pulumi.RunError, String(error));
    return error.message;
  }
  return "";
}

describe("settings of internal certificates", function () {
  this.timeout(20_000);

  for (const [what, settings, request, message] of [
    [
      "a renewal that is due at once",
      {},
      { earlyRenewalHours: 2160 },
      '"earlyRenewalHours" of the certificate "orders" is 2160 and its "validityHours" 2160: it would be due as soon as it is issued, and every deployment would replace it; give less than 2160',
    ],
    ["no validity", {}, { validityHours: 0 }, '"validityHours" of the certificate "orders" is 0; give a whole number of hours, 1 or more'],
    [
      "a renewal in the past",
      {},
      { earlyRenewalHours: -1 },
      '"earlyRenewalHours" of the certificate "orders" is -1; give a whole number of hours, 0 or more',
    ],
    [
      "a leaf that would outlive its root",
      { validityHours: 4000, earlyRenewalHours: 1000 },
      {},
      '"earlyRenewalHours" of the root is 1000 and "validityHours" of the certificate "orders" 2160: what is issued just before the renewal would outlive its issuer; give the root an "earlyRenewalHours" of 2160 or more',
    ],
    [
      "an intermediate that would outlive its root",
      { validityHours: 20_000, earlyRenewalHours: 5000, intermediate: { validityHours: 9000 } },
      {},
      '"earlyRenewalHours" of the root is 5000 and "validityHours" of the intermediate 9000: what is issued just before the renewal would outlive its issuer; give the root an "earlyRenewalHours" of 9000 or more',
    ],
    [
      "a root announced before the first",
      { rollover: "announce" },
      {},
      '"rollover" is announce and "generation" 1: there is no root before the first; raise "generation" to 2 to announce another one',
    ],
    [
      "half a generation",
      { generation: 1.5 },
      {},
      "the generation of the root is 1.5; give a whole number from 1 to 1000000, and raise it by one for a new key",
    ],
    [
      "a server without a name",
      {},
      { dnsNames: [], uris: ["spiffe://shop/orders"] },
      'The certificate "orders": a server is found by its names; give "dnsNames" or "ipAddresses"',
    ],
    [
      "nobody",
      {},
      { dnsNames: [], usages: ["client"] },
      'The certificate "orders": it has no subject alternative name, and nobody looks at common names; give "dnsNames", "ipAddresses" or "uris"',
    ],
    [
      "a star in the middle",
      {},
      { dnsNames: ["orders.*.internal"] },
      'The certificate "orders": "orders.*.internal" in "dnsNames" is no host name; give one in lower case, whose first label alone may be *',
    ],
    ["a long common name", {}, { commonName: "o".repeat(65) }, 'The certificate "orders": "commonName" has 65 characters; give 1 to 64'],
  ] as const)
    it(`refuse ${what}`, async () => assert.equal(await refusal(settings, request as Partial<LeafRequest>), message));

  it("have both roots trusted while one follows the other, and one after that", async () => {
    const bundle = (rollover: "announce" | "switch" | "finish") => async () => {
      const { values, made } = await withRealCertificates<string>(() => {
        const issuer = new TlsIssuer("shop", { commonName: "Shop", generation: 3, rollover }, opts);
        const { fullchainPem } = issuer.issue("orders", LEAF);
        return { trust: issuer.trustBundlePem, chain: fullchainPem };
      });
      assert.equal(await opensslVerify(values.chain as string, values.trust as string, "sslserver"), "/leaf.pem: OK");
      return {
        trusted: parseChain(values.trust as string).map(({ subject }) => subject),
        signer: parseChain(values.chain as string)[0]?.issuer,
        keys: made.filter(({ type }) => type === "tls:index/privateKey:PrivateKey").map(({ name }) => name),
      };
    };
    const [two, three] = ["CN=Shop 2", "CN=Shop 3"];
    const keys = ["shop-authority-key-g3", "shop-authority-key-g2", "shop-orders-key"];
    assert.deepEqual(await bundle("announce")(), { trusted: [two, three], signer: two, keys });
    assert.deepEqual(await bundle("switch")(), { trusted: [three, two], signer: three, keys });
    assert.deepEqual(await bundle("finish")(), { trusted: [three], signer: three, keys: ["shop-authority-key-g3", "shop-orders-key"] });
  });

  it("are those of a component, too, whoever signs", async () => {
    for (const args of [{ type: "stack", commonName: "Shop", intermediate: {} } as const, { type: "local", commonName: "Shop" } as const]) {
      const { values, made } = await withRealCertificates<string>(() => {
        const authority = new InternalAuthority("shop", args);
        return { chain: authority.issue("orders", LEAF).fullchainPem, trust: authority.trustBundlePem };
      });
      assert.equal(
        await opensslVerify(values.chain as string, values.trust as string, "sslserver", "orders.shop.internal"),
        "/leaf.pem: OK",
      );
      assert.equal(made[0]?.type, "secure-gateway:pki:InternalAuthority");
    }
  });
});
