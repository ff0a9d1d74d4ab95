import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { parse } from "yaml";
import { parseChain } from "../../../components/pki/certificate.ts";
import { SecureGateway } from "../../../components/secure-gateway.ts";
import { mergePatch } from "../../../components/spec/overlay.ts";
import { writes } from "../../simulator/core/journal.ts";
import { changed, Lab, type LabStack, type Run } from "../../support/engine.ts";
import { modelOf } from "../../support/plan.ts";
import { handshake } from "../../support/tls-peers.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
/** Hours; services' certificates live 2160 and are due in their last third. */
const RENEWED_AFTER = 1500;
const SERVICES = ["orders", "stock"] as const;

/** What a service reads at each cloud. */
const CLOUDS = {
  aws: {
    readers: ["orders-role", "stock-role"],
    more: {},
    secret: "aws:secretsmanager/secretVersion:SecretVersion",
    value: "secretString",
    replaced: ["aws:secretsmanager/secretVersion:SecretVersion", "tls:index/locallySignedCert:LocallySignedCert"],
  },
  azure: {
    readers: ["11111111-2222-3333-4444-555555555555", "11111111-2222-3333-4444-666666666666"],
    more: {},
    secret: "azure-native:keyvault:Secret",
    value: "value",
    replaced: ["tls:index/locallySignedCert:LocallySignedCert"],
  },
  gcp: {
    readers: ["orders@shop-dev-314159.iam.gserviceaccount.com", "stock@shop-dev-314159.iam.gserviceaccount.com"],
    more: { kubernetes: { namespace: "shop", certificates: "certManager", mesh: {} } },
    secret: "gcp:secretmanager/secretVersion:SecretVersion",
    value: "secretData",
    replaced: ["gcp:secretmanager/secretVersion:SecretVersion", "tls:index/locallySignedCert:LocallySignedCert"],
  },
} as const;
type Name = keyof typeof CLOUDS;

function program(cloud: Name) {
  const { readers, more } = CLOUDS[cloud];
  return async (): Promise<Record<string, unknown>> => {
    const { config } = parse(readFileSync(join(ROOT, "stacks", `Pulumi.${cloud}-dev.yaml`), "utf8")) as { config: Record<string, unknown> };
    const overlay = mergePatch(config["secure-gateway:overlay"], {
      ...(cloud === "gcp" ? { gcp: { run: { deletionProtection: false } } } : {}),
      ...(cloud === "aws" ? { aws: { cloudwatchRole: "create" } } : {}),
      internal: {
        authority: { intermediate: {} },
        services: {
          orders: { names: ["orders.shop.internal"], callers: ["gateway"], reader: readers[0], pkcs12: true },
          stock: { names: ["stock.shop.internal"], callers: ["orders"], reader: readers[1] },
        },
        ...more,
      },
    });
    const model = await modelOf({ file: join(ROOT, String(config["secure-gateway:document"])) }, { overlays: [overlay] });
    return new SecureGateway(model.name, { cloud, model }).outputs();
  };
}

type Files = Readonly<Record<string, string>>;

describe("internal traffic of a gateway on each cloud, through the engine", function () {
  this.timeout(180_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.open();
    // So that after a renewal old and new certificates are valid on this machine's clock, too.
    lab.cloud.advance({ hours: -RENEWED_AFTER });
    await lab.existing("aws:route53/zone:Zone", { name: "dev.shop.example.com" }, { region: "eu-central-1" });
    for (const name of CLOUDS.aws.readers)
      await lab.existing("aws:iam/role:Role", { name, assumeRolePolicy: "{}" }, { region: "eu-central-1" });
    await lab.existing("azure-native:resources:ResourceGroup", { resourceGroupName: "dns" }, { location: "westeurope" });
    await lab.existing("azure-native:dns:Zone", { zoneName: "dev.shop.example.com", resourceGroupName: "dns" }, { location: "westeurope" });
    await lab.existing("gcp:dns/managedZone:ManagedZone", {
      project: "shop-dev-314159",
      name: "dev-shop",
      dnsName: "dev.shop.example.com.",
    });
  });
  after(() => lab?.close());

  const stacks = new Map<Name, LabStack>();
  const delivered = new Map<Name, Record<string, Files>>();

  /** What a service finds in its secret; the newest version. */
  const filesOf = (cloud: Name, service: string): Files => {
    const { secret, value } = CLOUDS[cloud];
    const found = lab.cloud
      .all(secret)
      .filter(({ name }) => name.startsWith(`shop-service-${service}-secret`))
      .sort((left, right) => right.createdAt - left.createdAt)[0];
    const { properties, ...inputs } = found?.inputs ?? {};
    const content = { ...inputs, ...(properties as Record<string, unknown> | undefined) }[value];
    return JSON.parse(String(content)) as Files;
  };
  const identity = (files: Files) => ({
    fullchain: files["tls.crt"] as string,
    key: files["tls.key"] as string,
    trust: files["ca.crt"] as string,
  });

  for (const cloud of Object.keys(CLOUDS) as Name[])
    it(`${cloud}: services find identities that understand each other, and the names of their callers`, async () => {
      const stack = await lab.stack(`internal-${cloud}`, {
        "aws:region": { value: "eu-central-1" },
        "azure-native:location": { value: "westeurope" },
      });
      stacks.set(cloud, stack);
      await stack.up(program(cloud));
      const files = Object.fromEntries(SERVICES.map((service) => [service, filesOf(cloud, service)]));
      delivered.set(cloud, files);
      const [orders, stock] = [files.orders as Files, files.stock as Files];
      assert.equal(orders["allowed-callers"], "spiffe://api.dev.shop.example.com/gateway");
      assert.equal(stock["allowed-callers"], "spiffe://api.dev.shop.example.com/service/orders");
      assert.equal(parseChain(orders["tls.crt"] as string).length, 2, "the intermediate is served");
      assert.ok((orders["tls.p12"] as string).length > 1000 && stock["tls.p12"] === undefined);
      const seen = await handshake(identity(stock), identity(orders), "stock.shop.internal");
      assert.match(seen.client, /URI:spiffe:\/\/api\.dev\.shop\.example\.com\/service\/orders/);
      assert.ok(!JSON.stringify(stack.state()).includes("PRIVATE KEY"));
    });

  for (const cloud of Object.keys(CLOUDS) as Name[])
    it(`${cloud}: a renewal replaces leaves alone, and deletes nothing before everybody has its successor`, async () => {
      if (cloud === "aws") lab.cloud.advance({ hours: RENEWED_AFTER });
      const run = await (stacks.get(cloud) as LabStack).up(program(cloud));
      const lines = changed(run);
      const replaced = lines.filter((line) => !line.startsWith("update "));
      assert.deepEqual(
        [...new Set(replaced.map((line) => line.split(" ").slice(0, 2).join(" ")))].sort(),
        CLOUDS[cloud].replaced.map((type) => `replace ${type}`),
      );
      for (const service of SERVICES)
        assert.ok(lines.includes(`replace tls:index/locallySignedCert:LocallySignedCert shop-service-${service}`));
      assert.ok(!lines.some((line) => /authority|intermediate|-key/.test(line)), lines.join("\n"));
      deletedOnlyAfterwards(run);
      const before = delivered.get(cloud) ?? {};
      for (const service of SERVICES) {
        const [old, renewed] = [identity(before[service] as Files), identity(filesOf(cloud, service))];
        assert.notEqual(renewed.fullchain, old.fullchain);
        assert.deepEqual([renewed.key, renewed.trust], [old.key, old.trust]);
        for (const [server, client] of [
          [old, renewed],
          [renewed, old],
        ] as const)
          await handshake(server, client, `${service}.shop.internal`);
      }
    });
});

function deletedOnlyAfterwards({ journal }: Run): void {
  const all = writes(journal);
  const firstDelete = all.findIndex((line) => line.startsWith("delete "));
  assert.ok(firstDelete > 0, "leaves are replaced");
  assert.deepEqual(
    all.slice(firstDelete).filter((line) => !line.startsWith("delete ")),
    [],
  );
}
