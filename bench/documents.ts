/** A gateway document as an object. */
export type Document = Readonly<Record<string, unknown>>;

/** The API every measurement uses: `count` routes over three backends, in areas of 20, each behind a token with a scope. */
export function api(count: number): Document {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return {
    name: "bench",
    hostname: "api.example.com",
    tls: { certificate: { source: "managed" } },
    http: "redirect",
    jwt: { providers: { login: PROVIDER } },
    backends: Object.fromEntries(BACKENDS.map((name) => [name, { url: `https://${name}.example.com` }])),
    routes: Object.fromEntries(numbers.map((index) => [`route-${index}`, route(index)])),
  };
}

export const BACKENDS = ["orders", "catalog", "stock"];

export const pathOf = (index: number): string => `/area-${Math.floor(index / 20)}/things-${index}`;

export const PROVIDER = {
  issuer: "https://login.example.com",
  audiences: ["shop-api"],
  jwksUri: "https://login.example.com/.well-known/jwks.json",
  scopes: ["things.read"],
};

const route = (index: number) => ({
  path: pathOf(index),
  methods: ["GET"],
  backend: BACKENDS[index % BACKENDS.length],
  require: [{ jwt: "login", scopes: ["things.read"] }],
});

/** Most routes on one gateway here: API Gateway imports 6 MB, a policy of API Management has 256 KiB, an Endpoints service 1 MB. */
const LARGEST = 2000;

/** How many routes go on each gateway. This machine takes all of them on one. */
export function partsOf(cloud: string, routes: number): number[] {
  const most = cloud === "local" ? routes : Math.min(routes, LARGEST);
  return Array.from({ length: Math.ceil(routes / most) }, (_, index) => Math.min(most, routes - index * most));
}

/** The same API as each cloud takes it. */
export function documentFor(cloud: string, count: number): Document {
  const document = { ...api(count) };
  switch (cloud) {
    // API Gateway redirects plain HTTP behind CloudFront only; more than 300 paths need a raised quota.
    case "aws":
      return { ...document, edge: "cdn", aws: { cloudwatchRole: "create", quotas: { resourcesPerApi: 100_000 } } };
    case "azure":
      return { ...document, tls: { certificate: { source: "internal" } }, azure: AZURE };
    case "gcp":
      return { ...document, gcp: { project: "bench-123456", region: "europe-west3" } };
    default:
      return { ...document, tls: { certificate: { source: "internal" } } };
  }
}

const AZURE = {
  tier: "Developer",
  publisher: { email: "api@example.com" },
  openIdConfigurations: { login: "https://login.example.com/.well-known/openid-configuration" },
  accept: ["keyCache", "publicRoots", "sharedTrust"],
};
