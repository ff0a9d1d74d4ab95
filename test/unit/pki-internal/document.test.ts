import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { PlannedResource } from "../../../automation/plan/recorder.ts";
import type { Cloud } from "../../../components/backends/contract.ts";
import { judge } from "../../../components/backends/judge.ts";
import { formatFault } from "../../../components/spec/faults.ts";
import { modelOf, planOf } from "../../support/plan.ts";

const READERS = {
  aws: { orders: "orders-role", stock: "stock-role" },
  azure: { orders: "11111111-2222-3333-4444-555555555555", stock: "11111111-2222-3333-4444-666666666666" },
  gcp: { orders: "orders@shop-test-1.iam.gserviceaccount.com", stock: "stock@shop-test-1.iam.gserviceaccount.com" },
} as const;

/** What Google Cloud asks of the gateway in front, which is not what is tested here. */
const FRONT = { gcp: { gcp: { project: "shop-test-1", region: "europe-west3" } } } as const;

const document = (internal: unknown, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    name: "shop",
    hostname: "api.shop.example.com",
    backends: { orders: { url: "https://orders.shop.example.com", tls: { clientCertificate: "internal" } } },
    routes: { list: { path: "/orders", methods: ["GET"], backend: "orders", public: true } },
    internal,
    ...more,
  });

const services = (cloud: keyof typeof READERS) => ({
  orders: { names: ["orders.shop.internal"], callers: ["gateway"], reader: READERS[cloud].orders },
  stock: { names: ["stock.shop.internal", "10.0.0.9"], callers: ["orders"], reader: READERS[cloud].stock },
});

const faultsOf = async (internal: unknown): Promise<string[]> => {
  try {
    await modelOf(document(internal));
    return [];
  } catch (error) {
    return (error as { faults: readonly { path: string; message: string; remedy: string }[] }).faults.map(
      ({ path, message, remedy }) => `${path}: ${message}; ${remedy}`,
    );
  }
};

const one = { orders: { names: ["orders.shop.internal"], callers: ["gateway"] } };

describe("internal traffic in the document", function () {
  this.timeout(60_000);

  for (const [what, internal, expected] of [
    [
      "a root announced before the first",
      { services: one, authority: { rollover: "announce" } },
      "internal.authority.rollover: there is no root before the first that could sign meanwhile; raise generation to 2 to announce another root, or leave rollover out",
    ],
    [
      "a renewal that is always due",
      { services: one, certificates: { validity: "720h", renewBefore: "720h" } },
      'internal.certificates.renewBefore: "720h" is not shorter than the validity "720h": every deployment would replace every certificate; give less than internal.certificates.validity, a third of it for example',
    ],
    [
      "a caller nobody has declared",
      { services: { orders: { names: ["orders.shop.internal"], callers: ["gatway"] } } },
      'internal.services.orders.callers[0]: there is no service "gatway"; did you mean "gateway"?',
    ],
    [
      "a service that calls itself",
      { services: { orders: { names: ["orders.shop.internal"], callers: ["orders"] } } },
      "internal.services.orders.callers[0]: a service need not be allowed to call itself; remove it",
    ],
    [
      "a service called like the gateway",
      { services: { Gateway: { names: ["orders.shop.internal"] } } },
      'internal.services.Gateway: "gateway" is the gateway itself; give the service another name',
    ],
    [
      "a name that is none",
      { services: { orders: { names: ["Orders Internal"], callers: ["gateway"] } } },
      'internal.services.orders.names[0]: "Orders Internal" is not a host name; give a DNS name in lower case, or an IP address',
    ],
    [
      "an intermediate of somebody else's authority",
      {
        services: one,
        authority: {
          intermediate: {},
          issuer: {
            type: "awsPrivateCa",
            arn: "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555",
          },
        },
      },
      'internal.authority.intermediate: "intermediate" is about a root of the stack\'s own, and "awsPrivateCa" has its own roots; remove it; the change to another authority goes by issuer.alsoTrusted',
    ],
  ] as const)
    it(`refuses ${what}`, async () => assert.deepEqual(await faultsOf(internal), [expected]));

  for (const [what, cloud, internal, expected] of [
    [
      "a key nobody could read",
      "aws",
      { services: one },
      "internal.services.orders: its key would be read by nobody; name its reader, the name of an IAM role; or say under internal.kubernetes how it gets its certificate",
    ],
    [
      "a reader of another cloud",
      "gcp",
      { services: { orders: { names: ["orders.shop.internal"], callers: ["gateway"], reader: "orders-role" } } },
      'internal.services.orders.reader: "orders-role" is nobody on gcp; give the e-mail of a service account',
    ],
    [
      "an import into another cloud's service",
      "azure",
      {
        services: { orders: { names: ["orders.shop.internal"], callers: ["gateway"], reader: READERS.azure.orders, importToAcm: true } },
      },
      "internal.services.orders.importToAcm: AWS Certificate Manager is there on aws only, and this stack runs on azure; remove it",
    ],
    [
      "an authority of another cloud",
      "aws",
      {
        services: services("aws"),
        authority: { issuer: { type: "googleCaService", pool: "projects/p/locations/l/caPools/c", authority: "one" } },
      },
      'internal.authority.issuer.type: "googleCaService" signs for gcp only, and this stack runs on aws; use the issuer stack',
    ],
    [
      "hours of AWS Private CA that are no days",
      "aws",
      {
        services: services("aws"),
        certificates: { validity: "100h", renewBefore: "30h" },
        authority: {
          issuer: {
            type: "awsPrivateCa",
            arn: "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555",
          },
        },
      },
      "internal.certificates.validity: 100h are no whole days, and AWS Private CA counts in days; give a multiple of 24h",
    ],
    [
      "cert-manager below an authority that hands none out",
      "gcp",
      {
        services: services("gcp"),
        authority: { issuer: { type: "googleCaService", pool: "projects/p/locations/l/caPools/c", authority: "one" } },
        kubernetes: { namespace: "shop", certificates: "certManager" },
      },
      'internal.kubernetes.certificates: cert-manager needs an authority of its own, and "googleCaService" hands none out; use the issuer stack, or certificates: secrets',
    ],
    [
      "two services Kubernetes could not tell apart",
      "gcp",
      {
        services: {
          order_book: { names: ["a.shop.internal"], callers: ["gateway"], reader: READERS.gcp.orders },
          "order-book": { names: ["b.shop.internal"], callers: ["gateway"], reader: READERS.gcp.stock },
        },
      },
      'internal.services.order_book: is "order-book" where names have neither capitals nor underscores; rename one of the two',
    ],
  ] as const)
    it(`${cloud} refuses ${what}`, async () => {
      const { faults } = judge(cloud as Cloud, await modelOf(document(internal)));
      assert.deepEqual(
        faults.map(formatFault).filter((fault) => fault.startsWith("internal.")),
        [expected],
      );
    });

  it("gives every service on Google Cloud a secret of its own and one right on it", async () => {
    const { resources } = await planOf("gcp", document({ services: services("gcp") }, FRONT.gcp));
    const rights = resources.filter(
      ({ type, name }) => type === "gcp:secretmanager/secretIamMember:SecretIamMember" && name.includes("-service-"),
    );
    assert.deepEqual(
      rights.map(({ inputs }) => [inputs.secretId, inputs.member, inputs.role]),
      (["orders", "stock"] as const).map((service) => [
        `shop-service-${service}`,
        `serviceAccount:${READERS.gcp[service]}`,
        "roles/secretmanager.secretAccessor",
      ]),
    );
    assert.deepEqual(leaves(resources), [
      ["shop-client", 2160, 720],
      ["shop-service-orders", 2160, 720],
      ["shop-service-stock", 2160, 720],
    ]);
    assert.ok(!JSON.stringify(resources).includes("PRIVATE KEY"));
  });

  it("issues by Google's CA Service where the document says so, renewed by a certificate nobody is shown", async () => {
    const issuer = {
      type: "googleCaService",
      pool: "projects/pki/locations/europe-west3/caPools/internal",
      authority: "one",
      alsoTrusted: "two",
    };
    const { resources } = await planOf("gcp", document({ services: services("gcp"), authority: { issuer } }, FRONT.gcp));
    const issued = resources.filter(({ type }) => type === "gcp:certificateauthority/certificate:Certificate");
    assert.deepEqual(
      issued.map(({ name, inputs, options }) => [
        name,
        inputs.project,
        inputs.pool,
        inputs.certificateAuthority,
        inputs.lifetime,
        options.retainOnDelete,
      ]),
      [
        ["shop-client", "pki", "internal", "one", "7776000s", true],
        ["shop-service-orders", "pki", "internal", "one", "7776000s", true],
        ["shop-service-stock", "pki", "internal", "one", "7776000s", true],
      ].sort(),
    );
    const clocks = resources.filter(({ name }) => name.endsWith("-clock"));
    assert.deepEqual(clocks.map(({ inputs }) => [inputs.validityPeriodHours, inputs.earlyRenewalHours]).sort(), [
      [2160, 720],
      [2160, 720],
      [2160, 720],
    ]);
    assert.deepEqual(
      resources.filter(({ type }) => type === "tls:index/locallySignedCert:LocallySignedCert"),
      [],
    );
  });

  it("puts services into a cluster: a Secret each, or cert-manager, or the mesh with an authority below the internal one", async () => {
    const plan = async (kubernetes: unknown) =>
      (
        await planOf(
          "gcp",
          document(
            { services: { orders: one.orders, stock: { names: ["stock.shop.internal"], callers: ["orders"] } }, kubernetes },
            FRONT.gcp,
          ),
        )
      ).resources;
    const secrets = await plan({ namespace: "shop", certificates: "secrets" });
    const roles = secrets.filter(({ type }) => type === "kubernetes:rbac.authorization.k8s.io/v1:Role");
    assert.deepEqual(
      roles.map(({ inputs }) =>
        (inputs.rules as { resourceNames: string[]; verbs: string[] }[]).map(({ resourceNames, verbs }) => [...resourceNames, ...verbs]),
      ),
      [[["orders-tls", "get", "watch"]], [["stock-tls", "get", "watch"]]],
    );
    const managed = await plan({ namespace: "shop", certificates: "certManager" });
    assert.deepEqual(
      managed.filter(({ type }) => type.startsWith("kubernetes:cert-manager.io")).map(({ type, name }) => `${type} ${name}`),
      [
        "kubernetes:cert-manager.io/v1:Issuer shop-issuer-shop-authority",
        "kubernetes:cert-manager.io/v1:Certificate shop-certificate-orders",
        "kubernetes:cert-manager.io/v1:Certificate shop-certificate-stock",
      ],
    );
    assert.ok(!managed.some(({ name }) => name === "shop-service-orders-key"), "cert-manager makes the keys");
    const mesh = await plan({ namespace: "shop", mesh: {} });
    const cacerts = mesh.find(({ name }) => name === "shop-mesh-cacerts");
    assert.deepEqual(cacerts?.inputs.metadata, { name: "cacerts", namespace: "istio-system" });
    assert.ok(mesh.some(({ name }) => name === "shop-mesh-authorizationpolicy-allow-nothing"));
  });

  it("makes no authority for a mesh that has nothing signed: its own root, and no way in for the gateway", async () => {
    const planned = async (callers: readonly string[]) => {
      const services = { orders: { names: ["orders.shop.internal"] }, stock: { names: ["stock.shop.internal"], callers } };
      const kubernetes = { namespace: "shop", mesh: { pluggedInCa: false } };
      const backends = { orders: { url: "https://orders.shop.example.com" } };
      const { resources } = await planOf("gcp", document({ services, kubernetes }, { ...FRONT.gcp, backends }));
      return resources.filter(({ type }) => type.startsWith("tls:")).map(({ name }) => name);
    };
    assert.deepEqual(await planned(["orders"]), []);
    assert.deepEqual((await planned(["gateway"])).sort(), [
      "shop-authority",
      "shop-authority-key",
      "shop-mesh-ingress",
      "shop-mesh-ingress-key",
      "shop-mesh-ingress-request",
    ]);
  });
});

const leaves = (resources: readonly PlannedResource[]) =>
  resources
    .filter(({ type }) => type === "tls:index/locallySignedCert:LocallySignedCert")
    .map(({ name, inputs }) => [name, inputs.validityPeriodHours, inputs.earlyRenewalHours])
    .sort();
