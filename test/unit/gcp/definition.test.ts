import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { OpenApiDefinition } from "../../../components/backends/gcp/definition/openapi.ts";
import { openapiDefinition } from "../../../components/backends/gcp/definition/openapi.ts";
import { sidecarConfig } from "../../../components/backends/gcp/sidecar/config.ts";
import type { GatewayModel, Route } from "../../../components/spec/model.ts";
import { modelOf, planOf, resource } from "../../support/plan.ts";

const IN = join(import.meta.dirname, "..", "..", "golden", "gcp", "in");
const files = globSync("*.yaml", { cwd: IN }).map((file) => join(IN, file));

async function assertValid(definition: OpenApiDefinition): Promise<void> {
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(definition)));
  assert.ok(valid, JSON.stringify(errors));
}

/** What ESPv2 does with a request, read from the definition alone: the first segment-wise match. */
function operationFor(definition: OpenApiDefinition, method: string, path: string) {
  const wanted = path.split("/");
  const fits = (template: string) => {
    const parts = template.split("/");
    for (const [index, part] of parts.entries()) {
      if (part === "**") return true;
      if (wanted[index] === undefined || (!/^\{.*\}$/.test(part) && part !== wanted[index])) return false;
    }
    return parts.length === wanted.length;
  };
  const candidates = Object.keys(definition.paths).filter((template) => fits(template) && method in (definition.paths[template] ?? {}));
  candidates.sort((a, b) => rank(b) - rank(a));
  const [best] = candidates;
  return best === undefined ? undefined : definition.paths[best]?.[method];
}
const rank = (template: string) =>
  template.split("/").reduce((sum, part) => sum * 3 + (part === "**" ? 0 : part.startsWith("{") ? 1 : 2), 1);

const samplePath = ({ path }: Route) => {
  const fixed = path.segments.map((segment) => `/${"literal" in segment ? segment.literal : "x-1"}`).join("");
  return path.kind === "prefix" ? `${fixed}/y/z` : fixed || "/";
};

/** What a route asks for that ESPv2 can check, from the model alone. */
function expectedSecurity(route: Route, model: GatewayModel): string[] {
  if (route.requirement.kind === "public") return [];
  const { alternatives } = route.requirement;
  const key = alternatives.every(({ apiKey }) => apiKey) ? ["api_key"] : [];
  const all = alternatives.flatMap(({ jwt }) => jwt?.providers ?? []);
  const visible = alternatives.every(({ jwt }) => jwt) && all.every((name) => model.jwtProviders[name]?.keys.kind === "remote");
  const tokens = visible ? [...new Set(all)].map((name) => [`jwt_${name}`, ...key]) : [];
  return (tokens.length > 0 ? tokens : key.length > 0 ? [key] : []).map((names) => names.sort().join("+")).sort();
}

interface EnvoyConfig {
  static_resources: { listeners: { filter_chains: { filters: { typed_config: { route_config: unknown } }[] }[] }[] };
}

describe("Endpoints definition", () => {
  for (const file of files)
    it(`is valid OpenAPI 2.0 and says what the model says: ${file.slice(IN.length + 1)}`, async () => {
      const model = await modelOf({ file });
      const definition = openapiDefinition(model);
      await assertValid(definition);
      const routes = JSON.stringify(
        (JSON.parse(sidecarConfig(model, {}, { folder: "/etc/gateway" })) as EnvoyConfig).static_resources.listeners[0]?.filter_chains[0]
          ?.filters[0]?.typed_config.route_config,
      );
      for (const route of model.routes)
        for (const method of route.methods) {
          const operation = operationFor(definition, method.toLowerCase(), samplePath(route));
          assert.ok(operation, `${method} ${route.path.text} has no operation`);
          assert.deepEqual(operation.security.map((entry) => Object.keys(entry).sort().join("+")).sort(), expectedSecurity(route, model));
          assert.equal(operation["x-google-backend"]?.deadline, route.timeoutMs / 1000);
          for (const { name } of route.backends)
            assert.ok(routes.includes(`"cluster":"backend-${name}"`), `${route.name} does not lead to ${name}`);
        }
      for (const provider of Object.values(model.jwtProviders)) {
        const scheme = definition.securityDefinitions?.[`jwt_${provider.name}`];
        if (scheme === undefined || scheme.type !== "oauth2") continue;
        assert.equal(scheme["x-google-issuer"], provider.issuer);
        assert.equal(scheme["x-google-jwks_uri"], provider.keys.kind === "remote" ? provider.keys.uri : "");
        assert.deepEqual(scheme["x-google-audiences"].split(","), provider.audiences);
      }
      const ids = Object.values(definition.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
      assert.equal(new Set(ids).size, ids.length);
    });

  it("keeps every text of a document where it belongs", async () => {
    const base = readFileSync(join(IN, "minimal.yaml"), "utf8");
    const odd = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(..."{}[]\"'\\:,*/$#&=-_.~!()+@ aZ09é\n") });
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,10}[A-Za-z0-9]$/);
    const segment = fc.stringMatching(/^[A-Za-z0-9._~!$&'()+,=@-]{1,12}$/);
    await fc.assert(
      fc.asyncProperty(odd, name, name, segment, async (summary, first, second, part) => {
        fc.pre(first !== second && part !== "." && part !== "..");
        const route = (path: string) => ({ path, methods: ["GET"], backend: "orders", public: true, summary });
        const model = await modelOf(base, { overlays: [{ routes: { [first]: route(`/a/${part}`), [second]: route(`/b/${part}/*`) } }] });
        const definition = openapiDefinition(model);
        await assertValid(definition);
        assert.deepEqual(
          Object.keys(definition.paths).sort(),
          ["/.well-known/gateway-health", `/a/${part}`, `/b/${part}/**`, "/health"].sort(),
        );
        assert.equal(definition.paths[`/a/${part}`]?.get?.summary, summary);
      }),
      { numRuns: 60 },
    );
  }).timeout(30_000);

  it("has as many resources for 1,000 routes as for 10", async () => {
    const base = readFileSync(join(IN, "minimal.yaml"), "utf8");
    const routes = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `r${index}`,
          { path: `/r/${index}/{id}`, methods: ["GET"], backend: "orders", public: true },
        ]),
      );
    const small = await planOf("gcp", base, { overlays: [{ routes: routes(10) }] });
    const large = await planOf("gcp", base, { overlays: [{ routes: routes(1000) }] });
    assert.deepEqual(
      large.resources.map(({ type, name }) => `${type} ${name}`).sort(),
      small.resources.map(({ type, name }) => `${type} ${name}`).sort(),
    );
    const definition = JSON.parse(String(resource(large, "gcp:endpoints/service:Service").inputs.openapiConfig)) as OpenApiDefinition;
    assert.equal(Object.keys(definition.paths).length, 1002);
    await assertValid(definition);
  }).timeout(30_000);
});
