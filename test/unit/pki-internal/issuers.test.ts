import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import { describe, it } from "mocha";
import { CertificateAuthority } from "../../../components/backends/local/resources.ts";
import { parseChain } from "../../../components/pki/certificate.ts";
import { AwsPrivateCaIssuer } from "../../../components/pki/internal/aws-private-ca.ts";
import { GoogleCaServiceIssuer } from "../../../components/pki/internal/google-ca-service.ts";
import type { CertificateIssuer, LeafRequest } from "../../../components/pki/internal/issuer.ts";
import { LocalIssuer } from "../../../components/pki/internal/local-issuer.ts";
import { TlsIssuer } from "../../../components/pki/internal/tls-issuer.ts";
import { cloudAuthority, withRealCertificates } from "../../support/real-certificates.ts";
import { handshake, opensslVerify } from "../../support/tls-peers.ts";

const opts = (more: pulumi.CustomResourceOptions = {}) => more;

const ISSUERS: Readonly<Record<string, { readonly make: () => CertificateIssuer; readonly intermediates: number }>> = {
  "the tls provider, root alone": { make: () => new TlsIssuer("shop", { commonName: "Shop" }, opts), intermediates: 0 },
  "the tls provider with an intermediate": {
    make: () => new TlsIssuer("shop", { commonName: "Shop", intermediate: {} }, opts),
    intermediates: 1,
  },
  "the tls provider with RSA authorities": {
    make: () => new TlsIssuer("shop", { commonName: "Shop", key: { algorithm: "RSA", bits: 2048 }, intermediate: {} }, opts),
    intermediates: 1,
  },
  "the local plugin": {
    make: () => new LocalIssuer("shop", new CertificateAuthority("ca", { commonName: "Shop" }), opts),
    intermediates: 0,
  },
  "AWS Private CA": {
    make: () =>
      new AwsPrivateCaIssuer(
        "shop",
        { arn: "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555" },
        opts,
      ),
    intermediates: 1,
  },
  "Google's CA Service": {
    make: () => new GoogleCaServiceIssuer("shop", { project: "p", location: "europe-west3", pool: "internal", authority: "one" }, opts),
    intermediates: 1,
  },
};

const REQUEST: LeafRequest = {
  commonName: "orders",
  dnsNames: ["orders.shop.internal", "*.orders.shop.internal"],
  ipAddresses: ["10.0.0.7"],
  uris: ["spiffe://api.shop.example.com/service/orders"],
  usages: ["server", "client"],
  validityHours: 2160,
};

describe("issuers of internal certificates", function () {
  this.timeout(60_000);
  for (const [name, { make, intermediates }] of Object.entries(ISSUERS))
    it(`${name}: a chain that openssl and a handshake accept, with its names, usages and validity`, async () => {
      const authority = await cloudAuthority("Cloud");
      const { values } = await withRealCertificates<string>(() => {
        const issuer = make();
        const both = issuer.issue("orders", REQUEST);
        const client = issuer.issue("stock", { ...REQUEST, commonName: "stock", dnsNames: ["stock.shop.internal"], usages: ["client"] });
        const server = issuer.issue("front", { ...REQUEST, commonName: "front", usages: ["server"] });
        return {
          chain: both.fullchainPem,
          leaf: both.certificatePem,
          key: both.privateKeyPkcs8Pem,
          rest: both.intermediatesPem,
          root: both.rootPem,
          notAfter: both.notAfter,
          trust: issuer.trustBundlePem,
          clientChain: client.fullchainPem,
          clientKey: client.privateKeyPem,
          serverChain: server.fullchainPem,
        };
      }, authority);
      const of = (key: string) => values[key] as string;
      const leaf = new X509Certificate(of("leaf"));
      assert.deepEqual((leaf.subjectAltName ?? "").split(", ").sort(), [
        "DNS:*.orders.shop.internal",
        "DNS:orders.shop.internal",
        "IP Address:10.0.0.7",
        "URI:spiffe://api.shop.example.com/service/orders",
      ]);
      assert.deepEqual([...((leaf.keyUsage ?? []) as string[])].sort(), ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
      assert.equal(leaf.ca, false);
      assert.equal(leaf.validToDate.getTime(), Math.floor(Date.parse(of("notAfter")) / 1000) * 1000);
      const hours = (leaf.validToDate.getTime() - Date.now()) / 3_600_000;
      assert.ok(Math.abs(hours - 2160) < 1, `valid for ${hours} hours`);
      const chain = parseChain(of("chain"));
      assert.equal(chain.length, 1 + intermediates, "the leaf and every intermediate are served");
      assert.equal(parseChain(of("rest")).length, intermediates);
      assert.equal(chain[0]?.serialNumber, leaf.serialNumber);
      assert.equal(parseChain(of("trust")).length, 1);
      assert.equal(parseChain(of("root"))[0]?.fingerprint256, parseChain(of("trust"))[0]?.fingerprint256);
      assert.ok(parseChain(of("trust"))[0]?.ca);
      for (const purpose of ["sslserver", "sslclient"] as const)
        assert.equal(await opensslVerify(of("chain"), of("trust"), purpose, "orders.shop.internal"), "/leaf.pem: OK");
      await assert.rejects(opensslVerify(of("clientChain"), of("trust"), "sslserver"), /unsuitable certificate purpose/);
      await assert.rejects(opensslVerify(of("serverChain"), of("trust"), "sslclient"), /unsuitable certificate purpose/);
      const trust = of("trust");
      const server = { fullchain: of("chain"), key: of("key"), trust };
      const client = { fullchain: of("clientChain"), key: of("clientKey"), trust };
      const seen = await handshake(server, client, "orders.shop.internal");
      assert.equal(seen.served[0], "orders");
      assert.match(seen.client, /DNS:stock\.shop\.internal/);
      await assert.rejects(handshake(server, client, "elsewhere.shop.internal"), /altnames|does not match/i);
    });

  it("AWS Private CA: an authority is asked in its own region", async () => {
    const { made } = await withRealCertificates<string>(
      () => ({ leaf: (ISSUERS["AWS Private CA"] as (typeof ISSUERS)[string]).make().issue("orders", REQUEST).certificatePem }),
      await cloudAuthority("Cloud"),
    );
    assert.deepEqual(
      made.filter(({ type }) => type.startsWith("aws:acmpca/")).map(({ inputs }) => inputs.region),
      ["eu-central-1"],
    );
  });
});
