import type { OpenPlan } from "../../../open-plan.ts";
import type { Observations } from "../../../verdicts.ts";

/** Types whose names are their ids in an account and region, so that the second of a name is refused. */
const NAMED = new Set([
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:lb/loadBalancer:LoadBalancer",
  "aws:lb/targetGroup:TargetGroup",
  "aws:secretsmanager/secret:Secret",
  "aws:wafv2/ipSet:IpSet",
  "aws:wafv2/webAcl:WebAcl",
]);

/** No two resources of a plan want the same name. */
export function observeNames(plan: OpenPlan, o: Observations): void {
  const seen = new Map<string, string>();
  for (const { type, name, inputs } of plan.resources) {
    if (!NAMED.has(type) || inputs.name === undefined) continue;
    const key = `${type} ${inputs.region ?? ""} ${inputs.name}`;
    o.holds("host.only", name, `its name is not that of ${seen.get(key) ?? "another"} (deployable)`, !seen.has(key));
    seen.set(key, name);
  }
}
