import { routePath } from "../components/spec/schema/routes.ts";

/** A path of a route, and what its name should say. */
export interface RoutePath {
  readonly path: string;
  readonly suffix: string;
}

/** A path prefix that counts whole segments (Gateway API, Kong): the path itself and everything below it. Undefined when it cannot be written. */
export function prefixPaths(prefix: string): RoutePath[] | undefined {
  const bare = prefix.replace(/\/+$/, "");
  const paths =
    bare === ""
      ? [{ path: "/*", suffix: "" }]
      : [
          { path: bare, suffix: "" },
          { path: `${bare}/*`, suffix: "-below" },
        ];
  return paths.every(({ path }) => isRoutePath(path)) ? paths : undefined;
}

export const isRoutePath = (path: string) => routePath.safeParse(path).success;

/**
 * A regular expression that means a template or a prefix: literal segments, and groups that stand for one whole segment. Undefined for every
 * other one, because what it matches cannot be said otherwise.
 */
export function regexPaths(expression: string, anchoredEnd: boolean): RoutePath[] | undefined {
  const closed = /\$$/.test(expression);
  const body = expression.replace(/^\^/, "").replace(/\$$/, "");
  if (!closed && !anchoredEnd) return undefined;
  let count = 0;
  const segments = body.split(/\/(?![^(]*\))(?![^[]*\])/);
  if (segments.shift() !== "") return undefined;
  const plain = segments.map((segment, index) => {
    const last = index === segments.length - 1;
    if (last && /^(\.\*|\(\.\*\))$/.test(segment)) return "*";
    const group = /^\((?:\?<([A-Za-z_][A-Za-z0-9_]*)>|\?:)?(.+)\)$/.exec(segment);
    if (/^\[\^\/\]\+$/.test(group?.[2] ?? segment)) return `{${group?.[1] ?? `part${++count}`}}`;
    const literal = segment.replace(/\\([.\-_~])/g, "$1");
    return /^[A-Za-z0-9_~-]*$/.test(segment.replace(/\\[.\-_~]/g, "")) ? literal : undefined;
  });
  if (plain.includes(undefined)) return undefined;
  const path = `/${plain.join("/")}`;
  return isRoutePath(path) ? [{ path, suffix: "" }] : undefined;
}
