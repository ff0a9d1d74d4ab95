import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { describe, it } from "mocha";
import { compilePolicies } from "../../../components/backends/azure/policy/compile.ts";
import { Profiles, targetId } from "../../../components/backends/azure/policy/profiles.ts";
import type { GatewayModel, Route } from "../../../components/spec/model.ts";
import { parsePolicy } from "../../../proof/readers/azure/policy/nodes.ts";
import { inventory, modelOf, planOf } from "../../support/plan.ts";
import { variableOf } from "./policy-reader.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "golden", "azure", "in");

interface Asked {
  readonly method: string;
  readonly path: string;
  /** What a preflight asks for. */
  readonly asks?: string;
}

/** The few words of C# that the route table is written in, as JavaScript. Anything else fails to run. */
function translate(expression: string): string {
  const body = expression.startsWith("@{") ? expression.slice(2, -1) : `return ${expression.slice(2, -1)};`;
  return body
    .replaceAll(/\(\(string\)context\.Variables\[("[^"]*")\]\)/g, "variables[$1]")
    .replaceAll(/foreach \(var (\w+) in ([^{]+)\) \{/g, "for (var $1 of $2) {")
    .replaceAll(/Array\.IndexOf\((\w+), ([^)]+)\)/g, "$1.indexOf($2)")
    .replaceAll("context.Request", "request")
    .replaceAll(/r\.Headers\.GetValueOrDefault\("Access-Control-Request-Method", ""\)/g, "request.Asks")
    .replaceAll('.StartsWith("?", StringComparison.Ordinal)', '.startsWith("?")')
    .replaceAll(".TrimStart('?')", ".replace(/^[?]+/, '')")
    .replaceAll(".Split(", ".split(")
    .replaceAll(".IndexOf(", ".indexOf(")
    .replaceAll(".Substring(", ".substring(")
    .replaceAll(".Length", ".length");
}

type Step = (variables: Record<string, unknown>, request: { readonly Method: string; readonly Asks: string }) => unknown;

/** Walks the compiled document: what it makes of a request, by its own words. */
function walker(model: GatewayModel): (asked: Asked) => Record<string, unknown> {
  const root = parsePolicy(compilePolicies(model).api);
  const steps = (["matches", "entry", "profile", "target", "timeout"] as const).map(
    (name) => [name, runInNewContext(`(variables, request) => { ${translate(variableOf(root, name))} }`) as Step] as const,
  );
  return ({ method, path, asks = "" }) => {
    const variables: Record<string, unknown> = { path };
    for (const [name, run] of steps) variables[name] = run(variables, { Method: method, Asks: asks });
    return variables;
  };
}

/** A path of a route, its parameters filled with what is no literal anywhere. */
const sample = ({ path }: Route): string =>
  `/${[...path.segments.map((segment) => ("literal" in segment ? segment.literal : "zz9")), ...(path.kind === "prefix" ? ["zz8"] : [])].join("/")}${path.trailingSlash && path.segments.length > 0 ? "/" : ""}`;

const many = (count: number): unknown => ({
  name: "shop",
  hostname: "api.shop.example.com",
  azure: {
    tier: "Standard",
    publisher: { email: "api@shop.example.com" },
    certificate: {
      keyVaultSecretId: "https://shop-certs.vault.azure.net/secrets/api-cert",
      keyVaultId: "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/certs/providers/Microsoft.KeyVault/vaults/shop-certs",
    },
  },
  backends: { orders: { url: "https://orders.shop.example.com" }, catalog: { url: "https://catalog.shop.example.com" } },
  routes: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `r${index}`,
      {
        path: index % 3 === 0 ? `/exact/${index}` : index % 3 === 1 ? `/t/${index}/{id}` : `/p/${index}/*`,
        methods: index % 2 === 0 ? ["GET"] : ["POST", "PUT"],
        backend: index % 5 === 0 ? "catalog" : "orders",
        public: true,
        ...(index % 7 === 0 ? { timeout: "3s" } : {}),
      },
    ]),
  ),
});

function reachesEveryRoute(model: GatewayModel): void {
  const walk = walker(model);
  const profiles = new Profiles(model);
  for (const route of model.routes)
    for (const method of route.methods) {
      const found = walk({ method, path: sample(route) });
      assert.deepEqual(
        { entry: found.entry, profile: found.profile, target: found.target, timeout: found.timeout },
        {
          entry: `${route.name}:${profiles.of(route)}`,
          profile: profiles.of(route),
          target: targetId(model, route),
          timeout: route.timeoutMs,
        },
        `${method} ${sample(route)}`,
      );
    }
  assert.equal(walk({ method: "GET", path: "/no/such/path/anywhere/zz" }).matches, "");
}

describe("Azure routes, walked in the compiled document", function () {
  this.timeout(60_000);

  for (const name of globSync("*.yaml", { cwd: FOLDER }).sort())
    it(`${name}: every route by every method`, async () => reachesEveryRoute(await modelOf({ file: join(FOLDER, name) })));

  it("a thousand routes, each to exactly its own", async () => reachesEveryRoute(await modelOf(JSON.stringify(many(1000)))));

  it("lets the most specific path decide alone, and preflights ask for it", async () => {
    const document = many(1) as { routes: object; backends: { catalog?: unknown } };
    delete document.backends.catalog;
    document.routes = {
      any: { path: "/orders/{id}", methods: ["GET", "POST"], backend: "orders", public: true },
      special: { path: "/orders/special", methods: ["POST"], backend: "orders", public: true },
      rest: { path: "/orders/*", methods: ["DELETE"], backend: "orders", public: true },
    };
    const walk = walker(await modelOf(JSON.stringify(document)));
    const entry = (method: string, path: string, asks?: string) =>
      String(walk({ method, path, ...(asks ? { asks } : {}) }).entry).replace(/:.*/, "");
    assert.equal(entry("POST", "/orders/special"), "special");
    assert.equal(entry("GET", "/orders/special"), "");
    assert.equal(entry("GET", "/orders/1"), "any");
    assert.equal(entry("DELETE", "/orders/1"), "");
    assert.equal(entry("DELETE", "/orders/1/2"), "rest");
    assert.equal(entry("OPTIONS", "/orders/1", "POST"), "?any");
    assert.equal(entry("OPTIONS", "/orders/1", "DELETE"), "");
    assert.equal(entry("GET", "/orders/"), "");
  });

  it("has the same resources for 10 and for 1,000 routes", async () => {
    const few = await planOf("azure", JSON.stringify(many(10)));
    const all = await planOf("azure", JSON.stringify(many(1000)));
    assert.deepEqual(inventory(all), inventory(few));
  });
});
