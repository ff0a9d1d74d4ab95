import { type Case, describeFaults, WITH_KEY, WITH_TOKEN } from "./faults.ts";

const CASES: readonly Case[] = [
  {
    title: "a gateway without routes",
    change: [{ routes: null, backends: { orders: null } }],
    faults: [["routes", "the gateway has no route", "declare at least one under routes, or name an OpenAPI document in openapi"]],
  },
  {
    title: "two routes for one request",
    change: [{ routes: { again: { path: "/orders", methods: ["GET", "POST"], backend: "orders", public: true } } }],
    faults: [
      [
        "routes.again.path",
        'overlaps with route "list": both match GET, HEAD /orders',
        "merge the two, or change the path or the methods of one",
      ],
    ],
  },
  {
    title: "templates of which neither is more specific",
    change: [
      {
        routes: {
          a: { path: "/a/{x}/b", methods: ["GET"], backend: "orders", public: true },
          b: { path: "/a/b/{y}", methods: ["PUT"], backend: "orders", public: true },
        },
      },
    ],
    faults: [
      [
        "routes.b.path",
        'overlaps with route "a": /a/b/{y} and /a/{x}/b can match the same request and neither is more specific',
        "merge the two, or change the path of one",
      ],
    ],
  },
  {
    title: "accepts one path with different methods",
    change: [{ routes: { add: { path: "/orders", methods: ["POST"], backend: "orders", public: true } } }],
    faults: [],
  },
  {
    title: "a gRPC method that a service has already",
    change: [
      {
        backends: { orders: { protocol: "grpc" } },
        routes: {
          list: null,
          a: { grpc: { service: "s.S", method: "M" }, backend: "orders", public: true },
          b: { grpc: { service: "s.S", method: "M" }, backend: "orders", public: true },
        },
      },
    ],
    faults: [
      ["routes.b.path", 'overlaps with route "a": both match POST /s.S/M', "merge the two, or change the path or the methods of one"],
    ],
  },
  {
    title: "neither public nor requiring anything",
    change: [{ routes: { list: { public: null } } }],
    faults: [
      [
        "routes.list.require",
        "the route does not say who may call it",
        'list what a client must show in "require", or write "public: true"',
      ],
    ],
  },
  {
    title: "public and requiring something",
    change: [WITH_TOKEN, { routes: { list: { public: true } } }],
    faults: [
      ["routes.list.public", "the route is public and requires something", 'keep "public: true" or "require", not both'],
      ["jwt.providers.login", "no route requires a token of this provider", "remove it, or require it: { jwt: login }"],
    ],
  },
  {
    title: "public: false",
    change: [{ routes: { list: { public: false } } }],
    faults: [["routes.list.public", "false is not allowed", "allowed: true, or left out"]],
  },
  {
    title: "an empty list of requirements",
    change: [{ routes: { list: { public: null, require: [] } } }],
    faults: [["routes.list.require", "an empty list is too small", "allowed: at least one alternative"]],
  },
  {
    title: "an alternative that asks for nothing",
    change: [{ routes: { list: { public: null, require: [{}] } } }],
    faults: [
      [
        "routes.list.require[0]",
        "asks for nothing, so that everybody would pass",
        'give "jwt", "apiKey" or "clientCertificate"; for a route open to all write "public: true"',
      ],
    ],
  },
  {
    title: "scopes without a provider",
    change: [{ routes: { list: { public: null, require: [{ scopes: ["orders.read"] }] } } }],
    faults: [
      [
        "routes.list.require[0]",
        "asks for nothing, so that everybody would pass",
        'give "jwt", "apiKey" or "clientCertificate"; for a route open to all write "public: true"',
      ],
      ["routes.list.require[0].scopes", "scopes without jwt are never checked", 'name the provider in "jwt"'],
    ],
  },
  {
    title: "an alternative another one makes pointless",
    change: [WITH_TOKEN, { routes: { list: { require: [{ jwt: "login" }, { jwt: "login", scopes: ["orders.read"] }] } } }],
    faults: [
      [
        "routes.list.require[1]",
        "is never needed: require[0] alone admits everybody who shows this",
        "remove one of the two; to demand both together write them as one alternative",
      ],
    ],
  },
  {
    title: "a provider nobody declared",
    change: [WITH_TOKEN, { routes: { list: { require: [{ jwt: "logn" }] } } }],
    faults: [["routes.list.require[0].jwt", 'there is no JWT provider "logn"', 'did you mean "login"?']],
  },
  {
    title: "a provider listed twice",
    change: [WITH_TOKEN, { routes: { list: { require: [{ jwt: ["login", "login"] }] } } }],
    faults: [["routes.list.require[0].jwt[1]", '"login" is listed twice', "keep one of the two"]],
  },
  {
    title: "a scope nobody issues",
    change: [WITH_TOKEN, { routes: { list: { require: [{ jwt: "login", scopes: ["order.read"] }] } } }],
    faults: [
      ["routes.list.require[0].scopes[0]", 'the provider "login" does not issue the scope "order.read"', 'did you mean "orders.read"?'],
    ],
  },
  {
    title: "a key without consumers",
    change: [{ routes: { list: { public: null, require: [{ apiKey: true }] } } }],
    faults: [["routes.list.require[0].apiKey", "there is no consumer that could have a key", "declare at least one under consumers"]],
  },
  {
    title: "a key of a plan nobody declared",
    change: [WITH_KEY, { routes: { list: { require: [{ apiKey: { plans: ["gold"] } }] } } }],
    faults: [["routes.list.require[0].apiKey.plans[0]", 'there is no plan "gold"', "declare it under plans"]],
  },
  {
    title: "a client certificate the front door does not ask for",
    change: [{ routes: { list: { public: null, require: [{ clientCertificate: true }] } } }],
    faults: [
      [
        "routes.list.require[0].clientCertificate",
        "the front door does not ask for client certificates",
        "declare the accepted authorities in tls.clientValidation",
      ],
    ],
  },
  {
    title: "a path without methods",
    change: [{ routes: { list: { methods: null } } }],
    faults: [["routes.list.methods", "is missing", "list the methods, such as [GET]"]],
  },
  {
    title: "no path",
    change: [{ routes: { list: { path: null } } }],
    faults: [["routes.list.path", "is missing", 'give "path" and "methods", or "grpc"']],
  },
  {
    title: "a method that is none",
    change: [{ routes: { list: { methods: ["GTE"] } } }],
    faults: [
      ["routes.list.methods[0]", '"GTE" is not allowed', 'allowed: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS; did you mean "GET"?'],
    ],
  },
  {
    title: "a path without a leading slash",
    change: [{ routes: { list: { path: "orders" } } }],
    faults: [
      [
        "routes.list.path",
        '"orders" is not accepted',
        "allowed: a path such as /orders (exact), /orders/{id} (template: a parameter is one whole segment) or /files/* (everything below /files/)",
      ],
    ],
  },
  {
    title: "a parameter that is part of a segment",
    change: [{ routes: { list: { path: "/orders/{id}.json" } } }],
    faults: [
      [
        "routes.list.path",
        '"/orders/{id}.json" is not accepted',
        "allowed: a path such as /orders (exact), /orders/{id} (template: a parameter is one whole segment) or /files/* (everything below /files/)",
      ],
    ],
  },
  {
    title: "a wildcard in the middle",
    change: [{ routes: { list: { path: "/files/*/x" } } }],
    faults: [
      [
        "routes.list.path",
        '"/files/*/x" is not accepted',
        "allowed: a path such as /orders (exact), /orders/{id} (template: a parameter is one whole segment) or /files/* (everything below /files/)",
      ],
    ],
  },
  {
    title: "an escaped slash",
    change: [{ routes: { list: { path: "/a%2fb" } } }],
    faults: [
      [
        "routes.list.path",
        '"/a%2fb" is not accepted',
        "allowed: a path such as /orders (exact), /orders/{id} (template: a parameter is one whole segment) or /files/* (everything below /files/)",
      ],
    ],
  },
  {
    title: "a dot segment",
    change: [{ routes: { list: { path: "/a/../b" } } }],
    faults: [["routes.list.path", "has a dot segment, which normalisation removes from requests", "remove it"]],
  },
  {
    title: "a parameter that stands twice",
    change: [{ routes: { list: { path: "/a/{x}/{x}" } } }],
    faults: [["routes.list.path", "the parameter {x} stands twice", "give each parameter its own name"]],
  },
  {
    title: "a path longer than the longest URL",
    change: [
      { limits: { url: 256 } },
      {
        routes: {
          list: {
            path: "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          },
        },
      },
    ],
    faults: [
      ["routes.list.path", "is longer than limits.url (256 bytes), so that no request reaches it", "shorten it, or raise limits.url"],
    ],
  },
  {
    title: "gRPC and a path",
    change: [{ backends: { orders: { protocol: "grpc" } } }, { routes: { list: { grpc: { service: "s.S" } } } }],
    faults: [
      ["routes.list.path", '"path" has no meaning with grpc', "remove it; gRPC fixes path and method"],
      ["routes.list.methods", '"methods" has no meaning with grpc', "remove it; gRPC fixes path and method"],
    ],
  },
  {
    title: "a rewrite with a parameter the path does not have",
    change: [{ routes: { list: { path: "/a/{id}", rewrite: { path: "/b/{ids}" } } } }],
    faults: [["routes.list.rewrite.path", "uses {ids}, which the route's path does not have", 'did you mean "id"?']],
  },
  {
    title: "a rewrite from a prefix to no prefix",
    change: [{ routes: { list: { path: "/a/*", rewrite: { path: "/b" } } } }],
    faults: [["routes.list.rewrite.path", '"/b" and "/a/*" do not fit', "both end in /*, or neither does"]],
  },
  {
    title: "a backend nobody declared",
    change: [{ routes: { list: { backend: "order" } } }],
    faults: [["routes.list.backend", 'there is no backend "order"', 'did you mean "orders"?']],
  },
  {
    title: "no backend",
    change: [{ routes: { list: { backend: null } } }],
    faults: [["routes.list.backend", "is missing: the route leads nowhere", "allowed: orders"]],
  },
  {
    title: "backend and backends",
    change: [{ routes: { list: { backends: [{ name: "orders", weight: 1 }] } } }],
    faults: [["routes.list.backends", "backend and backends are both given", "keep one of the two"]],
  },
  {
    title: "a backend listed twice",
    change: [
      {
        routes: {
          list: {
            backend: null,
            backends: [
              { name: "orders", weight: 1 },
              { name: "orders", weight: 2 },
            ],
          },
        },
      },
    ],
    faults: [["routes.list.backends[1].name", '"orders" is listed twice', "add the weights up in one entry"]],
  },
  {
    title: "no weight above nought",
    change: [{ routes: { list: { backend: null, backends: [{ name: "orders", weight: 0 }] } } }],
    faults: [["routes.list.backends", "every weight is 0, so that no request could be sent", "give at least one backend a weight above 0"]],
  },
  {
    title: "backends with different timeouts",
    change: [
      { backends: { next: { url: "https://next.shop.example.com", timeout: "3s", connectTimeout: "1s" } } },
      {
        routes: {
          list: {
            backend: null,
            backends: [
              { name: "orders", weight: 1 },
              { name: "next", weight: 1 },
            ],
          },
        },
      },
    ],
    faults: [["routes.list.timeout", "is missing: the backends of this route have different timeouts", 'give "timeout" on this route']],
  },
  {
    title: "a gRPC route to an HTTP backend",
    change: [{ routes: { list: null, s: { grpc: { service: "s.S" }, backend: "orders", public: true } } }],
    faults: [
      ["routes.s.grpc", 'the backend "orders" does not speak gRPC', "set backends.orders.protocol to grpc, or use path and methods"],
    ],
  },
  {
    title: "an HTTP route to a gRPC backend",
    change: [{ backends: { orders: { protocol: "grpc" } } }],
    faults: [["routes.list.grpc", 'is missing: the backend "orders" speaks gRPC', 'say which service with "grpc: { service, method }"']],
  },
  {
    title: "gRPC and HTTP backends on one route",
    change: [
      { backends: { next: { url: "https://next.shop.example.com", protocol: "grpc" } } },
      {
        routes: {
          list: {
            backend: null,
            backends: [
              { name: "orders", weight: 1 },
              { name: "next", weight: 1 },
            ],
          },
        },
      },
    ],
    faults: [["routes.list.backends", "mixes gRPC and HTTP backends", "use backends of one protocol"]],
  },
  {
    title: "OPTIONS where CORS answers it",
    change: [{ cors: { allowOrigins: ["https://shop.example.com"] } }, { routes: { list: { methods: ["GET", "OPTIONS"] } } }],
    faults: [
      ["routes.list.methods", "OPTIONS is answered by the gateway where cors is on", "remove OPTIONS, or write cors: null on this route"],
    ],
  },
  {
    title: "a timeout shorter than one try",
    change: [{ backends: { orders: { retries: { perTryTimeout: "5s" } } } }, { routes: { list: { timeout: "2s" } } }],
    faults: [
      [
        "routes.list.timeout",
        '"2s" is shorter than one try of the backend "orders" (retries.perTryTimeout)',
        "raise it, or give this route its own retries",
      ],
    ],
  },
  {
    title: "a body limit beyond what is carried",
    change: [{ routes: { list: { bodyLimit: "2GiB" } } }],
    faults: [["routes.list.bodyLimit", "2147483648 bytes is too large", "allowed: 1GiB or less"]],
  },
  {
    title: "a timeout beyond an hour",
    change: [{ routes: { list: { timeout: "61m" } } }],
    faults: [["routes.list.timeout", '"61m" is too long', "allowed: 1ms to 1h"]],
  },
  {
    title: "a duration without a unit",
    change: [{ routes: { list: { timeout: "30" } } }],
    faults: [
      [
        "routes.list.timeout",
        '"30" is not accepted',
        "allowed: a whole number with a unit ms, s, m or h, such as 500ms or 15s (Gateway API duration)",
      ],
    ],
  },
  {
    title: "a number where a duration is needed",
    change: [{ routes: { list: { timeout: 30 } } }],
    faults: [["routes.list.timeout", "expected a text, found 30", "give a text: write it in quotes"]],
  },
];

describeFaults("faults of routes", CASES);
