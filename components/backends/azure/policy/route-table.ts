import type { Route, RoutePath } from "../../../spec/model.ts";
import { type Expression, literal, statements, variable } from "./csharp.ts";
import type { Profiles } from "./profiles.ts";

/**
 * Chooses the route. API Management would choose an operation by rules it does not publish; here every request reaches the same policy and
 * the path is judged by the rules of the document, on the same text that is then sent to the backend.
 */

/** The routes of the most specific path that matches, which alone decides, as `GET,HEAD=name:profile` separated by blanks. */
export function matchesExpression(profiles: Profiles): Expression {
  const byPath = new Map<string, Route[]>();
  for (const route of profiles.model.routes) {
    const group = byPath.get(route.path.text);
    if (group) group.push(route);
    else byPath.set(route.path.text, [route]);
  }
  const groups = [...byPath.values()].map((routes) => ({ path: (routes[0] as Route).path, entries: entriesOf(routes, profiles) }));
  const exact = groups.filter(({ path }) => path.kind === "exact");
  const patterns = groups.filter(({ path }) => path.kind !== "exact");
  return statements(
    `var p = ${variable("path")}; var s = p.Split('/'); var n = s.Length; var m = "";`,
    ...(exact.length === 0
      ? []
      : [
          `switch (p) { ${exact.map(({ path, entries }) => `case ${literal(exactText(path))}: m = ${literal(entries)}; break;`).join(" ")} default: break; }`,
        ]),
    ...patterns.map(({ path, entries }) => `if (m == "" && ${condition(path)}) { m = ${literal(entries)}; }`),
    "return m;",
  );
}

const entriesOf = (routes: readonly Route[], profiles: Profiles): string =>
  routes.map((route) => `${route.methods.join(",")}=${route.name}:${profiles.of(route)} `).join("");

const exactText = ({ text }: RoutePath): string => text;

/** Split at slashes, a path has an empty part before the first one, and another at its end when it ends in a slash. */
function condition({ kind, segments, trailingSlash }: RoutePath): string {
  const count = segments.length + 1;
  const length = kind === "prefix" ? `n > ${count}` : `n == ${trailingSlash ? count + 1 : count}`;
  const parts = segments.map((segment, index) =>
    "literal" in segment ? `s[${index + 1}] == ${literal(segment.literal)}` : `s[${index + 1}] != ""`,
  );
  return [length, ...parts, ...(kind !== "prefix" && trailingSlash ? [`s[${count}] == ""`] : [])].join(" && ");
}

/**
 * The route that takes the request, as `name:profile`; `?name:profile` for the route a preflight asks about; empty when none does.
 */
export function entryExpression(): Expression {
  return statements(
    `var r = context.Request; var asked = r.Method == "OPTIONS" ? r.Headers.GetValueOrDefault("Access-Control-Request-Method", "") : ""; var second = "";`,
    `foreach (var t in ${variable("matches")}.Split(' ')) {`,
    "var e = t.IndexOf('='); if (e < 0) { continue; }",
    "var methods = t.Substring(0, e).Split(',');",
    "if (Array.IndexOf(methods, r.Method) >= 0) { return t.Substring(e + 1); }",
    `if (second == "" && asked != "" && Array.IndexOf(methods, asked) >= 0) { second = "?" + t.Substring(e + 1); }`,
    "}",
    "return second;",
  );
}

export const routeExpression = (): Expression =>
  statements(`var e = ${variable("entry")}.TrimStart('?'); var c = e.IndexOf(':'); return c < 0 ? "" : e.Substring(0, c);`);

export const profileExpression = (): Expression => statements(`var e = ${variable("entry")}; return e.Substring(e.IndexOf(':') + 1);`);

/** Methods of every route on this path, for `Allow`. */
export const allowExpression = (): Expression =>
  statements(
    "var all = new List<string>();",
    `foreach (var t in ${variable("matches")}.Split(' ')) { var e = t.IndexOf('='); if (e > 0) { all.AddRange(t.Substring(0, e).Split(',')); } }`,
    `return string.Join(", ", all.Distinct().OrderBy(x => x));`,
  );

/** 404 for a path of no route, 405 for a method of none; the preflight has been answered before. */
export const missingExpression = (): Expression =>
  statements(
    `var e = ${variable("entry")};`,
    `if (${variable("matches")} == "") { return "404"; }`,
    `return e == "" || e.StartsWith("?", StringComparison.Ordinal) ? "405" : "";`,
  );
