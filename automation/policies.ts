import type { Finding } from "../components/backends/contract.ts";
import { type Subject, typeOf } from "../policy-packs/secure-gateway/rules/subject.ts";
import { type Violation, violations } from "../policy-packs/secure-gateway/violations.ts";
import type { PlannedResource } from "./plan/recorder.ts";

/** What the policy pack says about a plan: the same rules that run in the engine, before anything runs. */
export interface PolicyReview {
  /** Rules that stop a deployment. */
  readonly broken: readonly Finding[];
  /** Advice. */
  readonly advice: readonly Finding[];
}

/** Judges planned resources by the policy pack. What only the cloud knows is left to the engine's own run of the pack. */
export function reviewPolicies(resources: readonly PlannedResource[]): PolicyReview {
  const failed = violations(resources.map(subjectOf)).filter(({ result }) => result === "fail");
  const findings = (level: "mandatory" | "advisory") => failed.filter(({ rule }) => rule.level === level).map(findingOf);
  return { broken: findings("mandatory"), advice: findings("advisory") };
}

const subjectOf = ({ type, name, inputs, dependsOn }: PlannedResource): Subject => ({
  type: typeOf(type),
  name,
  key: name,
  props: inputs,
  dependsOn,
});

const findingOf = ({ rule, resource, path, message }: Violation): Finding => ({
  id: rule.id,
  severity: rule.level === "mandatory" ? "warning" : "info",
  path: `resources.${resource.name}${path === "" ? "" : `.${path}`}`,
  message: `${message}. ${rule.why}`,
  remedy: rule.remedy,
});
