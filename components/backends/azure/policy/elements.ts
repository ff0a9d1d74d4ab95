import { type Expression, expression, literal, variable } from "./csharp.ts";
import { element, type PolicyNode, type Value } from "./xml.ts";

/** The policies the compiler uses, each as the policy reference writes it. */

export const setVariable = (name: string, value: Value): PolicyNode => element("set-variable", { name, value });

/** Sets a header, whatever was there before. */
export const setHeader = (name: string, value: Value): PolicyNode =>
  element("set-header", { name, "exists-action": "override" }, [element("value", {}, value)]);

/** Sets a header, or removes it when the value is empty. */
export const setOrDeleteHeader = (name: string, code: string): PolicyNode =>
  element("set-header", { name, "exists-action": expression(`${code} == "" ? "delete" : "override"`) }, [
    element("value", {}, expression(code)),
  ]);

export const appendHeader = (name: string, value: Value): PolicyNode =>
  element("set-header", { name, "exists-action": "append" }, [element("value", {}, value)]);

export const deleteHeader = (name: string): PolicyNode => element("set-header", { name, "exists-action": "delete" });

export interface Branch {
  readonly when: Expression;
  readonly steps: readonly PolicyNode[];
}

/** `choose`; nothing at all without a branch. */
export function choose(branches: readonly Branch[], otherwise: readonly PolicyNode[] = []): PolicyNode[] {
  const whens = branches.filter(({ steps }) => steps.length > 0).map(({ when, steps }) => element("when", { condition: when }, steps));
  if (whens.length === 0) return [...otherwise];
  return [element("choose", {}, otherwise.length === 0 ? whens : [...whens, element("otherwise", {}, otherwise)])];
}

/** True while an earlier variable has this value. */
export const variableIs = (name: string, value: string): Expression => expression(`${variable(name)} == ${literal(value)}`);

/** Parts that every gateway has, included by name. */
export const FRAGMENTS = ["intake", "hygiene", "answer", "problem"] as const;
export type FragmentName = (typeof FRAGMENTS)[number];

/** A fragment by the name the compiler gives it; the name it gets in the service is put in its place at deployment. */
export const fragmentId = ({ name }: { readonly name: string }, fragment: FragmentName): string => `${name}-${fragment}`;

export const includeFragment = (id: string): PolicyNode => element("include-fragment", { "fragment-id": id });
