import type { LiveDocument } from "../../../support/live-gateway.ts";

/** A gateway with `count` routes of all kinds: exact paths, templates and prefixes, with tokens, keys, limits and CORS. */
export function manyRoutes(count: number): LiveDocument {
  return {
    name: "many",
    hostname: "api.test",
    tls: { certificate: { source: "internal" } },
    jwt: {
      providers: {
        login: { issuer: "https://login.test", audiences: ["api"], jwksUri: "https://login.test/keys", scopes: ["read", "write"] },
      },
    },
    consumers: { acme: {} },
    cors: { allowOrigins: ["https://shop.test"], allowMethods: ["GET", "POST"] },
    backends: {
      one: { url: "https://127.0.0.1:9", tls: { trust: "internal" } },
      two: { url: "https://127.0.0.1:9", tls: { trust: "internal" } },
    },
    routes: Object.fromEntries(Array.from({ length: count }, (_, index) => [`route-${index}`, route(index)])),
  };
}

function route(index: number): object {
  const area = `/area-${index % 40}/thing-${index}`;
  const path = [area, `${area}/{id}`, `${area}/{id}/parts/{part}`, `${area}/*`][index % 4];
  const access = [{ public: true }, { require: [{ jwt: "login", scopes: ["read"] }] }, { require: [{ jwt: "login" }, { apiKey: true }] }][
    index % 3
  ];
  return {
    path,
    methods: index % 2 === 0 ? ["GET"] : ["GET", "POST"],
    ...access,
    backend: index % 5 === 0 ? "two" : "one",
    ...(index % 7 === 0 ? { rateLimit: { requests: 100, per: "minute" } } : {}),
  };
}
