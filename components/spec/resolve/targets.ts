import type { PathPart } from "../faults.ts";
import type { Backend, Route } from "../model.ts";
import { show } from "../show.ts";
import { suggestion } from "../suggest.ts";
import type { ResolveContext } from "./context.ts";
import type { RouteDocument } from "./routes.ts";

/** Where a route's requests go; empty after a fault. */
export function resolveTargets(
  entry: RouteDocument,
  at: readonly PathPart[],
  backends: Readonly<Record<string, Backend>>,
  ctx: ResolveContext,
): Route["backends"] {
  const both = [
    [...at, "backend"],
    [...at, "backends"],
  ];
  if (entry.backend !== undefined && entry.backends !== undefined)
    ctx.fault([...at, "backends"], "backend and backends are both given", "keep one of the two", both);
  if (entry.backends === undefined && entry.backend === undefined) {
    ctx.fault(
      [...at, "backend"],
      "is missing: the route leads nowhere",
      suggestion("", ctx.declared("backends"), "declare a backend and name it here"),
      both,
    );
    return [];
  }
  const listed = entry.backends ?? [{ name: entry.backend ?? "", weight: 1 }];
  const pathOf = (index: number) => (entry.backends === undefined ? [...at, "backend"] : [...at, "backends", index, "name"]);
  const names = listed.map((target) => target.name);
  listed.forEach((target, index) => {
    checkExists(target.name, pathOf(index), ctx);
    if (names.indexOf(target.name) !== index)
      ctx.fault(pathOf(index), `${show(target.name)} is listed twice`, "add the weights up in one entry");
  });
  const targets = listed.flatMap((target) => (Object.hasOwn(backends, target.name) ? [backends[target.name] as Backend] : []));
  checkProtocol(entry, at, targets, ctx);
  checkAgreement(entry, at, targets, ctx);
  const weighted = listed.filter((target) => target.weight > 0);
  if (weighted.length === 0)
    ctx.fault([...at, "backends"], "every weight is 0, so that no request could be sent", "give at least one backend a weight above 0");
  return weighted.filter((target) => Object.hasOwn(backends, target.name));
}

function checkExists(name: string, path: readonly PathPart[], ctx: ResolveContext): void {
  const declared = ctx.declared("backends");
  if (!declared.includes(name))
    ctx.fault(path, `there is no backend ${show(name)}`, suggestion(name, declared, "declare it under backends"), [["backends", name]]);
}

function checkProtocol(entry: RouteDocument, at: readonly PathPart[], targets: readonly Backend[], ctx: ResolveContext): void {
  const grpc = targets.find((backend) => backend.protocol === "grpc");
  const http = targets.find((backend) => backend.protocol === "http");
  const because = [[...at, "grpc"], ...targets.map((backend) => ["backends", backend.name, "protocol"])];
  if (grpc && http) {
    ctx.fault([...at, "backends"], "mixes gRPC and HTTP backends", "use backends of one protocol", because);
    return;
  }
  if (entry.grpc && http)
    ctx.fault(
      [...at, "grpc"],
      `the backend "${http.name}" does not speak gRPC`,
      `set backends.${http.name}.protocol to grpc, or use path and methods`,
      because,
    );
  if (!entry.grpc && grpc)
    ctx.fault(
      [...at, "grpc"],
      `is missing: the backend "${grpc.name}" speaks gRPC`,
      'say which service with "grpc: { service, method }"',
      because,
    );
}

/** A route takes timeout and retries from its backend; of several that differ none is the obvious one. */
function checkAgreement(entry: RouteDocument, at: readonly PathPart[], targets: readonly Backend[], ctx: ResolveContext): void {
  for (const [field, values] of [
    ["timeout", targets.map((backend) => String(backend.timeoutMs))],
    ["retries", targets.map((backend) => JSON.stringify(backend.retries))],
  ] as const) {
    if (entry[field] === undefined && new Set(values).size > 1)
      ctx.fault(
        [...at, field],
        `is missing: the backends of this route have different ${field === "timeout" ? "timeouts" : "retries"}`,
        `give "${field}" on this route`,
        [...targets.map((backend) => ["backends", backend.name, field])],
      );
  }
}
