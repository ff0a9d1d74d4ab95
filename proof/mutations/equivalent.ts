import type { Cloud } from "../../components/backends/contract.ts";
import type { MutationResult } from "./run.ts";

/** A mutation that nobody can notice, because in this one plan the broken gateway does the same for every request; elsewhere it would matter. */
export interface Equivalent {
  readonly cloud: Cloud;
  /** The stack, or the seed of the random document, as the report names it. */
  readonly document: string;
  /** How the resource's type ends. */
  readonly type: string;
  readonly pattern: string;
  readonly operator: string;
  readonly reason: string;
}

const PUBLIC =
  "every route is public: the grant is 200 for each profile, so that the refusal for lack of it is never reached and no 401 names a challenge";
const UNASKED =
  "no method the document allows to pages is a method of a route with these headers, so that such a preflight is always refused and this answer is never given";

const inChoose = (rest: string) => `value.(inside).children.inbound.children.choose.children.when.children.${rest}`;

/** Each was looked at by itself; the report lists them with their reasons. */
export const EQUIVALENT: readonly Equivalent[] = [
  ...["seed 5", "seed 6"].flatMap((document): Equivalent[] => [
    { cloud: "azure", document, type: "ApiPolicy", pattern: inChoose("set-variable problem"), operator: "remove", reason: PUBLIC },
    {
      cloud: "azure",
      document,
      type: "PolicyFragment",
      pattern: "value.(inside).children.return-response.children.set-header www-authenticate.attributes.name",
      operator: "change a text",
      reason: PUBLIC,
    },
  ]),
  {
    cloud: "azure",
    document: "seed 7",
    type: "ApiPolicy",
    pattern: inChoose("return-response.children.set-header strict-transport-security"),
    operator: "remove",
    reason: UNASKED,
  },
  ...["vpn", "existing"].map(
    (document): Equivalent => ({
      cloud: "azure",
      document,
      type: "ApiPolicy",
      pattern: inChoose("choose.children.when.children.include-fragment"),
      operator: "remove",
      reason:
        "plain HTTP to another host: what is asked next of a request that shows no certificate is the host again, and refused with the same 421",
    }),
  ),
];

/** The judgement of a mutation nobody noticed; undefined when there is none. */
export const equivalentTo = ({ cloud, document, type, pattern, operator }: MutationResult): Equivalent | undefined =>
  EQUIVALENT.find(
    (one) =>
      one.cloud === cloud &&
      one.document === document &&
      type.endsWith(`:${one.type}`) &&
      one.pattern === pattern &&
      one.operator === operator,
  );
