import assert from "node:assert/strict";
import fc from "fast-check";
import { before, type Context, describe, it } from "mocha";
import { certManagerManifests } from "../../../components/mesh/cert-manager.ts";
import { type Manifest, meshManifests } from "../../../components/mesh/manifests.ts";
import type { MeshService, MeshSettings } from "../../../components/mesh/settings.ts";
import { PublishedSchemas } from "../../support/published-schemas.ts";
import { isAllowed } from "./authorization.ts";

const INGRESS = { namespace: "istio-ingress", serviceAccount: "istio-ingress", labels: { istio: "ingress" } };

const meshOf = (services: readonly MeshService[], more: Partial<MeshSettings> = {}): MeshSettings => ({
  namespace: "shop",
  trustDomain: "cluster.local",
  systemNamespace: "istio-system",
  ingress: INGRESS,
  hostname: "api.shop.example.com",
  services,
  ...more,
});

const service = (name: string, callers: readonly string[], port = 8443): MeshService => ({
  name,
  serviceAccount: name,
  port,
  hosts: [`${name}.shop.internal`],
  callers,
});

const SHOP = meshOf([
  service("orders", ["gateway"]),
  service("catalog", ["gateway", "orders"]),
  service("stock", ["orders"]),
  service("audit", []),
]);

/** Services in which each calls some of those before it, or the gateway calls it. */
const anyMesh: fc.Arbitrary<MeshSettings> = fc
  .array(fc.record({ callers: fc.array(fc.nat(), { maxLength: 4 }), gateway: fc.boolean(), port: fc.integer({ min: 1, max: 65_535 }) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((drawn) =>
    meshOf(
      drawn.map(({ callers, gateway, port }, index) =>
        service(
          `s${index}`,
          [
            ...new Set([
              ...(gateway ? ["gateway"] : []),
              ...callers.map((n) => `s${n % drawn.length}`).filter((name) => name !== `s${index}`),
            ]),
          ],
          port,
        ),
      ),
    ),
  );

const identity = (settings: MeshSettings, caller: string): string =>
  caller === "gateway" ? "cluster.local/ns/istio-ingress/sa/istio-ingress" : `${settings.trustDomain}/ns/shop/sa/${caller}`;

/** Every call anybody could try, and what becomes of it. */
function everyCall(settings: MeshSettings, manifests: readonly Manifest[]): { caller: string; callee: string; allowed: boolean }[] {
  const callers = ["gateway", ...settings.services.map(({ name }) => name), "stranger"];
  return settings.services.flatMap(({ name, port }) =>
    callers
      .filter((caller) => caller !== name)
      .map((caller) => ({
        caller,
        callee: name,
        allowed: isAllowed(
          manifests,
          { namespace: "shop", labels: { app: name } },
          { principal: identity(settings, caller), host: `${name}.shop.svc.cluster.local`, port },
        ),
      })),
  );
}

describe("the mesh", function () {
  this.timeout(30_000);
  let published: PublishedSchemas | undefined;
  before(async () => {
    published = await PublishedSchemas.load();
  });
  /** Without Go there are no modules to read; what the objects mean is tested all the same. */
  const schemasOr = (context: Context): PublishedSchemas => published ?? context.skip();

  it("knows what Istio and cert-manager publish, and finds what is wrong with an object", function () {
    const schemas = schemasOr(this);
    assert.ok(schemas.kinds.includes("security.istio.io/v1/AuthorizationPolicy"));
    assert.ok(schemas.kinds.includes("cert-manager.io/v1/Certificate"));
    const [strict] = meshManifests(SHOP) as [Manifest];
    assert.deepEqual(schemas.faults(strict), []);
    assert.match(String(schemas.faults({ ...strict, spec: { mtls: { mode: "STRICTER" } } })), /must be equal to one of the allowed values/);
    assert.match(String(schemas.faults({ ...strict, spec: { mutualTls: {} } })), /must NOT have additional properties .*mutualTls/);
  });

  it("is made of objects the published definitions accept, whatever the document", function () {
    const schemas = schemasOr(this);
    fc.assert(
      fc.property(anyMesh, (settings) => {
        for (const manifest of meshManifests(settings))
          if (manifest.kind !== "NetworkPolicy")
            assert.deepEqual(schemas.faults(manifest), [], `${manifest.kind} ${manifest.metadata.name}`);
      }),
      { numRuns: 100 },
    );
    for (const manifest of certManagerManifests({
      namespace: "shop",
      issuer: "shop-authority",
      authoritySecret: "shop-authority",
      certificates: [
        {
          service: "orders",
          dnsNames: ["orders.shop.internal"],
          ipAddresses: ["10.0.0.7"],
          uris: ["spiffe://api.shop.example.com/service/orders"],
          validityHours: 2160,
          renewBeforeHours: 720,
        },
      ],
    }))
      assert.deepEqual(schemas.faults(manifest), []);
  });

  it("lets exactly those in who may call, and denies every call nobody has allowed", () => {
    fc.assert(
      fc.property(anyMesh, (settings) => {
        for (const { caller, callee, allowed } of everyCall(settings, meshManifests(settings))) {
          const may = settings.services.find(({ name }) => name === callee)?.callers.includes(caller);
          assert.equal(allowed, may, `${caller} calls ${callee}`);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("denies a workload nobody has declared, another port, a caller without a certificate and one of another trust domain", () => {
    const manifests = meshManifests(SHOP);
    const orders = { namespace: "shop", labels: { app: "orders" } };
    const call = { principal: identity(SHOP, "gateway"), host: "orders", port: 8443 };
    assert.ok(isAllowed(manifests, orders, call));
    assert.ok(!isAllowed(manifests, orders, { ...call, port: 9090 }));
    assert.ok(!isAllowed(manifests, orders, { ...call, principal: undefined }));
    assert.ok(!isAllowed(manifests, orders, { ...call, principal: "elsewhere.local/ns/istio-ingress/sa/istio-ingress" }));
    assert.ok(!isAllowed(manifests, { namespace: "shop", labels: { app: "forgotten" } }, call));
  });

  it("would be open without the policy that allows nothing: the reader sees the difference", () => {
    const open = meshManifests(SHOP).filter(({ metadata }) => metadata.name !== "allow-nothing");
    const [first] = everyCall(SHOP, open).filter(({ callee, caller }) => callee === "audit" && caller === "stranger");
    assert.equal(first?.allowed, true);
  });

  it("opens the way in to the gateway's certificate alone, and to hosts it may call", () => {
    const manifests = meshManifests(SHOP);
    const ingress = { namespace: INGRESS.namespace, labels: INGRESS.labels };
    const call = { principal: "api.shop.example.com/gateway", host: "orders.shop.internal", port: 8443 };
    assert.ok(isAllowed(manifests, ingress, call));
    assert.ok(isAllowed(manifests, ingress, { ...call, host: "catalog.shop.internal:8443" }));
    assert.ok(!isAllowed(manifests, ingress, { ...call, host: "stock.shop.internal" }), "stock is for orders, not for the gateway");
    assert.ok(!isAllowed(manifests, ingress, { ...call, principal: "api.shop.example.com/service/orders" }));
    assert.ok(!isAllowed(manifests, ingress, { ...call, principal: undefined }));
    const gateway = manifests.find(({ kind }) => kind === "Gateway");
    assert.deepEqual((gateway as Manifest).spec?.servers, [
      {
        port: { number: 443, name: "https", protocol: "HTTPS" },
        hosts: ["orders.shop.internal", "catalog.shop.internal"],
        tls: { mode: "MUTUAL", credentialName: "gateway-ingress", minProtocolVersion: "TLSV1_2" },
      },
    ]);
    const routed = manifests.filter(({ kind }) => kind === "VirtualService").flatMap(({ spec }) => spec?.hosts as string[]);
    assert.deepEqual(routed, ["orders.shop.internal", "catalog.shop.internal"]);
  });

  it("has no way in where the gateway calls nobody", () => {
    const kinds = meshManifests(meshOf([service("stock", [])])).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["PeerAuthentication", "AuthorizationPolicy", "NetworkPolicy", "DestinationRule"]);
  });
});
