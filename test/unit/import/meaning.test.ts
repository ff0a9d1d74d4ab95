import assert from "node:assert/strict";
import { rangeBlocks } from "../../../import/azure/addresses.ts";
import { prefixPaths, regexPaths } from "../../../import/paths.ts";
import { imported, importText } from "./support.ts";

type Routes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const routesOf = (text: string, options = {}) => importText(text, options).document.routes as Routes;
const reported = (text: string) => importText(text).leftovers.map(({ weight, what }) => `${weight}: ${what}`);

describe("what an import takes over", () => {
  it("a prefix of Kong and Gateway API is the path itself and everything below it", () => {
    assert.deepEqual(prefixPaths("/a/b/"), [
      { path: "/a/b", suffix: "" },
      { path: "/a/b/*", suffix: "-below" },
    ]);
    assert.deepEqual(prefixPaths("/"), [{ path: "/*", suffix: "" }]);
    assert.equal(prefixPaths("/a b"), undefined);
  });

  it("a regular expression is taken over where it means a template, and never otherwise", () => {
    const path = (expression: string, anchored = true) => regexPaths(expression, anchored)?.map((one) => one.path);
    assert.deepEqual(path("^/orders/(?<id>[^/]+)$"), ["/orders/{id}"]);
    assert.deepEqual(path("/orders/[^/]+/items/([^/]+)"), ["/orders/{part1}/items/{part2}"]);
    assert.deepEqual(path("/files/.*"), ["/files/*"]);
    assert.deepEqual(path("/v1\\.0/a"), ["/v1.0/a"]);
    for (const other of ["/orders/\\d+", "/a|/b", "/v1.0", "/a(b)?", "orders", "/a/[^/]*", "/(?i)a", "/a+"])
      assert.equal(path(other), undefined, other);
    assert.equal(path("/orders", false), undefined, "an expression without an end matches longer paths too");
  });

  it("a range of addresses is exactly the blocks it consists of", () => {
    assert.deepEqual(rangeBlocks("10.0.0.0", "10.0.0.255"), ["10.0.0.0/24"]);
    assert.deepEqual(rangeBlocks("10.0.0.1", "10.0.0.4"), ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/32"]);
    assert.deepEqual(rangeBlocks("0.0.0.0", "255.255.255.255"), ["0.0.0.0/0"]);
    assert.equal(rangeBlocks("10.0.0.2", "10.0.0.1"), undefined);
    assert.equal(rangeBlocks("10.0.0", "10.0.0.1"), undefined);
  });

  it("nothing becomes public unless the input or a person says so", () => {
    const api = (security: string) => `openapi: 3.1.0\ninfo: { title: t }\npaths:\n  /a:\n    get: { operationId: a${security} }\n`;
    const asked = importText(api(""));
    assert.equal((asked.document.routes as Routes).a?.public, undefined);
    assert.ok(asked.questions.some(({ paths }) => paths[0] === "routes.a.require"));
    assert.equal(routesOf(api(", security: []")).a?.public, true);
    assert.equal(routesOf(api(""), { acceptPublic: true }).a?.public, true);
    // A scheme that cannot be carried over leaves a question even then.
    const basic = `${api(", security: [{ b: [] }]")}components: { securitySchemes: { b: { type: http, scheme: basic } } }\n`;
    const refused = importText(basic, { acceptPublic: true });
    assert.deepEqual((refused.document.routes as Routes).a?.public ?? (refused.document.routes as Routes).a?.require, undefined);
    assert.ok(refused.questions.some(({ paths }) => paths[0] === "routes.a.require"));
  });

  it("an http:// backend is asked about, never turned into https", () => {
    const kong =
      "_format_version: '3.0'\nservices: [{ name: s, url: 'http://a.example', routes: [{ name: r, paths: [/a], methods: [GET] }] }]\n";
    const { document, questions } = importText(kong);
    assert.deepEqual((document.backends as Routes).s, {});
    assert.equal(
      questions.find(({ paths }) => paths[0] === "backends.s.url")?.what,
      'the https:// address of this backend; the input has "http://a.example"',
    );
  });

  it("authentication plugins of several levels are asked for together; a nearer plugin replaces a farther one of its kind", () => {
    const kong = `
_format_version: "3.0"
plugins: [{ name: key-auth }, { name: rate-limiting, config: { second: 5, limit_by: ip } }]
consumers: [{ username: a }]
services:
  - name: s
    url: https://a.example
    routes:
      - name: r
        paths: [/a]
        methods: [GET]
        strip_path: false
        plugins: [{ name: mtls-auth, config: {} }, { name: rate-limiting, config: { minute: 9, limit_by: service } }]
`;
    const route = routesOf(kong).r;
    assert.deepEqual(route?.require, [{ apiKey: true, clientCertificate: true }]);
    assert.deepEqual(route?.rateLimit, { requests: 9, per: "minute", key: "gateway" });
  });

  it("what loosens is reported as a protection that is missing", () => {
    const lines = reported(`
openapi: 3.0.1
info: { title: t }
x-amazon-apigateway-policy: { Statement: [] }
paths:
  /a:
    get:
      security: [{ l: [] }]
      x-amazon-apigateway-integration: { type: http_proxy, uri: "https://a.example/a" }
components:
  securitySchemes:
    l: { type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: custom, x-amazon-apigateway-authorizer: { type: request, authorizerUri: x } }
`);
    assert.ok(lines.includes("protection: the API's resource policy"));
    assert.ok(lines.includes("protection: a Lambda function decides who may call"));
  });

  it("policies of API Management add to what the API asks for", () => {
    const { document } = imported({
      files: [
        { name: "api.yaml", text: "openapi: 3.0.1\ninfo: { title: t }\npaths: { /a: { get: { operationId: a, security: [] } } }\n" },
        {
          name: "p.xml",
          text: '<policies><inbound><validate-azure-ad-token tenant-id="11111111-2222-3333-4444-555555555555"><client-application-ids><application-id>app</application-id></client-application-ids></validate-azure-ad-token><ip-filter action="allow"><address>192.0.2.1</address></ip-filter><ip-filter action="allow"><address>192.0.2.2</address></ip-filter></inbound></policies>',
        },
      ],
    });
    assert.deepEqual((document.routes as Routes).a, {
      path: "/a",
      methods: ["GET"],
      backend: "api",
      require: [{ jwt: "entra", claims: { azp: ["app"] } }],
    });
    // A caller had to be on both lists; the second is reported instead of being added to the first.
    assert.deepEqual(document.access, { allowCidrs: ["192.0.2.1/32"] });
  });
});
