import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { writes } from "../../simulator/core/journal.ts";
import { changed, counts, Lab, type LabStack, type Run } from "../../support/engine.ts";
import { TestAuthority } from "../../support/live/certificates.ts";
import { gateway, REGION, stackDocument } from "./support.ts";

const PLANS = join(import.meta.dirname, "..", "..", "golden", "aws", "plans", "in");

/** Positions of writes in the order in which they began. */
function order(run: Run, ...writesWanted: string[]): void {
  const done = writes(run.journal);
  const places = writesWanted.map((wanted) => done.indexOf(wanted));
  writesWanted.forEach((wanted, index) => {
    assert.notEqual(places[index], -1, `${wanted} was not written; written:\n${done.join("\n")}`);
    if (index > 0) assert.ok((places[index - 1] as number) < (places[index] as number), `${wanted} came before ${writesWanted[index - 1]}`);
  });
}

describe("AWS through the engine", function () {
  this.timeout(180_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.open();
    await lab.existing("aws:route53/zone:Zone", { name: "shop.example.com" }, { region: "eu-central-1" });
  });
  after(() => lab?.close());

  describe("behind CloudFront, with everything on", () => {
    let stack: LabStack;
    let resources = 0;
    const { document, overlay } = stackDocument("aws-prod");

    it("creates everything, each thing after what it needs", async () => {
      stack = await lab.stack("aws-prod", REGION);
      const run = await stack.up(gateway(document, overlay));
      resources = counts(run).create ?? 0;
      assert.ok(resources > 60, `${resources} resources`);
      assert.deepEqual(Object.keys(counts(run)), ["create"]);
      order(
        run,
        "create aws:acm/certificateValidation:CertificateValidation shop-certificate-issued",
        "create aws:apigateway/domainName:DomainName shop-domain",
      );
      order(
        run,
        "create aws:iam/role:Role shop-cloudwatch-role",
        "create aws:apigateway/account:Account shop-account",
        "create aws:apigateway/stage:Stage shop-stage",
      );
      order(
        run,
        "create aws:iam/rolePolicy:RolePolicy shop-authorizer-rights",
        "create aws:lambda/function:Function shop-authorizer",
        "create aws:apigateway/restApi:RestApi shop-api",
        "create aws:apigateway/deployment:Deployment shop-deployment",
        "create aws:apigateway/stage:Stage shop-stage",
        "create aws:apigateway/usagePlan:UsagePlan shop-plan-gold",
        "create aws:apigateway/usagePlanKey:UsagePlanKey shop-key-acme-mobile-1-member",
        "create aws:apigateway/basePathMapping:BasePathMapping shop-mapping",
      );
      order(
        run,
        "create aws:apigateway/stage:Stage shop-stage",
        "create aws:wafv2/webAclAssociation:WebAclAssociation shop-firewall-association",
        "create aws:apigateway/basePathMapping:BasePathMapping shop-mapping",
      );
    });

    it("gives back what every cloud gives back, keys as secrets", async () => {
      const run = await stack.up(gateway(document, overlay));
      const { url, hostname, dnsRecords, certificate } = run.outputs;
      const consumers = run.outputs.consumers as Record<string, string>;
      assert.equal(url, "https://api.shop.example.com");
      assert.equal(hostname, "api.shop.example.com");
      assert.deepEqual(dnsRecords, []);
      assert.deepEqual(Object.keys(consumers), ["acme-mobile", "corner-store"]);
      for (const key of Object.values(consumers)) assert.match(String(key), /^[0-9a-f]{64}$/);
      assert.notEqual(consumers["acme-mobile"], consumers["corner-store"]);
      assert.equal((certificate as { issuer: string }).issuer, "Amazon");
      assert.ok(run.secretOutputs.includes("consumers"));
    });

    it("changes nothing when nothing changed", async () => {
      const run = await stack.up(gateway(document, overlay));
      assert.deepEqual(counts(run), { same: resources });
      assert.deepEqual(writes(run.journal), []);
    });

    it("keeps every key out of the state file", async () => {
      const run = await stack.up(gateway(document, overlay));
      const state = JSON.stringify(stack.state());
      for (const key of Object.values(run.outputs.consumers as Record<string, string>)) assert.ok(!state.includes(key));
    });

    it("redeploys on a route change, with the authorizer that belongs to it, and touches nothing else", async () => {
      const { overlay: changedOverlay } = stackDocument("aws-prod", {
        routes: { stores: { path: "/stores", methods: ["GET"], backend: "catalog", public: true } },
      });
      const run = await stack.up(gateway(document, changedOverlay));
      assert.deepEqual(changed(run).sort(), [
        "replace aws:apigateway/deployment:Deployment shop-deployment",
        "update aws:apigateway/restApi:RestApi shop-api",
        "update aws:apigateway/stage:Stage shop-stage",
        "update aws:lambda/function:Function shop-authorizer",
      ]);
      order(
        run,
        "update aws:lambda/function:Function shop-authorizer",
        "update aws:apigateway/restApi:RestApi shop-api",
        "create aws:apigateway/deployment:Deployment shop-deployment",
        "update aws:apigateway/stage:Stage shop-stage",
        "delete aws:apigateway/deployment:Deployment shop-deployment",
      );
    });

    it("issues a new key without taking the old one away", async () => {
      const before = (await stack.up(gateway(document, overlay))).outputs.consumers as Record<string, string>;
      const { overlay: rotating } = stackDocument("aws-prod", {
        consumers: { "acme-mobile": { keyGeneration: 2, keepPreviousKey: true } },
      });
      const run = await stack.up(gateway(document, rotating));
      const now = run.outputs.consumers as Record<string, string>;
      assert.notEqual(now["acme-mobile"], before["acme-mobile"]);
      assert.equal(now["corner-store"], before["corner-store"]);
      assert.ok(!writes(run.journal).some((write) => write.startsWith("delete aws:apigateway/apiKey")));
      const values = lab.cloud.all("aws:apigateway/apiKey:ApiKey").map(({ inputs }) => inputs.value);
      assert.ok(values.includes(before["acme-mobile"]) && values.includes(now["acme-mobile"]));
    });

    it("destroys everything and leaves the zone", async () => {
      const run = await stack.destroy();
      assert.deepEqual(Object.keys(counts(run)), ["delete"]);
      assert.deepEqual(
        lab.cloud.everything().map(({ type }) => type),
        ["aws:route53/zone:Zone"],
      );
    });
  });

  describe("with backends on premises", () => {
    let stack: LabStack;
    const { document, overlay } = stackDocument("aws-onprem", { aws: { cloudwatchRole: "create" } });
    const body = () => JSON.parse(String(lab.cloud.all("aws:apigateway/restApi:RestApi")[0]?.inputs.body)) as Record<string, unknown>;
    const linkIds = () => lab.cloud.all("aws:apigatewayv2/vpcLink:VpcLink").map(({ id }) => id);

    it("creates the bridge before the API that uses it", async () => {
      stack = await lab.stack("aws-onprem", REGION);
      const run = await stack.up(gateway(document, overlay));
      order(
        run,
        "create aws:lb/loadBalancer:LoadBalancer shop-balancer",
        "create aws:lb/listener:Listener shop-listener-443",
        "create aws:lb/listenerRule:ListenerRule shop-orders-rule",
      );
      order(run, "create aws:apigatewayv2/vpcLink:VpcLink shop-link", "create aws:apigateway/restApi:RestApi shop-api");
      const bridge = run.outputs.bridge as { backends: { name: string; via: string; addresses: string[] }[] };
      assert.deepEqual(
        bridge.backends.map(({ name, addresses, via }) => ({ name, addresses, via })),
        [
          { name: "catalog", addresses: ["10.20.0.20"], via: "VPC link, Application Load Balancer, a site-to-site VPN" },
          { name: "orders", addresses: ["10.20.0.10", "10.20.0.11"], via: "VPC link, Application Load Balancer, a site-to-site VPN" },
        ],
      );
      assert.deepEqual(counts(await stack.up(gateway(document, overlay))), { same: counts(run).create });
    });

    it("keeps the resource policy when routes change", async () => {
      const policy = body()["x-amazon-apigateway-policy"];
      assert.deepEqual(
        (policy as { Statement: { Effect: string; Condition?: unknown }[] }).Statement.map(({ Effect, Condition }) => [Effect, Condition]),
        [
          ["Allow", undefined],
          ["Deny", { IpAddress: { "aws:SourceIp": ["198.51.100.0/24"] } }],
        ],
      );
      const patch = { routes: { stores: { path: "/stores", methods: ["GET"], backend: "catalog", public: true } } };
      const run = await stack.up(gateway(document, stackDocument("aws-onprem", { aws: { cloudwatchRole: "create" }, ...patch }).overlay));
      assert.ok(changed(run).includes("update aws:apigateway/restApi:RestApi shop-api"));
      assert.ok("/stores" in (body().paths as object));
      assert.deepEqual(body()["x-amazon-apigateway-policy"], policy);
    });

    it("redeploys when only the policy changes", async () => {
      const patch = { aws: { cloudwatchRole: "create" }, access: { denyCidrs: ["203.0.113.0/24"] } };
      const run = await stack.up(gateway(document, stackDocument("aws-onprem", patch).overlay));
      assert.ok(changed(run).includes("replace aws:apigateway/deployment:Deployment shop-deployment"));
      await stack.up(gateway(document, overlay));
    });

    it("replaces the VPC link and the load balancer only after their successors serve", async () => {
      const [before] = linkIds();
      const subnets = ["subnet-0123456789abcdef0", "subnet-00000000000000002"];
      const run = await stack.up(
        gateway(document, stackDocument("aws-onprem", { aws: { cloudwatchRole: "create", network: { subnetIds: subnets } } }).overlay),
      );
      order(
        run,
        "create aws:apigatewayv2/vpcLink:VpcLink shop-link",
        "update aws:apigateway/restApi:RestApi shop-api",
        "update aws:apigateway/stage:Stage shop-stage",
        "delete aws:apigatewayv2/vpcLink:VpcLink shop-link",
      );
      assert.equal(linkIds().length, 1);
      assert.notEqual(linkIds()[0], before);
      assert.ok(JSON.stringify(body()).includes(`"connectionId":"${linkIds()[0]}"`));
    });

    it("closes again what somebody opened by hand", async () => {
      await stack.up(gateway(document, overlay));
      lab.change("aws:apigateway/restApi:RestApi", "shop-api", { disableExecuteApiEndpoint: false });
      lab.change("aws:apigateway/domainName:DomainName", "shop-domain", { securityPolicy: "TLS_1_0" });
      await stack.refresh();
      const run = await stack.up(gateway(document, overlay));
      assert.deepEqual(changed(run).sort(), [
        "update aws:apigateway/domainName:DomainName shop-domain",
        "update aws:apigateway/restApi:RestApi shop-api",
      ]);
      assert.equal(lab.cloud.all("aws:apigateway/restApi:RestApi")[0]?.inputs.disableExecuteApiEndpoint, true);
      assert.equal(
        lab.cloud.all("aws:apigateway/domainName:DomainName")[0]?.inputs.securityPolicy,
        "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
      );
    });

    it("destroys everything, each thing before what it needs", async () => {
      const run = await stack.destroy();
      order(
        run,
        "delete aws:apigateway/basePathMapping:BasePathMapping shop-mapping",
        "delete aws:apigateway/domainName:DomainName shop-domain",
        "delete aws:acm/certificate:Certificate shop-certificate",
      );
      order(
        run,
        "delete aws:apigateway/stage:Stage shop-stage",
        "delete aws:apigateway/deployment:Deployment shop-deployment",
        "delete aws:apigateway/restApi:RestApi shop-api",
        "delete aws:apigatewayv2/vpcLink:VpcLink shop-link",
      );
      order(run, "delete aws:apigateway/restApi:RestApi shop-api", "delete aws:lb/loadBalancer:LoadBalancer shop-balancer");
      assert.deepEqual(
        lab.cloud.everything().map(({ type }) => type),
        ["aws:route53/zone:Zone"],
      );
    });
  });

  describe("renewal of the certificate", () => {
    const base = { aws: { cloudwatchRole: "create" } };
    const unchanged = (run: Run) => {
      assert.ok(!writes(run.journal).some((write) => /domainName|basePathMapping/.test(write)), writes(run.journal).join("\n"));
    };

    it("imports a renewed certificate under the same ARN, without touching the domain", async () => {
      const authority = await TestAuthority.create();
      const issue = () => authority.issue({ dnsNames: ["api.shop.example.com"], notAfter: new Date(Date.now() + 90 * 86_400_000) });
      const [first, second] = [await issue(), await issue()];
      const stack = await lab.stack("imported", REGION);
      const up = (pair: Awaited<ReturnType<typeof issue>>, key = pair.privateKey) => {
        const tls = {
          certificate: { source: "imported", fullchain: `${pair.chain}\n${authority.root}`, privateKey: { secret: "front-key" } },
        };
        const { document, overlay } = stackDocument("aws-onprem", { ...base, tls });
        return stack.tryUp(gateway(document, overlay), { config: { "secure-gateway:front-key": { value: key, secret: true } } });
      };
      assert.equal((await up(first)).error, undefined);
      const renewed = await up(second);
      assert.deepEqual(changed(renewed), ["update aws:acm/certificate:Certificate shop-certificate"]);
      unchanged(renewed);
      const wrong = await up(second, first.privateKey);
      // Refused while the engine still plans: nothing was written.
      assert.deepEqual(writes(wrong.journal), []);
      assert.match(
        String(wrong.error),
        /tls\.certificate\.privateKey: the private key does not belong to the certificate; store the key the certificate was issued for/,
      );
      assert.doesNotMatch(String(wrong.error), /\bat .*\.ts:|node:internal/);
      await stack.destroy();
    });

    it("renews a certificate of its own authority in the last third of its life", async () => {
      const stack = await lab.stack("internal", REGION);
      const { document, overlay } = stackDocument("aws-onprem", {
        ...base,
        tls: { certificate: { source: "internal", validity: "2160h" } },
      });
      await stack.up(gateway(document, overlay));
      lab.cloud.advance({ days: 61 });
      const run = await stack.up(gateway(document, overlay));
      assert.deepEqual(changed(run), [
        "replace tls:index/locallySignedCert:LocallySignedCert shop-front",
        "update aws:acm/certificate:Certificate shop-certificate",
      ]);
      unchanged(run);
      await stack.destroy();
    });
  });

  it("runs an HTTP API from start to end, redeployed when a route changes", async () => {
    const document = { file: join(PLANS, "http-api.yaml") };
    const stack = await lab.stack("http", REGION);
    const first = await stack.up(gateway(document));
    order(
      first,
      "create aws:apigatewayv2/api:Api shop-api",
      "create aws:apigatewayv2/deployment:Deployment shop-deployment",
      "create aws:apigatewayv2/stage:Stage shop-stage",
      "create aws:apigatewayv2/apiMapping:ApiMapping shop-mapping",
    );
    assert.deepEqual(counts(await stack.up(gateway(document))), { same: counts(first).create });
    const run = await stack.up(gateway(document, { routes: { orders: { methods: ["GET"] } } }));
    assert.deepEqual(changed(run).sort(), [
      "replace aws:apigatewayv2/deployment:Deployment shop-deployment",
      "update aws:apigatewayv2/api:Api shop-api",
      "update aws:apigatewayv2/stage:Stage shop-stage",
    ]);
    await stack.destroy();
  });

  it("says which zone is missing, without a stack trace", async () => {
    const { document, overlay } = stackDocument("aws-prod", { hostname: "api.elsewhere.example", dns: { zone: "elsewhere.example" } });
    const run = await (await lab.stack("nozone", REGION)).tryPreview(gateway(document, overlay));
    assert.match(
      String(run.error),
      /dns\.zone: there is no one public hosted zone "elsewhere\.example" in this account .*; create it, name another one, or leave dns\.zone out and create the records elsewhere/,
    );
    assert.doesNotMatch(run.diagnostics.join("\n"), /\n\s+at /);
  });
});
