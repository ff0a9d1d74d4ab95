import assert from "node:assert/strict";
import type { X509Certificate } from "node:crypto";
import { Role } from "@pulumi/aws/iam/role.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import type * as pulumi from "@pulumi/pulumi";
import { after, before, describe, it } from "mocha";
import { cluster } from "../../../components/mesh/cluster.ts";
import { parseChain } from "../../../components/pki/certificate.ts";
import { AwsSecretsManager } from "../../../components/pki/distribution/aws-secrets-manager.ts";
import { AzureKeyVault } from "../../../components/pki/distribution/azure-key-vault.ts";
import { GoogleSecretManager } from "../../../components/pki/distribution/google-secret-manager.ts";
import { KubernetesSecrets } from "../../../components/pki/distribution/kubernetes-secrets.ts";
import type { ServiceMaterial } from "../../../components/pki/distribution/material.ts";
import { TlsIssuer, type TlsIssuerSettings } from "../../../components/pki/internal/tls-issuer.ts";
import { writes } from "../../simulator/core/journal.ts";
import { changed, Lab, type LabStack, type Run } from "../../support/engine.ts";
import { handshake, type Identity, opensslVerify } from "../../support/tls-peers.ts";

const SERVICES = ["orders", "stock"] as const;
type Service = (typeof SERVICES)[number];

interface Wanted extends Partial<TlsIssuerSettings> {
  readonly keyGeneration?: number;
}

/** Hours; leaves live 2160 and are due in their last third. */
const RENEWED_AFTER = 1500;

const opts = (more: pulumi.CustomResourceOptions = {}) => more;

/** Two services whose identities go to a store of every cloud and to a cluster. */
const program =
  ({ keyGeneration = 1, ...settings }: Wanted = {}) =>
  async () => {
    const issuer = new TlsIssuer("shop", { commonName: "Shop authority", intermediate: {}, ...settings }, opts);
    const group = new ResourceGroup("shop-group", {});
    const inCluster = cluster("shop", {});
    const namespace = new Namespace("shop-services", { metadata: { name: "shop" } }, { provider: inCluster });
    const aws = new AwsSecretsManager("shop", {}, opts);
    const stores = [
      [aws, (service: Service) => roles[service]?.name],
      [
        new AzureKeyVault("shop", { resourceGroupName: group.name, tenantId: "tenant", subscriptionId: "subscription" }, opts),
        (service: Service) => `identity-of-${service}`,
      ],
      [new GoogleSecretManager("shop", { project: "shop-test-1", region: "europe-west3" }, opts), (service: Service) => `${service}@x`],
      [
        new KubernetesSecrets("shop", { namespace: namespace.metadata.name }, (more = {}) => ({ provider: inCluster, ...more })),
        (service: Service) => service,
      ],
    ] as const;
    const roles = Object.fromEntries(
      SERVICES.map((service) => [service, new Role(`shop-${service}-role`, { name: `${service}-role`, assumeRolePolicy: "{}" })]),
    );
    const outputs: Record<string, unknown> = {};
    for (const service of SERVICES) {
      const certificate = issuer.issue(`service-${service}`, {
        commonName: service,
        dnsNames: [`${service}.shop.internal`],
        uris: [`spiffe://shop/${service}`],
        usages: ["server", "client"],
        validityHours: 2160,
        keyGeneration,
      });
      const material: ServiceMaterial = { service, certificate, issuer, allowedCallers: [], pkcs12: true };
      for (const [store, reader] of stores)
        store.deliver(material, typeof reader(service) === "string" ? (reader(service) as string) : `${service}-role`);
      if (service === "orders") aws.importToAcm(service, certificate);
      outputs[service] = { fullchain: certificate.fullchainPem, key: certificate.privateKeyPkcs8Pem, trust: issuer.trustBundlePem };
    }
    return outputs;
  };

type State = Readonly<Record<Service, Identity>>;
const stateOf = (run: Run): State => run.outputs as unknown as State;
const leafOf = ({ fullchain }: Identity): X509Certificate => parseChain(fullchain)[0] as X509Certificate;
const publicKey = (identity: Identity) => leafOf(identity).publicKey.export({ format: "der", type: "spki" }).toString("hex");

/** Services take over what is new one after the other: whoever has changed must understand whoever has not, in both directions. */
async function understandEachOther(states: readonly State[]): Promise<void> {
  for (const left of states)
    for (const right of states) {
      await handshake(left.orders, right.stock, "orders.shop.internal");
      await handshake(right.stock, left.orders, "stock.shop.internal");
    }
}

describe("rotation of internal certificates through the engine", function () {
  this.timeout(120_000);
  let lab: Lab;
  let stack: LabStack;
  let last: State;
  let identities: State;
  before(async () => {
    lab = await Lab.open({ packages: ["tls", "aws", "azure-native", "gcp", "kubernetes"] });
    // So that after a renewal old and new certificates are valid on this machine's clock, too.
    lab.cloud.advance({ hours: -RENEWED_AFTER });
    stack = await lab.stack("rotation", {
      "aws:region": { value: "eu-central-1" },
      "azure-native:location": { value: "westeurope" },
      "gcp:project": { value: "shop-test-1" },
    });
  });
  after(() => lab?.close());

  const step = async (wanted: Wanted = {}): Promise<Run> => {
    const run = await stack.up(program(wanted));
    last = identities;
    identities = stateOf(run);
    deletedOnlyAfterwards(run);
    return run;
  };

  it("issues chains with the intermediate, and nothing changes without a reason", async () => {
    identities = stateOf(await stack.up(program()));
    for (const service of SERVICES) {
      const { fullchain, trust } = identities[service];
      assert.equal(parseChain(fullchain).length, 2);
      assert.equal(await opensslVerify(fullchain, trust, "sslserver", `${service}.shop.internal`), "/leaf.pem: OK");
    }
    await understandEachOther([identities]);
    assert.deepEqual(changed(await step()), []);
  });

  it("lets no service read another one's key", () => {
    const names = (value: unknown) => SERVICES.filter((service) => JSON.stringify(value).includes(service));
    for (const [type, secret, right] of [
      ["aws:iam/rolePolicy:RolePolicy", "policy", "role"],
      ["azure-native:authorization:RoleAssignment", "scope", "principalId"],
      ["gcp:secretmanager/secretIamMember:SecretIamMember", "secretId", "member"],
    ] as const) {
      const bindings = lab.cloud.all(type);
      assert.equal(bindings.length, SERVICES.length, type);
      for (const { inputs } of bindings) {
        assert.equal(names(inputs[secret]).length, 1, `${type} names one secret`);
        assert.deepEqual(names(inputs[secret]), names(inputs[right]), `${type} gives the secret to its own service`);
        assert.ok(!JSON.stringify(inputs[secret]).includes("*"), "no wildcard");
      }
    }
    for (const { inputs } of lab.cloud.all("kubernetes:rbac.authorization.k8s.io/v1:Role")) {
      const [rule] = inputs.rules as { resourceNames: string[]; verbs: string[] }[];
      assert.equal(rule?.resourceNames.length, 1);
      assert.deepEqual(names(rule?.resourceNames), names((inputs.metadata as { name: string }).name));
    }
    const kept = stack.state().filter(({ type }) => /[sS]ecret(Version)?$/.test(type));
    assert.ok(kept.length >= 7, "secrets of four stores");
    assert.ok(!JSON.stringify(stack.state()).includes("PRIVATE KEY"), "no key stands in the open in the state");
  });

  it("renews leaves in their window: the same keys, the same authorities", async () => {
    lab.cloud.advance({ hours: RENEWED_AFTER });
    const run = await step();
    assert.deepEqual(
      changed(run)
        .filter((line) => line.includes(" tls:"))
        .sort(),
      [
        "replace tls:index/locallySignedCert:LocallySignedCert shop-service-orders",
        "replace tls:index/locallySignedCert:LocallySignedCert shop-service-stock",
      ],
    );
    for (const service of SERVICES) {
      assert.notEqual(leafOf(identities[service]).serialNumber, leafOf(last[service]).serialNumber);
      assert.equal(publicKey(identities[service]), publicKey(last[service]));
      assert.equal(identities[service].trust, last[service].trust);
    }
    await understandEachOther([identities, last]);
  });

  it("changes a key by its generation alone", async () => {
    await step({ keyGeneration: 2 });
    for (const service of SERVICES) assert.notEqual(publicKey(identities[service]), publicKey(last[service]));
    await understandEachOther([identities, last]);
  });

  it("changes the intermediate, which nobody has to be told of", async () => {
    await step({ keyGeneration: 2, intermediate: { generation: 2 } });
    for (const service of SERVICES) {
      assert.equal(identities[service].trust, last[service].trust);
      assert.notEqual(parseChain(identities[service].fullchain)[1]?.serialNumber, parseChain(last[service].fullchain)[1]?.serialNumber);
    }
    await understandEachOther([identities, last]);
  });

  it("changes the root in three steps, each of which both sides survive in any order", async () => {
    const settings = { keyGeneration: 2, intermediate: { generation: 2 }, generation: 2 } as const;
    const first = identities;
    await step({ ...settings, rollover: "announce" });
    assert.equal(parseChain(identities.orders.trust).length, 2, "both roots are trusted");
    assert.equal(leafOf(identities.orders).serialNumber, leafOf(first.orders).serialNumber, "nothing is issued anew");
    await understandEachOther([identities, last]);
    await step({ ...settings, rollover: "switch" });
    assert.equal(parseChain(identities.orders.trust).length, 2);
    assert.notEqual(leafOf(identities.orders).serialNumber, leafOf(last.orders).serialNumber);
    await understandEachOther([identities, last]);
    await step({ ...settings, rollover: "finish" });
    assert.equal(parseChain(identities.orders.trust).length, 1);
    assert.equal(leafOf(identities.orders).serialNumber, leafOf(last.orders).serialNumber, "nothing is issued anew");
    await understandEachOther([identities, last]);
    await assert.rejects(handshake(first.orders, identities.stock, "orders.shop.internal"), "the root before is trusted no longer");
  });

  it("leaves nothing behind", async () => {
    await stack.destroy();
    const left = lab.cloud.everything().map(({ type }) => type);
    assert.deepEqual(left, []);
  });
});

/** Whatever is deleted is deleted after the last create and update, and never before something of its type has taken its place. */
function deletedOnlyAfterwards({ journal }: Run): void {
  const all = writes(journal);
  const firstDelete = all.findIndex((line) => line.startsWith("delete "));
  if (firstDelete < 0) return;
  const late = all.slice(firstDelete).filter((line) => !line.startsWith("delete "));
  assert.deepEqual(late, [], `written only after a delete:\n${all.join("\n")}`);
}
