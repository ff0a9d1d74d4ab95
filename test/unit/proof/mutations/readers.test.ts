import assert from "node:assert/strict";
import { PlainSecret } from "../../../../automation/plan/recorder.ts";
import type { OpenPlan } from "../../../../proof/open-plan.ts";
import { planInTheOpen } from "../../../../proof/open-plan.ts";
import { observe } from "../../../../proof/parity/observe.ts";
import { modelOf } from "../../../support/plan.ts";

const DOCUMENT = JSON.stringify({
  name: "small",
  hostname: "api.shop.example.com",
  tls: { certificate: { source: "internal" } },
  access: { denyCidrs: ["198.51.100.0/24"] },
  jwt: {
    providers: {
      login: { issuer: "https://login.example.com", audiences: ["api"], jwksUri: "https://login.example.com/keys", scopes: ["read"] },
    },
  },
  backends: { core: { url: "https://core.shop.example.com" } },
  routes: {
    open: { path: "/open", methods: ["GET"], backend: "core", public: true },
    closed: { path: "/closed", methods: ["GET", "POST"], backend: "core", require: [{ jwt: "login", scopes: ["read"] }] },
  },
});

/** A plan with a text of Envoy's configuration replaced. */
function broken(plan: OpenPlan, from: string, to: string): OpenPlan {
  let hit = false;
  const change = (value: unknown): unknown => {
    if (value instanceof PlainSecret) return new PlainSecret(change(value.value));
    if (typeof value === "string") {
      hit ||= value.includes(from);
      return value.replaceAll(from, to);
    }
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, change(entry)]));
  };
  const resources = plan.resources.map((one) => ({ ...one, inputs: change(one.inputs) as Record<string, unknown> }));
  assert.ok(hit, `${from} is not in the plan`);
  return { ...plan, resources };
}

const BREAKS: Readonly<Record<string, readonly [string, string, string]>> = {
  "an older TLS": ['"tls_minimum_protocol_version":"TLSv1_2"', '"tls_minimum_protocol_version":"TLSv1_0"', "tls.version"],
  "a scope nobody asks for": ['"exact":"read"', '"exact":""', "require.jwt.scopes"],
  "another issuer": ['"issuer":"https://login.example.com"', '"issuer":"https://evil.example"', "require.jwt"],
  "a requirement that is gone": [
    '"action":"DENY","policies":{"1-unauthenticated"',
    '"action":"ALLOW","policies":{"1-unauthenticated"',
    "require.jwt",
  ],
  "escaped slashes kept": ["REJECT_REQUEST", "KEEP_UNCHANGED", "request.path"],
  "a block that is admitted": ['"address_prefix":"198.51.100.0"', '"address_prefix":"198.51.200.0"', "access.deny"],
  "expired tokens": ['"require_expiration":true', '"require_expiration":false', "require.jwt"],
  "a backend under any name": ['"matcher":{"exact":"core.shop.example.com"}', '"matcher":{"prefix":""}', "backend.tls.public"],
};

describe("Readers of broken plans", () => {
  for (const [what, [from, to, control]] of Object.entries(BREAKS))
    it(`notice ${what}`, async () => {
      const model = await modelOf(DOCUMENT);
      const plan = await planInTheOpen({ cloud: "local", model });
      assert.deepEqual(
        observe(plan, model).filter(({ verdict }) => verdict === "weaker"),
        [],
      );
      const noticed = new Set(
        observe(broken(plan, from, to), model)
          .filter(({ verdict }) => verdict !== "exact")
          .map((one) => one.control),
      );
      assert.ok(noticed.has(control as never), `${control} is not among ${[...noticed].join(", ")}`);
    });
});
