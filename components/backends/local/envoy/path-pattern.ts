import type { RoutePath } from "../../../spec/model.ts";
import { escapeRegex, type JsonObject } from "./values.ts";

/** How Envoy's route match says a path; query strings are never part of it. */
export function pathMatch(path: RoutePath): JsonObject {
  if (path.kind === "exact") return { path: literalStart(path) };
  if (path.kind === "prefix" && path.segments.every((segment) => "literal" in segment)) return { prefix: literalStart(path) };
  return { safe_regex: { regex: pathRegex(path) } };
}

/** The same as a regular expression for the whole path; a parameter is one segment that is not empty. Each parameter, and a prefix's rest, is a group. */
export function pathRegex(path: RoutePath): string {
  const segments = path.segments.map((segment) => ("literal" in segment ? escapeRegex(segment.literal) : "([^/]+)"));
  const body = segments.length === 0 ? "" : `/${segments.join("/")}`;
  if (path.kind === "prefix") return `${body}/(.*)`;
  return body + (path.trailingSlash || body === "" ? "/" : "");
}

/** The text every matching path starts with, up to the first parameter. */
export function literalStart(path: RoutePath): string {
  const parameter = path.segments.findIndex((segment) => "parameter" in segment);
  const fixed = (parameter === -1 ? path.segments : path.segments.slice(0, parameter)).map((segment) =>
    "literal" in segment ? segment.literal : "",
  );
  const start = fixed.map((literal) => `/${literal}`).join("");
  const open = parameter !== -1 || path.kind === "prefix" || path.trailingSlash || start === "";
  return open ? `${start}/` : start;
}

/** True when some path that starts with `start` matches. */
export function canStartWith(path: RoutePath, start: string): boolean {
  if (path.kind === "exact") return literalStart(path).startsWith(start);
  const wanted = start.slice(1).split("/");
  return wanted.every((text, index) => {
    const whole = index < wanted.length - 1;
    const segment = path.segments[index];
    if (segment === undefined)
      return path.kind === "prefix" || (!whole && text === "" && path.trailingSlash && index === path.segments.length);
    // An empty segment never comes: slashes are merged before routes are looked up.
    if ("parameter" in segment) return !whole || text !== "";
    return whole ? segment.literal === text : segment.literal.startsWith(text);
  });
}

/** True when every path that matches `inner` matches `outer` too. */
export function contains(outer: RoutePath, inner: RoutePath): boolean {
  if (outer.kind !== "prefix") {
    if (inner.kind === "prefix" || outer.segments.length !== inner.segments.length || outer.trailingSlash !== inner.trailingSlash)
      return false;
  } else {
    const below = inner.segments.length > outer.segments.length;
    const at =
      inner.segments.length === outer.segments.length && (inner.kind === "prefix" || inner.trailingSlash || inner.segments.length === 0);
    if (!below && !at) return false;
  }
  return outer.segments.every((segment, index) => {
    const other = inner.segments[index];
    return "parameter" in segment || (other !== undefined && "literal" in other && other.literal === segment.literal);
  });
}

/** The path `rewrite` as the replacement of a match of `pathRegex(from)`: parameters become the groups of their names. */
export function substitution(rewrite: RoutePath, from: RoutePath): string {
  const parameters = from.segments.flatMap((segment) => ("parameter" in segment ? [segment.parameter] : []));
  const segments = rewrite.segments.map((segment) => {
    if ("literal" in segment) return segment.literal;
    return `\\${parameters.indexOf(segment.parameter) + 1}`;
  });
  const body = segments.map((segment) => `/${segment}`).join("");
  if (rewrite.kind === "prefix") return `${body}/\\${parameters.length + 1}`;
  return body + (rewrite.trailingSlash || body === "" ? "/" : "");
}
