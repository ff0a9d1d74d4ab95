import { type Case, describeFaults, WITH_KEY, WITH_TOKEN } from "./faults.ts";

const CASES: readonly Case[] = [
  {
    title: "an address without a prefix",
    change: [{ access: { allowCidrs: ["192.0.2.1"], denyCidrs: [] } }],
    faults: [["access.allowCidrs[0]", '"192.0.2.1" is not a CIDR block', "write a single address as 192.0.2.1/32"]],
  },
  {
    title: "an IPv6 address without a prefix",
    change: [{ access: { allowCidrs: ["2001:db8::1"], denyCidrs: [] } }],
    faults: [["access.allowCidrs[0]", '"2001:db8::1" is not a CIDR block', "write a single address as 2001:db8::1/128"]],
  },
  {
    title: "a word",
    change: [{ access: { allowCidrs: ["everyone"], denyCidrs: [] } }],
    faults: [["access.allowCidrs[0]", '"everyone" is not a CIDR block', "give a block such as 192.0.2.0/24 or 2001:db8::/32"]],
  },
  {
    title: "address bits beyond the prefix",
    change: [{ access: { allowCidrs: ["10.1.2.3/24"], denyCidrs: [] } }],
    faults: [["access.allowCidrs[0]", '"10.1.2.3/24" has address bits set beyond its /24', "write 10.1.2.0/24"]],
  },
  {
    title: "a prefix too long",
    change: [{ access: { allowCidrs: ["10.0.0.0/33"], denyCidrs: [] } }],
    faults: [
      ["access.allowCidrs[0]", '"10.0.0.0/33" has a prefix longer than 32 bits', "give a block such as 192.0.2.0/24 or 2001:db8::/32"],
    ],
  },
  {
    title: "an octal spelling",
    change: [{ access: { allowCidrs: ["010.0.0.0/8"], denyCidrs: [] } }],
    faults: [["access.allowCidrs[0]", '"010.0.0.0/8" is not a CIDR block', "give a block such as 192.0.2.0/24 or 2001:db8::/32"]],
  },
  {
    title: "an IPv4 block in IPv6 spelling",
    change: [{ access: { allowCidrs: ["::ffff:192.0.2.0/120"], denyCidrs: [] } }],
    faults: [
      [
        "access.allowCidrs[0]",
        '"::ffff:192.0.2.0/120" is an IPv4 block in an IPv6 spelling, which no client address is compared with',
        "write it as the IPv4 block 192.0.2.0/24",
      ],
    ],
  },
  {
    title: "every address allowed",
    change: [{ access: { allowCidrs: ["0.0.0.0/0"], denyCidrs: [] } }],
    faults: [["access.allowCidrs[0]", '"0.0.0.0/0" is every address', "leave allowCidrs out to allow every address"]],
  },
  {
    title: "every address denied",
    change: [{ access: { allowCidrs: [], denyCidrs: ["::/0"] } }],
    faults: [["access.denyCidrs[0]", '"::/0" is every address', "deny smaller blocks; a gateway nobody may reach is better not deployed"]],
  },
  {
    title: "an allowed block that is denied",
    change: [{ access: { allowCidrs: ["10.1.0.0/16"], denyCidrs: ["10.0.0.0/8"] } }],
    faults: [
      [
        "access.allowCidrs[0]",
        '"10.1.0.0/16" lies within "10.0.0.0/8", which is denied first',
        "remove one of the two, or deny a smaller block",
      ],
    ],
  },
  {
    title: "a route's block that the gateway does not let through",
    change: [{ access: { allowCidrs: ["10.0.0.0/8"], denyCidrs: [] } }, { routes: { list: { access: { allowCidrs: ["192.0.2.0/24"] } } } }],
    faults: [
      [
        "routes.list.access.allowCidrs[0]",
        'the gateway\'s own allowCidrs let no address of "192.0.2.0/24" through',
        "remove it, or widen access.allowCidrs",
      ],
    ],
  },
  {
    title: "CORS without an origin",
    change: [{ cors: {} }],
    faults: [
      ["cors.allowOrigins", "no origin is allowed", "list origins such as https://shop.example.com, or leave cors out to switch it off"],
    ],
  },
  {
    title: "a pattern as an origin",
    change: [{ cors: { allowOrigins: ["https://*.shop.example.com"] } }],
    faults: [
      [
        "cors.allowOrigins[0]",
        '"https://*.shop.example.com" is not accepted',
        "allowed: an origin: scheme, host and optional port, such as https://shop.example.com",
      ],
    ],
  },
  {
    title: "an origin with a path",
    change: [{ cors: { allowOrigins: ["https://shop.example.com/"] } }],
    faults: [
      [
        "cors.allowOrigins[0]",
        '"https://shop.example.com/" is not accepted',
        "allowed: an origin: scheme, host and optional port, such as https://shop.example.com",
      ],
    ],
  },
  {
    title: "an origin on plain HTTP",
    change: [{ cors: { allowOrigins: ["http://shop.example.com"] } }],
    faults: [
      [
        "cors.allowOrigins[0]",
        '"http://shop.example.com" is plain HTTP: whoever sits on the line could write the page that reads the answers',
        "use https://shop.example.com; plain HTTP is accepted for localhost only",
      ],
    ],
  },
  {
    title: "accepts plain HTTP from this machine",
    change: [{ cors: { allowOrigins: ["http://localhost:3000", "http://127.0.0.1:8000"] } }],
    faults: [],
  },
  {
    title: "any origin and a list",
    change: [{ cors: { allowAnyOrigin: true, allowOrigins: ["https://shop.example.com"] } }],
    faults: [["cors.allowOrigins", "has no meaning with allowAnyOrigin: true", "keep one of the two"]],
  },
  {
    title: "credentials for any origin",
    change: [{ cors: { allowAnyOrigin: true, allowCredentials: true } }],
    faults: [
      [
        "cors.allowCredentials",
        "credentials cannot be allowed to every origin",
        "list the origins in allowOrigins, or leave allowCredentials out",
      ],
    ],
  },
  {
    title: "a preflight kept for part of a second",
    change: [{ cors: { allowOrigins: ["https://shop.example.com"], maxAge: "1500ms" } }],
    faults: [["cors.maxAge", '"1500ms" is not a whole number of seconds', "give whole seconds, such as 5s"]],
  },
  {
    title: "a header of the connection",
    change: [{ headers: { request: { set: { "content-length": "0" } } } }],
    faults: [
      [
        "headers.request.set.content-length",
        "the header \"content-length\" is the gateway's own or the connection's",
        "choose another header name",
      ],
    ],
  },
  {
    title: "an identity header of the gateway",
    change: [{ headers: { request: { add: { "x-gateway-subject": "root" } } } }],
    faults: [
      [
        "headers.request.add.x-gateway-subject",
        "the header \"x-gateway-subject\" is the gateway's own or the connection's",
        "choose another header name",
      ],
    ],
  },
  {
    title: "a header in capitals",
    change: [{ headers: { request: { set: { "X-Channel": "web" } } } }],
    faults: [
      [
        "headers.request.set.X-Channel",
        '"X-Channel" is not a valid name here',
        "allowed: a header name in lower case: letters, digits and hyphens (no underscore: such headers are dropped)",
      ],
    ],
  },
  {
    title: "a header with an underscore",
    change: [{ headers: { request: { set: { x_channel: "web" } } } }],
    faults: [
      [
        "headers.request.set.x_channel",
        '"x_channel" is not a valid name here',
        "allowed: a header name in lower case: letters, digits and hyphens (no underscore: such headers are dropped)",
      ],
    ],
  },
  {
    title: "a line break in a header",
    change: [{ headers: { response: { set: { "x-a": "a\r\nset-cookie: b" } } } }],
    faults: [["headers.response.set.x-a", '"a\\r\\nset-cookie: b" is not accepted', "allowed: printable ASCII without line breaks"]],
  },
  {
    title: "set and added",
    change: [{ headers: { response: { set: { "x-a": "1" }, add: { "x-a": "2" } } } }],
    faults: [["headers.response.add.x-a", "is both set and added", "keep one of the two"]],
  },
  {
    title: "set and removed",
    change: [{ headers: { response: { set: { "x-a": "1" }, remove: ["x-a"] } } }],
    faults: [["headers.response.remove[0]", '"x-a" is both removed and given', "keep one of the two; set replaces what was there"]],
  },
  {
    title: "the header of API keys set",
    change: [WITH_KEY, { headers: { request: { set: { "x-api-key": "1" } } } }],
    faults: [
      ["headers.request.set.x-api-key", 'the header "x-api-key" carries API keys and is never passed on', "choose another header name"],
    ],
  },
  {
    title: "a header that a claim fills",
    change: [
      WITH_TOKEN,
      { jwt: { providers: { login: { claimToHeaders: { "x-tenant": "tenant" } } } } },
      { headers: { request: { set: { "x-tenant": "1" } } } },
    ],
    faults: [
      [
        "headers.request.set.x-tenant",
        'the header "x-tenant" is filled from a token\'s claim',
        "choose another header name, or remove it from jwt.providers.login.claimToHeaders",
      ],
    ],
  },
  {
    title: "HSTS removed",
    change: [{ headers: { response: { remove: ["strict-transport-security"] } } }],
    faults: [
      [
        "headers.response.remove[0]",
        "the header \"strict-transport-security\" is the gateway's own or the connection's",
        "choose another header name",
      ],
    ],
  },
  {
    title: "API keys in a header with another use",
    change: [{ apiKeys: { header: "cookie" } }],
    faults: [["apiKeys.header", 'the header "cookie" has another use', "choose a header of its own, such as x-api-key"]],
  },
  {
    title: "API keys in the token's header",
    change: [{ apiKeys: { header: "authorization" } }],
    faults: [["apiKeys.header", "the header \"authorization\" is the gateway's own or the connection's", "choose another header name"]],
  },
  {
    title: "a limit by consumer over the whole gateway",
    change: [{ rateLimit: { requests: 1, per: "second", key: "consumer" } }],
    faults: [
      [
        "rateLimit.key",
        "a limit by consumer cannot cover the whole gateway, where routes differ in what they require",
        "put it on the routes, or use key: clientIp or gateway here",
      ],
    ],
  },
  {
    title: "a limit by claim over the whole gateway",
    change: [{ rateLimit: { requests: 1, per: "second", key: "jwtClaim:sub" } }],
    faults: [
      [
        "rateLimit.key",
        "a limit by jwtClaim cannot cover the whole gateway, where routes differ in what they require",
        "put it on the routes, or use key: clientIp or gateway here",
      ],
    ],
  },
  {
    title: "two limits that count the same",
    change: [
      {
        rateLimit: [
          { requests: 1, per: "second" },
          { requests: 2, per: "second", key: "clientIp" },
        ],
      },
    ],
    faults: [["rateLimit[1]", "counts the same requests over the same period as a limit before it", "keep the stricter of the two"]],
  },
  {
    title: "a limit by a header anyone may write",
    change: [{ routes: { list: { rateLimit: { requests: 1, per: "second", key: "header:x-device" } } } }],
    faults: [
      [
        "routes.list.rateLimit.key",
        "on a public route anyone could write a new value for every request",
        "use key: clientIp or gateway, or require something on this route",
      ],
    ],
  },
  {
    title: "a limit by consumer on a public route",
    change: [{ routes: { list: { rateLimit: { requests: 1, per: "second", key: "consumer" } } } }],
    faults: [
      [
        "routes.list.rateLimit.key",
        "on a public route anyone could call without a key",
        "use key: clientIp or gateway, or require something on this route",
      ],
    ],
  },
  {
    title: "a limit by claim where a key suffices",
    change: [
      WITH_TOKEN,
      {
        consumers: { acme: {} },
        routes: { list: { require: [{ jwt: "login" }, { apiKey: true }], rateLimit: { requests: 1, per: "second", key: "jwtClaim:sub" } } },
      },
    ],
    faults: [
      [
        "routes.list.rateLimit.key",
        "a client can pass without a token and would not be counted",
        "require jwt in every alternative, or use key: clientIp",
      ],
    ],
  },
  {
    title: "a limit by a header the gateway writes",
    change: [WITH_TOKEN, { routes: { list: { rateLimit: { requests: 1, per: "second", key: "header:x-forwarded-for" } } } }],
    faults: [
      [
        "routes.list.rateLimit.key",
        'the header "x-forwarded-for" is removed or rewritten by the gateway',
        "count by a header of the client's own",
      ],
    ],
  },
  {
    title: "a limit by nothing known",
    change: [{ rateLimit: { requests: 1, per: "second", key: "ip" } }],
    faults: [["rateLimit.key", '"ip" is not accepted', "allowed: gateway, clientIp, consumer, jwtClaim:<claim> or header:<name>"]],
  },
  {
    title: "a limit of none",
    change: [{ rateLimit: { requests: 0, per: "second" } }],
    faults: [["rateLimit.requests", "0 is too small", "allowed: 1 or more"]],
  },
  {
    title: "a limit per day",
    change: [{ rateLimit: { requests: 1, per: "day" } }],
    faults: [["rateLimit.per", '"day" is not allowed', "allowed: second, minute, hour"]],
  },
  {
    title: "an empty list of limits",
    change: [{ rateLimit: [] }],
    faults: [["rateLimit", "an empty list is too small", "allowed: 1 or more entries"]],
  },
  {
    title: "a URL limit too small",
    change: [{ limits: { url: 100 } }],
    faults: [["limits.url", "100 bytes is out of range", "allowed: 256 to 65536 bytes"]],
  },
  {
    title: "header limits too large",
    change: [{ limits: { headers: "1MiB" } }],
    faults: [["limits.headers", "1048576 bytes is out of range", "allowed: 1024 to 98304 bytes"]],
  },
  {
    title: "a size with an unknown unit",
    change: [{ limits: { body: "1MB" } }],
    faults: [["limits.body", '"1MB" is not accepted', "allowed: bytes as a whole number, or with a unit B, KiB, MiB or GiB, such as 1MiB"]],
  },
  {
    title: "a negative size",
    change: [{ limits: { body: -1 } }],
    faults: [["limits.body", "-1 is too small", "allowed: 0 or more"]],
  },
];

describeFaults("faults of addresses, CORS, headers and limits", CASES);
