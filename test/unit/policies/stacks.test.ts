import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { planGateway } from "../../../automation/plan/plan.ts";
import { reviewPolicies } from "../../../automation/policies.ts";
import type { Cloud } from "../../../components/backends/contract.ts";
import { modelOf } from "../../support/plan.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

/** Advice that a stack of this project does not follow, with the reason. */
const NOT_FOLLOWED: Readonly<Record<string, string>> = {
  "aws-rest-tracing": "the development and on-premises stacks ask for no tracing",
  "aws-waf-known-bad-inputs": "only the production stack asks for managed rules",
  "aws-rest-client-certificate": "an ALB in between would not pass it on",
  "gcp-backend-logs": "the load balancer's log holds whole URLs and keys; the gateway writes its own",
  "gcp-armor-log4j": "only the production stack asks for managed rules",
};

describe("The project's own stacks", function () {
  this.timeout(60_000);
  const followed = new Set(Object.keys(NOT_FOLLOWED));
  for (const file of readdirSync(join(ROOT, "stacks")).filter((name) => name.endsWith(".yaml"))) {
    const stack = /^Pulumi\.(.*)\.yaml$/.exec(file)?.[1] ?? "";
    it(`${stack} keeps every mandatory policy`, async () => {
      const { config } = parse(readFileSync(join(ROOT, "stacks", file), "utf8")) as { config: Record<string, unknown> };
      const document = join(ROOT, String(config["secure-gateway:document"]));
      const model = await modelOf({ file: document }, { overlays: [config["secure-gateway:overlay"] ?? {}] });
      const cloud = config["secure-gateway:cloud"] as Cloud;
      const { resources } = await planGateway({ cloud, model, stack, documentFolder: dirname(document) });
      const { broken, advice } = reviewPolicies(resources);
      assert.deepEqual(broken, []);
      for (const { id } of advice) {
        assert.ok(id in NOT_FOLLOWED, `${id} is not followed, and no reason is given`);
        followed.delete(id);
      }
    });
  }

  it("have no reason left that nothing needs", () => {
    assert.deepEqual([...followed], []);
  });
});
