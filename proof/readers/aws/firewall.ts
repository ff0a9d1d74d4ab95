import { within } from "../../addresses.ts";
import type { Json } from "../json.ts";
import type { Resources } from "../resources.ts";

/** A request as AWS WAF inspects it. */
export interface Inspected {
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodyBytes?: number;
  readonly address?: string;
}

/** What a web ACL does with a request: the number of its answer, or that it lets it through. */
export function inspect(resources: Resources, acl: Json, request: Inspected): number | "passed" {
  const rules = [...((acl.rules ?? []) as Json[])].sort((a, b) => a.priority - b.priority);
  for (const { statement, action } of rules) {
    if (!matches(resources, statement, request)) continue;
    if (action?.block) return Number(action.block.customResponse?.responseCode ?? 403);
    if (action?.allow) return "passed";
  }
  return acl.defaultAction?.allow ? "passed" : 403;
}

function matches(resources: Resources, statement: Json, request: Inspected): boolean {
  const [kind = ""] = Object.keys(statement);
  const inner = statement[kind];
  switch (kind) {
    case "andStatement":
      return (inner.statements as Json[]).every((one) => matches(resources, one, request));
    case "orStatement":
      return (inner.statements as Json[]).some((one) => matches(resources, one, request));
    case "notStatement":
      return !matches(resources, inner.statement, request);
    case "ipSetReferenceStatement": {
      const set = resources.behind(inner.arn, "aws:wafv2/ipSet:IpSet");
      const forwarded = inner.ipSetForwardedIpConfig;
      if (set === undefined || forwarded) return false;
      return (set.inputs.addresses as string[]).some((block) => within(request.address ?? "192.0.2.1", block));
    }
    case "regexMatchStatement":
      return fields(inner, request).some((value) => new RegExp(inner.regexString, "s").test(value));
    case "byteMatchStatement":
      return fields(inner, request).some((value) =>
        inner.positionalConstraint === "EXACTLY" ? value === inner.searchString : value.includes(inner.searchString),
      );
    case "sizeConstraintStatement":
      return fields(inner, request).some((value) => compares(value.length, inner.comparisonOperator, Number(inner.size)));
    case "rateBasedStatement":
    case "managedRuleGroupStatement":
      return false;
    default:
      throw new Error(`WAF statement ${kind}`);
  }
}

function fields(statement: Json, request: Inspected): string[] {
  const { fieldToMatch: field } = statement;
  const lower = (statement.textTransformations ?? []).some(({ type }: Json) => type === "LOWERCASE");
  const values = field.uriPath
    ? [request.path ?? "/"]
    : field.queryString
      ? [request.query ?? ""]
      : field.body
        ? ["b".repeat(Math.min(request.bodyBytes ?? 0, 20_000))]
        : field.singleHeader
          ? [request.headers?.[field.singleHeader.name] ?? (undefined as unknown as string)].filter((value) => value !== undefined)
          : field.headers?.[0]?.matchScope === "KEY"
            ? Object.keys(request.headers ?? {})
            : field.headers
              ? Object.entries(request.headers ?? {}).map(([name, value]) => `${name}${value}`)
              : unknown(field);
  return lower ? values.map((value) => value.toLowerCase()) : values;
}

function unknown(field: Json): never {
  throw new Error(`WAF field ${Object.keys(field)}`);
}

function compares(size: number, operator: string, limit: number): boolean {
  if (operator === "GT") return size > limit;
  if (operator === "GE") return size >= limit;
  throw new Error(`WAF comparison ${operator}`);
}
