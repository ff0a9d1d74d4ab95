import assert from "node:assert/strict";
import type { input } from "@pulumi/aws/types/index.js";
import { describe, it } from "mocha";
import { retention } from "../../../components/backends/aws/firewall.ts";
import {
  AMBIGUOUS_PATH,
  floodRules,
  headerNamePatterns,
  MANAGED_GROUPS,
  numbersUpTo,
  shapeRules,
} from "../../../components/backends/aws/firewall-rules.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { modelOf } from "../../support/plan.ts";
import { EDGE, LOGIN, text } from "./documents.ts";

type Statement = input.wafv2.WebAclRuleStatement;

interface Request {
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const get = (path: string, more: Partial<Request> = {}): Request => ({
  path,
  query: "",
  headers: { host: "api.shop.example.com" },
  body: "",
  ...more,
});

/** What a web ACL makes of a statement, by its documentation. */
function holds(statement: Statement, request: Request): boolean {
  const s = JSON.parse(JSON.stringify(statement));
  if (s.andStatement) return s.andStatement.statements.every((one: Statement) => holds(one, request));
  if (s.orStatement) return s.orStatement.statements.some((one: Statement) => holds(one, request));
  if (s.notStatement) return !holds(s.notStatement.statement, request);
  const match = s.regexMatchStatement ?? s.sizeConstraintStatement;
  const lower = match.textTransformations[0].type === "LOWERCASE";
  const values = fieldsOf(match.fieldToMatch, request).map((value) => (lower ? value.toLowerCase() : value));
  if (s.regexMatchStatement) return values.some((value) => new RegExp(match.regexString).test(value));
  assert.equal(match.comparisonOperator, "GT");
  return values.some((value) => Buffer.byteLength(value) > match.size);
}

function fieldsOf(field: Record<string, { name: string } & { matchScope: string }[]>, request: Request): string[] {
  if (field.uriPath) return [request.path];
  if (field.queryString) return [request.query];
  if (field.body) return [request.body];
  if (field.singleHeader)
    return request.headers[field.singleHeader.name] === undefined ? [] : [request.headers[field.singleHeader.name] as string];
  if (field.headers?.[0]?.matchScope === "KEY") return Object.keys(request.headers);
  if (field.headers)
    return [
      Object.entries(request.headers)
        .map(([name, value]) => `${name}:${value}`)
        .join(""),
    ];
  throw new Error(`unknown field ${JSON.stringify(field)}`);
}

/** The first rule that blocks, and its status. */
const blockedBy = (model: GatewayModel, request: Request, edge = true): string | undefined => {
  const rule = shapeRules(model, edge).find(({ statement }) => holds(statement, request));
  return rule && `${rule.name} ${rule.status}`;
};

describe("AWS firewall rules", () => {
  it("refuse every ambiguous spelling of a path", () => {
    const pattern = new RegExp(AMBIGUOUS_PATH);
    for (const path of [
      "/a%2fb",
      "/a%2Fb",
      "/a%5cb",
      "/a%5Cb",
      "/a\\b",
      "/a%00",
      "/%2e%2e/admin",
      "/a/%2E/b",
      "/a/./b",
      "/a/../admin",
      "/..",
      "/a/..",
      "/a/.",
      "//admin",
      "/a//b",
      "/a/..;/admin",
      "/a%252fb",
      "/a%25",
      "/a%3fb",
      "/a%23b",
      "/a%3bjsessionid=1",
      "/..;x",
    ])
      assert.ok(pattern.test(path.toLowerCase()), path);
    for (const path of [
      "/",
      "/orders",
      "/orders/1.5",
      "/files/.well-known",
      "/a/...",
      "/files/a..b",
      "/caf%C3%A9",
      "/a;v=1",
      "/a%20b",
      "/a/b/",
    ])
      assert.ok(!pattern.test(path.toLowerCase()), path);
  });

  it("keep every path, header and body rule in one model", async () => {
    const model = await modelOf(
      text(EDGE, {
        jwt: { providers: { login: { ...LOGIN, claimToHeaders: { "x-shop-tenant": "tenant" } } } },
        limits: { url: "2KiB", headers: "1KiB", body: 1000 },
        routes: { health: { public: null, require: [{ jwt: "login" }] } },
      }),
    );
    const headers = { host: "api.shop.example.com" };
    assert.equal(blockedBy(model, get("/health")), undefined);
    assert.equal(blockedBy(model, get("/a/../b")), "path 400");
    for (const name of [
      "x_tenant",
      "X-Gateway-Subject",
      "x-gateway-client-ip",
      "x-shop-tenant",
      "X-Shop-Tenant",
      "cloudfront-viewer-cert-pem",
    ])
      assert.equal(blockedBy(model, get("/", { headers: { ...headers, [name]: "1" } })), "header-names-1 400", name);
    assert.equal(blockedBy(model, get("/", { headers: { ...headers, "cloudfront-viewer-cert-pem": "1" } }), false), undefined);
    for (const name of ["x-shop-tenants", "authorization", "x-request-id", "my-x-gateway-1"])
      assert.equal(blockedBy(model, get("/", { headers: { ...headers, [name]: "1" } })), undefined, name);
    assert.equal(blockedBy(model, get("/", { headers: { ...headers, "x-long": "y".repeat(1000) } })), "header-length 431");
    assert.equal(blockedBy(model, get("/", { body: "x", headers: { ...headers, "content-length": "1" } })), undefined);
    assert.equal(blockedBy(model, get("/", { body: "x", headers: { ...headers, "content-length": "1000" } })), undefined);
    for (const length of ["1001", "-1", "1e3", "0x3e8", "", " 5", "10000000000"])
      assert.equal(blockedBy(model, get("/", { body: "x", headers: { ...headers, "content-length": length } })), "body-length 413", length);
    assert.equal(blockedBy(model, get("/", { body: "x" })), "body-length 413");
    assert.equal(blockedBy(model, get("/", { headers: { ...headers, "content-length": "0" } })), undefined);
  });

  it("keep path and query together within the declared length", async () => {
    for (const url of [256, 1024, 3000, 8192]) {
      const model = await modelOf(text(EDGE, { limits: { url } }));
      const step = Math.min(1024, Math.floor(url / 2));
      for (let path = 1; path <= url + 200; path += path > url - 3 || path < 3 ? 1 : 97) {
        for (let query = 0; query <= url + 200; query += query > url - 1030 && query < url - 1020 ? 1 : 89) {
          const total = path + (query === 0 ? 0 : query + 1);
          const blocked = blockedBy(model, get("/".padEnd(path, "a"), { query: "q".repeat(query) }));
          if (total > url) assert.equal(blocked, "url-length 414", `${path} and ${query} of ${url}`);
          else if (total <= url - step) assert.equal(blocked, undefined, `${path} and ${query} of ${url}`);
        }
      }
    }
  });

  it("know exactly the numbers up to a limit", () => {
    for (const limit of [0, 1, 9, 10, 11, 64, 99, 100, 101, 999, 1000, 1024, 1999, 2050]) {
      const pattern = new RegExp(`^0*(${numbersUpTo(limit)})$`);
      for (let number = 0; number <= 3000; number++)
        assert.equal(pattern.test(String(number)), number <= limit, `${number} up to ${limit}`);
    }
    const large = new RegExp(`^0*(${numbersUpTo(1_048_576)})$`);
    for (const [number, within] of [
      ["1048576", true],
      ["1048577", false],
      ["1048499", true],
      ["999999", true],
      ["10000000", false],
      ["0001048576", true],
    ] as const)
      assert.equal(large.test(number), within, number);
  });

  it("stay within what a web ACL takes", async () => {
    const claimToHeaders = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`x-shop-claim-number-${i}`, `claim${i}`]));
    const model = await modelOf(
      text(EDGE, {
        jwt: { providers: { login: { ...LOGIN, claimToHeaders } } },
        limits: { url: "16KiB", body: 10_000_000 },
        routes: { health: { public: null, require: [{ jwt: "login" }] } },
      }),
    );
    const patterns = [...JSON.stringify(shapeRules(model, true)).matchAll(/"regexString":"((?:[^"\\]|\\.)*)"/g)].map(
      (match) => JSON.parse(`"${match[1]}"`) as string,
    );
    assert.ok(patterns.length > 4);
    for (const pattern of patterns) assert.ok(pattern.length <= 200, `${pattern.length}: ${pattern}`);
    for (const header of Object.keys(claimToHeaders))
      assert.ok(
        headerNamePatterns(model, true).some((pattern) => new RegExp(pattern).test(header)),
        header,
      );
  });

  it("shut out an address once it sends more than its bucket holds in a minute", async () => {
    const model = await modelOf(
      text(EDGE, {
        rateLimit: [
          { requests: 50, per: "second", burst: 100, key: "clientIp" },
          { requests: 900, per: "second", key: "gateway" },
        ],
      }),
    );
    assert.deepEqual(floodRules(model.rateLimits), [
      { name: "flood-1", status: 429, statement: { rateBasedStatement: { limit: 3100, evaluationWindowSec: 60, aggregateKeyType: "IP" } } },
    ]);
    const slow = await modelOf(text(EDGE, { rateLimit: { requests: 1, per: "hour", key: "clientIp" } }));
    assert.match(JSON.stringify(floodRules(slow.rateLimits)), /"limit":10,/);
  });

  it("take AWS's groups against common attacks, Log4j among them", () => {
    assert.deepEqual(MANAGED_GROUPS, [
      { name: "AWSManagedRulesAmazonIpReputationList" },
      { name: "AWSManagedRulesCommonRuleSet", exclude: ["SizeRestrictions_BODY"] },
      { name: "AWSManagedRulesKnownBadInputsRuleSet" },
      { name: "AWSManagedRulesSQLiRuleSet" },
    ]);
  });

  it("keep logs as long as declared, rounded up to what CloudWatch offers", () => {
    for (const [days, kept] of [
      [1, 1],
      [2, 3],
      [30, 30],
      [31, 60],
      [365, 365],
      [366, 400],
      [3653, 3653],
      [5000, 3653],
    ] as const)
      assert.equal(retention(days), kept);
  });
});
