import type { RoutePath } from "../../../spec/model.ts";

/** A text of Cloud Armor's expression language, in single quotes: nothing in it can end the text. */
export const quoted = (text: string): string =>
  `'${[...text]
    .map((character) => {
      if (character === "\\" || character === "'") return `\\${character}`;
      const code = character.codePointAt(0) ?? 0;
      if (code >= 0x20 && code < 0x7f) return character;
      return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
    })
    .join("")}'`;

/** A text taken literally inside a regular expression of RE2. */
export const literalRegex = (text: string): string =>
  text.replace(/[\\^$.*+?()[\]{}|/-]/g, (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16)}`);

/** Matches the whole path of every request a route path matches, and no other. */
export function pathRegex({ kind, segments }: RoutePath): string {
  const fixed = segments.map((segment) => ("literal" in segment ? `/${literalRegex(segment.literal)}` : "/[^/]+")).join("");
  if (kind === "prefix") return `^${fixed}/.*$`;
  return `^${fixed === "" ? "/" : fixed}$`;
}

/** True for requests to a path. */
export const pathIs = (path: RoutePath): string => `request.path.matches(${quoted(pathRegex(path))})`;

/** True for requests of one of these methods. */
export const methodIn = (methods: readonly string[]): string =>
  methods.length === 1 ? `request.method == ${quoted(methods[0] ?? "")}` : `request.method.matches(${quoted(`^(${methods.join("|")})$`)})`;

/** Longest expression of a rule, characters; and the longest regular expression in one. */
export const LONGEST_EXPRESSION = 2048;
export const LONGEST_REGEX = 1024;
