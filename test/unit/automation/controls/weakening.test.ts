import assert from "node:assert/strict";
import { controlDifferences, controlFacts } from "../../../../automation/plan/controls/facts.ts";
import { isWeaker } from "../../../../automation/plan/controls/strength.ts";
import { loadModel } from "../../../../components/spec/load.ts";

const BASE = `name: shop
hostname: api.shop.example.com
tls: { certificate: { source: managed }, minimumVersion: "1.2" }
jwt: { providers: { login: { issuer: https://login.example.com, audiences: [a, b], jwksUri: https://login.example.com/keys, scopes: [read, write] } } }
plans: { gold: { rateLimit: { requests: 10, per: second } } }
consumers: { acme: { plan: gold } }
access: { denyCidrs: [198.51.100.0/24], allowCidrs: [10.0.0.0/8] }
rateLimit: { requests: 50, per: second, key: clientIp }
waf: managed
backends:
  orders: { url: "https://orders.example.com" }
routes:
  list: { path: /orders, methods: [GET], backend: orders, require: [{ jwt: login, scopes: [read] }] }
  feed: { path: /feed, methods: [GET], backend: orders, require: [{ apiKey: { plans: [gold] } }] }
  own: { path: /own, methods: [GET], backend: orders, require: [{ jwt: login }] }
  open: { path: /open, methods: [GET], backend: orders, public: true, cors: { allowOrigins: [https://shop.example.com], allowMethods: [GET] } }
`;

/** What changes when parts of the document are replaced: `control at place: before → after`, with ! when it weakens. */
async function changes(...replaced: readonly (readonly [string, string])[]): Promise<string[]> {
  let text = BASE;
  for (const [from, to] of replaced) {
    assert.ok(text.includes(from), from);
    text = text.replace(from, to);
  }
  const [before, after] = await Promise.all([BASE, text].map((document) => loadModel({ file: "/nowhere/shop.yaml", text: document })));
  assert.ok(before && after);
  const differences = controlDifferences(controlFacts(before, "aws", []), controlFacts(after, "aws", []));
  return differences.map(
    ({ control, place, before: old, after: now, weakens }) =>
      `${weakens ? "!" : " "} ${control} at ${place}: ${old ?? "-"} → ${now ?? "-"}`,
  );
}

describe("what a plan weakens", () => {
  const cases: readonly (readonly [string, readonly (readonly [string, string])[], readonly string[]])[] = [
    ["nothing", [], []],
    [
      "a token no longer asked for",
      [["require: [{ jwt: login, scopes: [read] }]", "public: true"]],
      ["! require at route list: token of login with scope read → nothing: anyone may call it"],
    ],
    [
      "a scope dropped",
      [["{ jwt: login, scopes: [read] }", "{ jwt: login }"]],
      ["! require at route list: token of login with scope read → token of login"],
    ],
    [
      "a scope added",
      [["scopes: [read] }]", "scopes: [read, write] }]"]],
      ["  require at route list: token of login with scope read → token of login with scopes read, write"],
    ],
    [
      "another way in",
      [["[{ jwt: login, scopes: [read] }]", "[{ jwt: login, scopes: [read] }, { apiKey: true }]"]],
      ["! require at route list: token of login with scope read → token of login with scope read or API key"],
    ],
    [
      "an API key of any plan",
      [["{ apiKey: { plans: [gold] } }", "{ apiKey: true }"]],
      ["! require at route feed: API key on plan gold → API key"],
    ],
    [
      "a second credential",
      [["{ apiKey: { plans: [gold] } }", "{ apiKey: { plans: [gold] }, jwt: login }"]],
      ["  require at route feed: API key on plan gold → token of login and API key on plan gold"],
    ],
    ["stronger TLS", [['"1.2"', '"1.3"']], ["  tls.minimumVersion at gateway: TLS 1.2 → TLS 1.3"]],
    ["no firewall", [["waf: managed\n", "waf: off\n"]], ["! waf at gateway: managed → off"]],
    ["a wider address list", [["10.0.0.0/8", "10.0.0.0/7"]], ["! access.allowCidrs at gateway: only 10.0.0.0/8 → only 10.0.0.0/7"]],
    ["a narrower address list", [["10.0.0.0/8", "10.1.0.0/16"]], ["  access.allowCidrs at gateway: only 10.0.0.0/8 → only 10.1.0.0/16"]],
    [
      "fewer addresses refused",
      [["198.51.100.0/24", "198.51.100.0/25"]],
      ["! access.denyCidrs at gateway: not 198.51.100.0/24 → not 198.51.100.0/25"],
    ],
    [
      "an origin more",
      [["[https://shop.example.com]", "[https://shop.example.com, https://other.example.com]"]],
      ["! cors.allowOrigins at route open: https://shop.example.com → https://shop.example.com, https://other.example.com"],
    ],
    [
      "no CORS",
      [[", cors: { allowOrigins: [https://shop.example.com], allowMethods: [GET] }", ""]],
      [
        "  cors.allowOrigins at route open: https://shop.example.com → -",
        "  cors.allowMethods at route open: GET → -",
        "  cors.allowHeaders at route open: none → -",
        "  cors.exposeHeaders at route open: none → -",
        "  cors.allowCredentials at route open: no → -",
      ],
    ],
    ["an audience more", [["[a, b]", "[a, b, c]"]], ["! audiences at jwt provider login: a, b → a, b, c"]],
    ["an audience less", [["[a, b]", "[a]"]], ["  audiences at jwt provider login: a, b → a"]],
    [
      "a method more",
      [["path: /orders, methods: [GET]", "path: /orders, methods: [GET, DELETE]"]],
      ["! methods at route list: GET, HEAD → GET, HEAD, DELETE"],
    ],
    [
      "a backend nobody verifies",
      [['"https://orders.example.com" }', '"https://orders.example.com", tls: { trust: unverified, reason: because it is a test } }']],
      ["! tls.trust at backend orders: public roots → not verified"],
    ],
  ];
  for (const [what, replaced, expected] of cases)
    it(`is found: ${what}`, async () => {
      const found = await changes(...replaced);
      assert.deepEqual(found, [...expected]);
    });

  it("is a limit raised or gone, not one lowered", async () => {
    assert.ok(
      (await changes(["requests: 50", "requests: 51"])).some((line) => line.startsWith("! rateLimit of clientIp per second at gateway")),
    );
    assert.ok(
      (await changes(["rateLimit: { requests: 50, per: second, key: clientIp }\n", ""])).some((line) =>
        line.startsWith("! rateLimit of clientIp"),
      ),
    );
    assert.ok((await changes(["requests: 50", "requests: 5"])).every((line) => !line.startsWith("!")));
  });

  it("is a new public route, not a new protected one, nor one that is gone", async () => {
    const line = "  open: { path: /open,";
    const added = (rest: string) => changes([line, `  more: { path: /more, methods: [GET], backend: orders, ${rest} }\n${line}`]);
    assert.deepEqual(
      (await added("public: true")).filter((entry) => entry.startsWith("!")),
      ["! require at route more: - → nothing: anyone may call it"],
    );
    assert.deepEqual(
      (await added("require: [{ jwt: login }]")).filter((entry) => entry.startsWith("!")),
      [],
    );
    const gone = await changes(
      ["  feed: { path: /feed, methods: [GET], backend: orders, require: [{ apiKey: { plans: [gold] } }] }\n", ""],
      ["plans: { gold: { rateLimit: { requests: 10, per: second } } }\nconsumers: { acme: { plan: gold } }\n", ""],
    );
    assert.deepEqual(
      gone.filter((entry) => entry.startsWith("!")),
      [],
    );
  });

  it("is anything whose strength nobody can compare", () => {
    assert.equal(isWeaker({ kind: "exact", value: "a" }, { kind: "exact", value: "b" }), true);
    assert.equal(isWeaker({ kind: "exact", value: "a" }, { kind: "atMost", value: 1 }), true);
    assert.equal(isWeaker({ kind: "free" }, { kind: "free" }), false);
    assert.equal(isWeaker({ kind: "accepts", values: undefined }, { kind: "accepts", values: ["a"] }), false);
    assert.equal(isWeaker({ kind: "accepts", values: ["a"] }, { kind: "accepts", values: undefined }), true);
    assert.equal(isWeaker({ kind: "signers", rank: 1, values: ["public"] }, { kind: "signers", rank: 3, values: ["x"] }), false);
    assert.equal(isWeaker({ kind: "signers", rank: 3, values: ["x"] }, { kind: "signers", rank: 3, values: ["y"] }), true);
    assert.equal(isWeaker({ kind: "addresses", values: [] }, { kind: "addresses", values: ["::/0"] }), false);
    assert.equal(isWeaker({ kind: "addresses", values: ["10.0.0.0/8"] }, { kind: "addresses", values: ["::/0"] }), true);
  });
});
