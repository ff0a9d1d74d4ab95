import { rules as allRules } from "./rules/index.ts";
import type { Rule } from "./rules/rule.ts";
import type { Subject } from "./rules/subject.ts";

/** A rule that a resource does not keep, or that cannot be judged yet. */
export interface Violation {
  readonly rule: Rule;
  readonly resource: Subject;
  /** `fail`, or `undefined` where the value is known only after deployment. */
  readonly result: "fail" | "undefined";
  /** Property of the resource; empty when something next to it is missing. */
  readonly path: string;
  readonly message: string;
}

export const appliesTo = (rule: Rule, type: string) => rule.types.includes("*") || rule.types.includes(type);

/** Judges every resource of a stack by every rule; passes are left out. */
export function violations(resources: readonly Subject[], rules: readonly Rule[] = allRules): Violation[] {
  return rules.flatMap((rule) =>
    resources
      .filter(({ type }) => appliesTo(rule, type))
      .flatMap((resource): Violation[] => {
        const verdict = rule.judge(resource, resources);
        if (verdict.result === "pass") return [];
        const message = verdict.result === "fail" ? verdict.message : "is known only after deployment";
        return [{ rule, resource, result: verdict.result, path: verdict.path, message }];
      }),
  );
}

/** One sentence for a reader: what is wrong where, and what to do. */
export const sentence = ({ rule, resource, path, message }: Violation) =>
  `${resource.name}${path === "" ? "" : `.${path}`} ${message}. ${rule.why} ${rule.remedy}`;
