import { isDeepStrictEqual } from "node:util";
import type { GatewayPlan } from "../plan.ts";
import type { PlannedResource } from "../recorder.ts";
import type { RouteRow } from "./routes.ts";

/** A plan as `gateway plan --json` answers it. */
export interface PlanDocument extends GatewayPlan {
  readonly gateway?: { readonly name: string; readonly hostname: string; readonly digest: string };
  readonly routes?: readonly RouteRow[];
}

/** True for what `gateway plan --json` writes; a page made from anything else would show differences that are none. */
export function isPlanDocument(value: unknown): value is PlanDocument {
  if (!isRecord(value) || typeof value.cloud !== "string" || typeof value.variant !== "string") return false;
  const routes = value.routes === undefined || entries(value.routes, ["name", "methods", "path", "backends", "bounds"]);
  return (
    routes &&
    entries(value.resources, ["type", "name"], ["inputs", "options"]) &&
    entries(value.controls, ["control", "status", "how"]) &&
    entries(value.findings, ["id", "path", "message"])
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const entries = (list: unknown, texts: readonly string[], maps: readonly string[] = []): boolean =>
  Array.isArray(list) &&
  list.every(
    (item) => isRecord(item) && texts.every((name) => typeof item[name] === "string") && maps.every((name) => isRecord(item[name])),
  );

/** What differs between two plans. */
export interface PlanChanges {
  /** True when nothing differs. */
  readonly none: boolean;
  /** What the plan is compared with, such as `the deployment of 2026-11-21 15:45 UTC`; undefined for a plan made before. */
  readonly since?: string;
  /** What the comparison cannot see. */
  readonly blind?: string;
  /** The cloud or the variant, when it is another one. */
  readonly moved: string | undefined;
  readonly routes: readonly Change[];
  readonly controls: readonly Change[];
  readonly findings: readonly Change[];
  readonly resources: readonly Change[];
}

/** What a comparison of plans cannot see. */
export const MASKED = "Inputs that hold secrets are masked in plans, so a change in them alone does not show here.";

/** For people, where nothing differs. */
export const nothingSince = ({ since }: PlanChanges): string =>
  since === undefined ? "Nothing: the plan is the same as the one before." : `Nothing since ${since}.`;

export interface Change {
  readonly kind: "added" | "removed" | "changed";
  readonly name: string;
  /** What is different, for people. */
  readonly what: readonly string[];
}

/** Compares a plan with one made before. Values that may be secret never show: only the names of properties that differ. */
export function planChanges(before: PlanDocument, planned: PlanDocument): PlanChanges {
  // As the other one was written and read: a field without a value is no field.
  const after = JSON.parse(JSON.stringify(planned)) as PlanDocument;
  const place = ({ cloud, variant }: PlanDocument) => `${cloud} (${variant})`;
  const moved = place(before) === place(after) ? undefined : `${place(before)} → ${place(after)}`;
  const changes = {
    routes: before.routes === undefined ? [] : compare(before.routes, after.routes ?? [], ({ name }) => name, routeDifference, routeText),
    controls: compare(
      before.controls,
      after.controls,
      ({ control }) => control,
      (a, b) => fieldDifference(a, b, ["status", "how", "resources"]),
    ),
    findings: compare(
      before.findings,
      after.findings,
      ({ id, path, message }) => `${id} at ${path || "the document"}: ${message}`,
      () => [],
    ),
    resources: compare(before.resources, after.resources, ({ type, name }) => `${name} (${type})`, resourceDifference),
  };
  return { none: moved === undefined && Object.values(changes).every((list) => list.length === 0), moved, ...changes };
}

function compare<T>(
  before: readonly T[],
  after: readonly T[],
  name: (item: T) => string,
  difference: (a: T, b: T) => string[],
  about: (item: T) => string[] = () => [],
): Change[] {
  const [old, now] = [before, after].map((list) => new Map(list.map((item) => [name(item), item]))) as [Map<string, T>, Map<string, T>];
  const added = [...now].filter(([key]) => !old.has(key)).map(([key, item]): Change => ({ kind: "added", name: key, what: about(item) }));
  const removed = [...old]
    .filter(([key]) => !now.has(key))
    .map(([key, item]): Change => ({ kind: "removed", name: key, what: about(item) }));
  const changed = [...now].flatMap(([key, item]): Change[] => {
    const earlier = old.get(key);
    const what = earlier === undefined ? [] : difference(earlier, item);
    return what.length === 0 ? [] : [{ kind: "changed", name: key, what }];
  });
  return [...removed, ...changed, ...added];
}

const text = (value: unknown): string => (Array.isArray(value) ? value.join(" or ") || "none" : String(value));

const routeText = ({ methods, path, requires }: RouteRow) => [`${methods} ${path}`, `requires: ${text(requires)}`];

function routeDifference(a: RouteRow, b: RouteRow): string[] {
  const fields = ["methods", "path", "requires", "limits", "from", "backends", "bounds"] as const;
  return fields.filter((field) => !isDeepStrictEqual(a[field], b[field])).map((field) => `${field}: ${text(a[field])} → ${text(b[field])}`);
}

function fieldDifference<T>(a: T, b: T, fields: readonly (keyof T & string)[]): string[] {
  return fields
    .filter((field) => !isDeepStrictEqual(a[field], b[field]))
    .map((field) => `${field}: ${listText(a[field])} → ${listText(b[field])}`);
}

const listText = (value: unknown) => (Array.isArray(value) ? value.join(", ") : String(value));

function resourceDifference(a: PlannedResource, b: PlannedResource): string[] {
  const properties = new Set([...Object.keys(a.inputs), ...Object.keys(b.inputs)]);
  const inputs = [...properties].filter((property) => !isDeepStrictEqual(a.inputs[property], b.inputs[property]));
  const options = isDeepStrictEqual(a.options, b.options) ? [] : ["options"];
  return [...inputs.sort(), ...options];
}
