import type { GatewayModel, Method, Route, RoutePath } from "../../components/spec/model.ts";

/** What docs/semantics.md says becomes of a request path. */
export type PathVerdict =
  /** Refused with 400 before any route is looked for. */
  | { readonly kind: "ambiguous" }
  | { readonly kind: "unknown" }
  /** Known, but no route has the method. */
  | { readonly kind: "method"; readonly allow: readonly Method[] }
  | { readonly kind: "route"; readonly route: Route };

/** The route a request target leads to, worked out from the model alone. */
export function judgePath(model: GatewayModel, method: string, target: string): PathVerdict {
  const path = normalisePath(target);
  if (path === undefined) return { kind: "ambiguous" };
  const known = model.routes.filter((route) => matches(route.path, path));
  const route = known.find((candidate) => candidate.methods.some((allowed) => allowed === method));
  if (known.length === 0) return { kind: "unknown" };
  // The most specific path decides; a less specific one never serves a method the more specific one leaves out.
  const best = known[0] as Route;
  if (route && samePath(route.path, best.path)) return { kind: "route", route };
  const allow = known.filter((candidate) => samePath(candidate.path, best.path)).flatMap((candidate) => candidate.methods);
  return { kind: "method", allow: [...new Set(allow)].sort() };
}

/** The path as routes see it; undefined when it is refused. */
export function normalisePath(target: string): string | undefined {
  const raw = target.split(/[?#]/, 1)[0] ?? "";
  if (/%2f|%5c|%00|\\/i.test(raw) || raw.includes("\0") || /(^|\/)(\.|%2e){1,2};/i.test(raw)) return undefined;
  const kept: string[] = [];
  const segments = raw
    .replace(/\/{2,}/g, "/")
    .split("/")
    .slice(1);
  segments.forEach((segment, index) => {
    const plain = segment.replace(/%2e/gi, ".");
    const atEnd = index === segments.length - 1;
    if (plain === "..") kept.pop();
    if (plain !== "." && plain !== "..") kept.push(segment);
    else if (atEnd) kept.push("");
  });
  return `/${kept.join("/")}`;
}

export function matches(route: RoutePath, path: string): boolean {
  const parts = path.split("/").slice(1);
  const fits = route.segments.every((segment, index) => {
    const part = parts[index];
    return "literal" in segment ? part === segment.literal : part !== undefined && part !== "";
  });
  if (!fits) return false;
  if (route.kind === "prefix") return parts.length > route.segments.length;
  const expected = route.segments.length + (route.trailingSlash || route.segments.length === 0 ? 1 : 0);
  return parts.length === expected && (parts.length === route.segments.length || parts.at(-1) === "");
}

/** Templates that differ in their parameters' names alone are one path. */
function samePath(a: RoutePath, b: RoutePath): boolean {
  const shape = (path: RoutePath) =>
    `${path.kind} ${path.segments.map((segment) => ("literal" in segment ? segment.literal : "{}")).join("/")} ${path.trailingSlash}`;
  return shape(a) === shape(b);
}
