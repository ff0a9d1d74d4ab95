import assert from "node:assert/strict";
import { rules } from "../../../policy-packs/secure-gateway/rules/index.ts";
import { appliesTo } from "../../../policy-packs/secure-gateway/violations.ts";
import { awsCases } from "./aws.ts";
import { azureCases } from "./azure.ts";
import { LATER, type RuleCases, subjectsOf } from "./cases.ts";
import { gcpCases } from "./gcp.ts";

const commonCases: Record<string, RuleCases> = {
  "private-key-in-plaintext": {
    pass: [
      { props: { privateKey: "[secret]" } },
      { props: { certificate: "-----BEGIN CERTIFICATE-----\nMII" } },
      { props: { list: [LATER, 1, null] } },
    ],
    fail: [
      { props: { privateKey: "-----BEGIN PRIVATE KEY-----\nMII" } },
      { props: { deep: [{ pem: "x\n-----BEGIN EC PRIVATE KEY-----\nMII" }] } },
      { props: { pem: "-----BEGIN ENCRYPTED PRIVATE KEY-----" } },
    ],
    undefined: [],
  },
};
const cases: Record<string, RuleCases> = { ...commonCases, ...awsCases, ...azureCases, ...gcpCases };

describe("The policy pack's rules", () => {
  it("have identifiers of their own, a reason, a remedy, and cases", () => {
    assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
    assert.deepEqual(Object.keys(cases).sort(), rules.map(({ id }) => id).sort());
    for (const { id, title, why, remedy } of rules) {
      assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)+$/);
      assert.doesNotMatch(title, /\.$/, id);
      for (const sentence of [why, remedy]) assert.match(sentence, /^[A-Z].*\.$/, id);
    }
  });

  for (const rule of rules) {
    const { pass, fail, undefined: undecided } = cases[rule.id] ?? { pass: [], fail: [], undefined: [] };
    it(`${rule.id}: ${pass.length} pass, ${fail.length} fail, ${undecided.length} undefined`, () => {
      assert.ok(pass.length > 0 && fail.length > 0);
      const type = rule.types[0] === "*" ? "any:index:Thing" : String(rule.types[0]);
      for (const [result, list] of Object.entries({ pass, fail, undefined: undecided }))
        for (const one of list) {
          const [subject, ...others] = subjectsOf(one, type);
          assert.ok(appliesTo(rule, subject.type));
          const verdict = rule.judge(subject, [subject, ...others]);
          assert.equal(verdict.result, result, `${JSON.stringify(one)} → ${JSON.stringify(verdict)}`);
          if (verdict.result === "fail") assert.match(verdict.message, /\S/);
        }
    });
  }

  it("hold after their own remediation", () => {
    for (const rule of rules.filter(({ remediate }) => remediate !== undefined))
      for (const one of cases[rule.id]?.fail ?? []) {
        const [subject] = subjectsOf(one, String(rule.types[0]));
        const remedied = { ...subject, props: rule.remediate?.({ ...subject.props }) ?? {} };
        assert.deepEqual(rule.judge(remedied, [remedied]), { result: "pass" }, rule.id);
      }
  });
});
