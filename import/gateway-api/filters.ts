import { show } from "../../components/spec/show.ts";
import { corsOf } from "../cors.ts";
import type { Field } from "../reader.ts";
import { headerOf, headerPair } from "../values.ts";

export interface FilterEffects {
  /** The path sent to the backend for a route's path; undefined for an unchanged one. */
  readonly rewrite: ((path: string) => string | undefined) | undefined;
  /** The rule answers by itself. */
  readonly terminal: boolean;
}

/** Filters of a rule: header changes go into `fields`. */
export function readFilters(rule: Field, fields: Record<string, unknown>): FilterEffects {
  const headers: Record<string, unknown> = {};
  let rewrite: FilterEffects["rewrite"];
  let terminal = false;
  for (const filter of rule.maps("filters")) {
    const type = filter.text("type") ?? "";
    if (type === "RequestHeaderModifier") headers.request = readHeaders(filter.map("requestHeaderModifier"));
    else if (type === "ResponseHeaderModifier") headers.response = readHeaders(filter.map("responseHeaderModifier"));
    else if (type === "URLRewrite") rewrite = readRewrite(filter.map("urlRewrite"));
    else if (type === "CORS") fields.cors = readCors(filter.map("cors"));
    else if (type === "RequestRedirect") {
      terminal = true;
      filter.leave("behaviour", "a redirect made by the gateway", "have a service answer it; redirects to https are made anyway");
    } else if (type === "RequestMirror") filter.leave("behaviour", "requests are copied to a second backend", "have the service do it");
    else filter.leave("unknown", `the filter ${show(type)} is not known`, "see what it does and say it in the document");
  }
  if (Object.keys(headers).length > 0) fields.headers = headers;
  return { rewrite, terminal };
}

function readHeaders(modifier: Field | undefined): Record<string, unknown> {
  const rules: Record<string, unknown> = {};
  for (const kind of ["set", "add"] as const)
    for (const entry of modifier?.maps(kind) ?? []) {
      const pair = headerPair(entry, entry.text("name") ?? "", entry.text("value") ?? "");
      rules[kind] = { ...(rules[kind] as object | undefined), ...pair };
    }
  const removed = (modifier?.items("remove") ?? []).flatMap((item) => {
    const header = headerOf(item.text() ?? "");
    if (header === undefined) item.leave("behaviour", "this header cannot be written in a document", "use letters, digits and hyphens");
    return header ?? [];
  });
  if (removed.length > 0) rules.remove = removed;
  return rules;
}

function readRewrite(rewrite: Field | undefined): ((path: string) => string | undefined) | undefined {
  rewrite?.leaveAll(["hostname"], "behaviour", "another Host for the backend", "it is the host of the backend's url");
  const path = rewrite?.map("path");
  const type = path?.text("type");
  const [full, prefix] = [path?.text("replaceFullPath"), path?.text("replacePrefixMatch")];
  if (type === "ReplaceFullPath" && full !== undefined) return () => full;
  if (type === "ReplacePrefixMatch" && prefix !== undefined) {
    const base = prefix.replace(/\/+$/, "");
    return (route) => (route.endsWith("/*") ? `${base}/*` : base === "" ? "/" : base);
  }
  if (type !== undefined) path?.leave("unknown", `${show(type)} is not known`, "say rewrite of the route");
  return undefined;
}

/** CORS of a filter or a SecurityPolicy. */
export function readCors(cors: Field | undefined): Record<string, unknown> {
  const age = cors?.text("maxAge");
  const seconds = age === undefined ? undefined : /^[0-9]+$/.test(age) ? Number(age) : secondsOf(age);
  return corsOf({
    origins: cors?.items("allowOrigins") ?? [],
    methods: cors?.items("allowMethods") ?? [],
    headers: cors?.items("allowHeaders") ?? [],
    expose: cors?.items("exposeHeaders") ?? [],
    credentials: cors?.flag("allowCredentials"),
    maxAgeSeconds: seconds,
  });
}

function secondsOf(text: string): number | undefined {
  const parts = [...text.matchAll(/([0-9]+)(h|m|s)/g)];
  const units = { h: 3600, m: 60, s: 1 } as const;
  return parts.length === 0
    ? undefined
    : parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit as keyof typeof units], 0);
}
