import { type Case, describeFaults, WITH_KEY } from "./faults.ts";

const CASES: readonly Case[] = [
  {
    title: "a name in capitals",
    change: [{ name: "Shop" }],
    faults: [
      [
        "name",
        '"Shop" is not accepted',
        "allowed: 1 to 40 lower-case letters, digits and hyphens, starting with a letter, not ending with a hyphen",
      ],
    ],
  },
  {
    title: "a host name that is an address",
    change: [{ hostname: "192.0.2.7" }],
    faults: [["hostname", '"192.0.2.7" is not a host name: its last label is a number', "give a name such as api.shop.example.com"]],
  },
  {
    title: "a host name with a port",
    change: [{ hostname: "api.shop.example.com:8443" }],
    faults: [
      [
        "hostname",
        '"api.shop.example.com:8443" is not accepted',
        "allowed: a fully qualified host name in lower case, such as api.shop.example.com, without a port or a trailing dot",
      ],
    ],
  },
  {
    title: "a host name without a dot",
    change: [{ hostname: "localhost" }],
    faults: [
      [
        "hostname",
        '"localhost" is not accepted',
        "allowed: a fully qualified host name in lower case, such as api.shop.example.com, without a port or a trailing dot",
      ],
    ],
  },
  {
    title: "an unused backend",
    change: [{ backends: { stock: { url: "https://stock.shop.example.com" } } }],
    faults: [["backends.stock", "no route leads to this backend", "remove it, or name it in a route"]],
  },
  {
    title: "an unused provider",
    change: [{ jwt: { providers: { login: { issuer: "a", audiences: ["x"], jwksUri: "https://login.shop.example.com/jwks" } } } }],
    faults: [["jwt.providers.login", "no route requires a token of this provider", "remove it, or require it: { jwt: login }"]],
  },
  {
    title: "consumers without a route that takes keys",
    change: [{ consumers: { acme: {} } }],
    faults: [
      [
        "consumers",
        "no route requires an API key, so that consumers and their plans would limit nothing",
        "require apiKey on a route, or remove the consumers",
      ],
    ],
  },
  {
    title: "an unused plan",
    change: [WITH_KEY, { plans: { gold: { quota: { requests: 1, per: "day" } } } }],
    faults: [["plans.gold", "no consumer is on this plan, so that it limits nobody", "remove it, or name it in a consumer's plan"]],
  },
  {
    title: "a consumer whose key opens nothing",
    change: [
      WITH_KEY,
      {
        plans: { gold: { quota: { requests: 1, per: "day" } } },
        consumers: { acme: { plan: "gold" }, lost: {} },
        routes: { list: { require: [{ apiKey: { plans: ["gold"] } }] } },
      },
    ],
    faults: [
      [
        "consumers.lost",
        "its key opens no route: every route that takes keys names other plans (gold)",
        "put it on one of these plans, or remove it",
      ],
    ],
  },
  {
    title: "a plan nobody declared",
    change: [WITH_KEY, { consumers: { acme: { plan: "gold" } } }],
    faults: [["consumers.acme.plan", 'there is no plan "gold"', "declare it under plans"]],
  },
  {
    title: "a plan without limits",
    change: [WITH_KEY, { plans: { gold: {} }, consumers: { acme: { plan: "gold" } } }],
    faults: [["plans.gold", "a plan without limits", 'give "rateLimit", "quota" or both']],
  },
  {
    title: "a previous key where there was none",
    change: [WITH_KEY, { consumers: { acme: { keepPreviousKey: true } } }],
    faults: [
      ["consumers.acme.keepPreviousKey", "there is no key before generation 1", "raise keyGeneration first, or remove keepPreviousKey"],
    ],
  },
  {
    title: "two spellings of one consumer",
    change: [WITH_KEY, { consumers: { Acme: {} } }],
    faults: [["consumers.Acme", 'is the consumer "acme" in another spelling', "keep one of the two; names differ in more than capitals"]],
  },
  {
    title: "two spellings of one route",
    change: [{ routes: { List: { path: "/b", methods: ["GET"], backend: "orders", public: true } } }],
    faults: [["routes.List", 'is the route "list" in another spelling', "keep one of the two; names differ in more than capitals"]],
  },
  {
    title: "a consumer with an unknown field",
    change: [WITH_KEY, { consumers: { acme: { pan: "gold" } } }],
    faults: [["consumers.acme.pan", 'unknown field "pan"', 'did you mean "plan"?']],
  },
  {
    title: "a name with a space",
    change: [{ backends: { "my orders": { url: "https://orders.shop.example.com" } } }],
    faults: [
      [
        'backends["my orders"]',
        '"my orders" is not a valid name here',
        "allowed: 1 to 64 letters, digits, hyphens and underscores, starting with a letter, ending with a letter or digit",
      ],
    ],
  },
  {
    title: "a misspelt top-level field",
    change: [{ tsl: {} }],
    faults: [["tsl", 'unknown field "tsl"', 'did you mean "tls"?']],
  },
  {
    title: "a field nothing is near to",
    change: [{ colour: "blue" }],
    faults: [
      [
        "colour",
        'unknown field "colour"',
        "allowed: tls, http, clientIp, jwt, apiKeys, plans, consumers, access, rateLimit, cors, limits, headers, openapi, waf, ddos, edge, dns, observability, internal, aws, azure, gcp, local",
      ],
    ],
  },
];

describeFaults("faults of names, use and consumers", CASES);
