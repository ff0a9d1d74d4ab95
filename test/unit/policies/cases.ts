import type { Subject } from "../../../policy-packs/secure-gateway/rules/subject.ts";

/** What a value looks like that only the cloud knows. */
export const LATER = "(known after deployment)";

/** How a plan writes a reference to another resource. */
export const ref = (to: string) => `\${${to}}`;

type Props = Record<string, unknown>;
type Neighbour = { readonly type: string; readonly props?: Props; readonly uses?: boolean; readonly usedBy?: boolean };

/** A resource, and what stands next to it: `uses` the resource, or is `usedBy` it. */
export interface Case {
  readonly props: Props;
  readonly type?: string;
  readonly beside?: readonly Neighbour[];
}

/** Per rule: resources that keep it, that break it, and that cannot be judged yet (none where a rule reads nothing a cloud decides). */
export interface RuleCases {
  readonly pass: readonly Case[];
  readonly fail: readonly Case[];
  readonly undefined: readonly Case[];
}

/** Subjects of a case; the first is the one judged. */
export function subjectsOf({ props, type, beside = [] }: Case, ruleType: string): [Subject, ...Subject[]] {
  const used = beside.flatMap(({ usedBy }, index) => (usedBy ? [`beside-${index}`] : []));
  return [
    { type: type ?? ruleType, name: "it", key: "it", props, dependsOn: used },
    ...beside.map((neighbour, index) => ({
      type: neighbour.type,
      name: `beside-${index}`,
      key: `beside-${index}`,
      props: neighbour.props ?? {},
      dependsOn: neighbour.uses ? ["it"] : [],
    })),
  ];
}
