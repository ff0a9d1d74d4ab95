import { literal } from "./csharp.ts";

/** C# that reads claims of a token which has been verified. */

/** A claim by name, or null; a dot reaches into an object, unless the claim itself is written with it. */
export function claimAt(claim: string, claims: string): string {
  const [first = "", ...rest] = claim.split(".");
  const whole = `${claims}[${literal(claim)}]`;
  if (rest.length === 0) return whole;
  const inner = rest.reduce((path, part) => `(${path} as JObject)?[${literal(part)}]`, `${claims}[${literal(first)}]`);
  return `(${whole} ?? ${inner})`;
}

/** A text, a whole number or a truth value as it is spelt in JSON; null for everything else. */
export const claimText = (token: string): string =>
  `(${token}.Type == JTokenType.String ? (string)${token} : ${token}.Type == JTokenType.Boolean ? ((bool)${token} ? "true" : "false") : ${token}.Type == JTokenType.Integer ? ${token}.ToString() : null)`;
