import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { rules } from "./rules/index.ts";
import type { Rule } from "./rules/rule.ts";
import { type Subject, typeOf } from "./rules/subject.ts";
import { sentence, violations } from "./violations.ts";

const common = (rule: Rule) => ({
  name: rule.id,
  displayName: rule.title,
  description: `${rule.title}. ${rule.why}`,
  severity: rule.severity,
  remediationSteps: rule.remedy,
  tags: [...rule.sources],
});

function resourcePolicy(rule: Rule): ResourceValidationPolicy {
  const { remediate } = rule;
  const subjectOf = ({ type, name, urn, props }: { type: string; name: string; urn: string; props: Record<string, unknown> }): Subject => ({
    type: typeOf(type),
    name,
    key: urn,
    props,
    dependsOn: [],
  });
  return {
    ...common(rule),
    enforcementLevel: rule.level,
    validateResource: (resource, report) => {
      for (const violation of violations([subjectOf(resource)], [rule]))
        if (violation.result === "fail") report(sentence(violation), resource.urn);
    },
    ...(remediate === undefined
      ? {}
      : {
          remediateResource: (resource) => {
            const failed = violations([subjectOf(resource)], [rule]).some(({ result }) => result === "fail");
            return failed ? remediate(resource.props) : undefined;
          },
        }),
  };
}

function stackPolicy(rule: Rule): StackValidationPolicy {
  return {
    ...common(rule),
    enforcementLevel: rule.level,
    validateStack: ({ resources }, report) => {
      const subjects = resources.map(subjectOfStack);
      for (const violation of violations(subjects, [rule]))
        if (violation.result === "fail") report(sentence(violation), violation.resource.key);
    },
  };
}

const subjectOfStack = ({ type, name, urn, props, dependencies, propertyDependencies }: PolicyResource): Subject => ({
  type: typeOf(type),
  name,
  key: urn,
  props,
  dependsOn: [...new Set([...dependencies, ...Object.values(propertyDependencies).flat()].map((dependency) => dependency.urn))],
});

/** The rules in the form CrossGuard runs them. A value that is not known during preview is judged by the update itself. */
export const policies = rules
  .filter(({ planOnly }) => !planOnly)
  .map((rule) => (rule.wholeStack ? stackPolicy(rule) : resourcePolicy(rule)));
