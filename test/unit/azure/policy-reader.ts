import { everything, type Node } from "../../../proof/readers/azure/policy/nodes.ts";

/** The C# of an expression, as a method that returns its value. */
export const asMethod = (expression: string): string =>
  expression.startsWith("@(")
    ? `class P { object M() { return ${expression.slice(2, -1)}; } }`
    : `class P { object M() ${expression.slice(1)} }`;

/** The value a variable is set to. */
export function variableOf(root: Node, name: string): string {
  const found = everything(root).filter((one) => one.name === "set-variable" && one.attributes.name === name);
  if (found.length !== 1) throw new Error(`"${name}" is set ${found.length} times`);
  return found[0]?.attributes.value ?? "";
}
