/**
 * Policy expressions are C# inside XML. Text of a document reaches them as string literals only, and literals leave nothing to
 * interpretation: every character that means something to C#, to XML, to the expression scanner (`@(`, `@{`) or to named values (`{{`)
 * is written as a Unicode escape.
 */
export class Expression {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A single C# expression: `@(…)`. */
export const expression = (code: string): Expression => new Expression(`@(${code})`);

/** Statements that end in `return`: `@{…}`. Written on one line, because XML turns line ends in attributes into blanks. */
export const statements = (...lines: readonly string[]): Expression => new Expression(`@{ ${lines.join(" ")} }`);

const SAFE = /[A-Za-z0-9 _.,:/=?*+|^$~#%!-]/;

/** A C# string literal with exactly this text as its value. */
export function literal(text: string): string {
  let escaped = "";
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    escaped += SAFE.test(character) ? character : `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return `"${escaped}"`;
}

/** A string array with these values. */
export const literals = (texts: readonly string[]): string => `new string[] { ${texts.map(literal).join(", ")} }`;

/** A variable set by an earlier `set-variable`, as text. */
export const variable = (name: string): string => `((string)context.Variables[${literal(name)}])`;

/** One arm of a `switch`: values that share a result. */
export interface Arm {
  readonly cases: readonly string[];
  readonly result: string;
}

/**
 * `switch (subject) { case …: use(result) … default: … }`, arms in the order given. Arms that say what the default says are left out.
 *
 * @param use Turns a result into a statement.
 * @param leave What leaves the switch where the statement itself does not, such as `break;`.
 */
export function switchOn(
  subject: string,
  arms: readonly Arm[],
  fallback: string,
  use: (result: string) => string = returning,
  leave = "",
): string {
  const written = arms
    .filter(({ cases, result }) => cases.length > 0 && result !== fallback)
    .map(({ cases, result }) => `${cases.map((value) => `case ${literal(value)}:`).join(" ")} ${use(result)}${leave}`);
  return written.length === 0 ? use(fallback) : `switch (${subject}) { ${written.join(" ")} default: ${use(fallback)}${leave} }`;
}

const returning = (result: string): string => `return ${result};`;

/** `use` and `leave` of a switch that assigns. */
export const assigning = (name: string): [(result: string) => string, string] => [(result) => `${name} = ${result};`, " break;"];

/** Reads a request header; several of the same name come joined by commas, an absent one as "". */
export const header = (name: string): string => `context.Request.Headers.GetValueOrDefault(${literal(name)}, "")`;

/** Bytes of base64url text as a JSON object. The caller has checked that the text is base64url. */
export const jsonOf = (part: string): string =>
  `JObject.Parse(Encoding.UTF8.GetString(Convert.FromBase64String((${part}).Replace('-', '+').Replace('_', '/').PadRight(((${part}).Length + 3) / 4 * 4, '='))))`;
