import assert from "node:assert/strict";
import { reviewPolicies } from "../../../automation/policies.ts";
import { rules } from "../../../policy-packs/secure-gateway/rules/index.ts";
import { awsStacks } from "./by-hand/aws/index.ts";
import { azureStacks } from "./by-hand/azure/index.ts";
import { gcpStacks } from "./by-hand/gcp/index.ts";
import { recorded } from "./by-hand/record.ts";

const CLOUDS = { AWS: awsStacks, Azure: azureStacks, "Google Cloud": gcpStacks };

describe("The policy pack on stacks written by hand", () => {
  for (const [cloud, stacks] of Object.entries(CLOUDS))
    for (const { name, program, findings } of stacks)
      it(`${cloud}, ${name}: ${findings.length} findings, and no other`, async () => {
        const { broken, advice } = reviewPolicies(await recorded(program));
        const found = [...broken, ...advice].map(({ id, path }) => `${id} ${path.split(".")[1]}`);
        assert.deepEqual(found.sort(), [...findings].sort());
      });

  it("finds a fault by every rule", () => {
    const told = new Set(
      Object.values(CLOUDS).flatMap((stacks) => stacks.flatMap(({ findings }) => findings.map((one) => one.split(" ")[0]))),
    );
    assert.deepEqual(
      rules.map(({ id }) => id).filter((id) => !told.has(id)),
      [],
    );
  });
});
