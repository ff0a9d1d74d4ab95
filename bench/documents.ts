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
