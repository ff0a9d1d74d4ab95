import { show } from "../../components/spec/show.ts";
import type { Draft } from "../draft.ts";
import { isRoutePath, prefixPaths, type RoutePath, regexPaths } from "../paths.ts";
import type { Field } from "../reader.ts";
import { ALL_METHODS, isMethod, publicName, readDuration, remarkAllMethods } from "../values.ts";
import type { KubeBackends } from "./backends.ts";
import { readFilters } from "./filters.ts";
import type { KubeObject } from "./objects.ts";
import type { PolicyBook } from "./policies.ts";

export interface Surroundings {
  readonly draft: Draft;
  readonly backends: KubeBackends;
  readonly policies: PolicyBook;
  /** Names of the gateways in the input. */
  readonly gateways: readonly string[];
}

/** Host names and parents of a route; answers the gateways it belongs to. */
function readParents({ spec }: KubeObject, draft: Draft): string[] {
  for (const host of spec?.items("hostnames") ?? []) {
    const text = host.text();
    const name = text === undefined ? undefined : publicName(text);
    if (name !== undefined) draft.hostname(name);
    else if (text !== undefined)
      host.leave("behaviour", `${show(text)} is a pattern; a document has exactly one host name`, "give hostname");
  }
  return (spec?.maps("parentRefs") ?? []).flatMap((ref) => {
    ref.leaveAll(["group", "namespace", "sectionName", "port", "kind"], "operation", "how routes find their gateway", "nothing to do");
    return ref.text("name") ?? [];
  });
}

export function readHttpRoute(object: KubeObject, around: Surroundings): void {
  const parents = readParents(object, around.draft);
  const rules = object.spec?.maps("rules") ?? [];
  rules.forEach((rule, index) => {
    const section = rule.text("name");
    const shared = readShared(rule, object, around);
    const effects = around.policies.of(object, section, parents);
    const name = rules.length === 1 ? object.name : `${object.name}-${section ?? index + 1}`;
    if (shared === undefined) {
      rule.leave("behaviour", "a rule that redirects or answers by itself; it is not in the document", "put a service behind it");
      return;
    }
    const matches = rule.has("matches") ? rule.maps("matches") : [undefined];
    matches.forEach((match, number) => {
      const found = readMatch(match);
      for (const { path, suffix } of found?.paths ?? []) {
        const rewrite = shared.rewrite?.(path);
        const fields = {
          path,
          methods: found?.methods,
          ...shared.fields,
          ...(rewrite === undefined ? {} : { rewrite: { path: rewrite } }),
          ...effects.fields,
        };
        around.draft.addRoute(`${name}${matches.length > 1 ? `-${number + 1}` : ""}${suffix}`, fields, effects.callers);
      }
    });
  });
}

function readMatch(match: Field | undefined): { paths: readonly RoutePath[]; methods: readonly string[] } | undefined {
  const narrow = ["headers", "queryParams"].filter((key) => match?.has(key));
  if (match !== undefined && narrow.length > 0) {
    match.leave(
      "behaviour",
      "requests are told apart by more than path and method; the route is not in the document",
      "add it when path and method suffice",
    );
    return undefined;
  }
  const path = match?.map("path");
  const [type, value] = [path?.text("type") ?? "PathPrefix", path?.text("value") ?? "/"];
  const paths =
    type === "PathPrefix"
      ? prefixPaths(value)
      : type === "Exact" && isRoutePath(value) && !value.endsWith("/*") && !value.includes("{")
        ? [{ path: value, suffix: "" }]
        : type === "RegularExpression"
          ? regexPaths(value, true)
          : undefined;
  if (paths === undefined)
    path?.leave(
      "behaviour",
      `the path ${show(value)} (${show(type)}) cannot be written in a document`,
      "say it with templates and a /* at its end",
    );
  const method = match?.text("method");
  if (method !== undefined && !isMethod(method)) {
    match?.at("method")?.leave("behaviour", `the method ${method} is not carried`, "nothing to do");
    return undefined;
  }
  if (method === undefined && match !== undefined) remarkAllMethods(match);
  return { paths: paths ?? [], methods: method === undefined ? [...ALL_METHODS] : [method] };
}

/** What all routes of a rule have in common; undefined for a rule without a backend. */
function readShared(rule: Field, object: KubeObject, { backends }: Surroundings) {
  const fields: Record<string, unknown> = {};
  const { rewrite, terminal } = readFilters(rule, fields);
  const timeouts = rule.map("timeouts");
  const whole = timeouts === undefined ? undefined : readDuration(timeouts, "request");
  timeouts?.leaveAll(["backendRequest"], "behaviour", "the time limit of one try", "say retries.perTryTimeout of the route");
  if (whole !== undefined) fields.timeout = whole;
  rule.leaveAll(["sessionPersistence"], "behaviour", "requests of one client go to one endpoint", "keep sessions in the services");
  rule.leaveAll(["retry"], "behaviour", "requests are repeated", "say retries of the route");
  const refs = rule.maps("backendRefs").flatMap((ref) => {
    const weight = ref.number("weight");
    const name = backends.of(ref, object.namespace);
    return name === undefined ? [] : [{ name, weight: Math.min(1000, weight ?? 1), ref, written: weight }];
  });
  for (const { ref, written } of refs)
    if (written !== undefined && written > 1000)
      ref.at("weight")?.leave("behaviour", "a weight above 1000", "say smaller ones with the same ratio");
  const [first, ...others] = refs;
  if (first === undefined || terminal) return undefined;
  if (others.length === 0) fields.backend = first.name;
  else fields.backends = refs.map(({ name, weight }) => ({ name, weight }));
  return { fields, rewrite };
}

export function readGrpcRoute(object: KubeObject, around: Surroundings): void {
  const parents = readParents(object, around.draft);
  const rules = object.spec?.maps("rules") ?? [];
  rules.forEach((rule, index) => {
    const section = rule.text("name");
    const shared = readShared(rule, object, around);
    if (shared === undefined) {
      rule.leave("behaviour", "a rule without a backend; it is not in the document", "put a service behind it");
      return;
    }
    for (const name of [
      shared.fields.backend,
      ...((shared.fields.backends as { name: string }[] | undefined) ?? []).map((one) => one.name),
    ])
      if (typeof name === "string") around.backends.fields(name).protocol = "grpc";
    const effects = around.policies.of(object, section, parents);
    for (const match of rule.maps("matches")) {
      const method = match.map("method");
      const [type, service, called] = [method?.text("type") ?? "Exact", method?.text("service"), method?.text("method")];
      if (type !== "Exact" || service === undefined || match.has("headers")) {
        match.leave(
          "behaviour",
          "calls told apart by more than an exact service and method; the route is not in the document",
          "name the service",
        );
        continue;
      }
      const name = rules.length === 1 ? object.name : `${object.name}-${section ?? index + 1}`;
      around.draft.addRoute(
        name,
        { grpc: { service, ...(called === undefined ? {} : { method: called }) }, ...shared.fields, ...effects.fields },
        effects.callers,
      );
    }
    if (!rule.has("matches")) rule.leave("behaviour", "every gRPC call; the route is not in the document", "name the services");
  });
}
