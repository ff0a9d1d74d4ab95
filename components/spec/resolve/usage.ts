import { isPlainObject } from "../overlay.ts";
import type { GatewayDocument } from "../schema/document.ts";
import { nearest } from "../suggest.ts";
import type { ResolveContext } from "./context.ts";

/** What the routes of a document name, read from the document as written so that a fault elsewhere in a route hides nothing. */
interface Used {
  readonly backends: Set<string>;
  readonly providers: Set<string>;
  /** Plans named in requirements; `anyPlan` when some route asks for a key of whatever plan. */
  readonly plans: Set<string>;
  apiKey: boolean;
  anyPlan: boolean;
  clientCertificate: boolean;
  /** False when some route cannot be read, so that it may use anything. */
  complete: boolean;
}

/** What is declared and never used is a forgotten wire, and often the one that should have protected something. */
export function checkUse(document: GatewayDocument, incomplete: boolean, ctx: ResolveContext): void {
  const used = readUse(ctx);
  if (!used.complete || incomplete) return;
  for (const name of Object.keys(document.backends)) {
    if (!used.backends.has(name)) unused(["backends", name], "no route leads to this backend", "remove it, or name it in a route", ctx);
  }
  for (const name of Object.keys(document.jwt.providers)) {
    if (!used.providers.has(name))
      unused(["jwt", "providers", name], "no route requires a token of this provider", `remove it, or require it: { jwt: ${name} }`, ctx);
  }
  checkConsumers(document, used, ctx);
  if (document.tls.clientValidation?.mode === "Optional" && !used.clientCertificate)
    unused(
      ["tls", "clientValidation", "mode"],
      "client certificates are optional and no route asks for one, so that they protect nothing",
      "set mode to Required, or require clientCertificate on a route",
      ctx,
    );
}

function checkConsumers(document: GatewayDocument, used: Used, ctx: ResolveContext): void {
  const consumers = Object.entries(document.consumers);
  if (consumers.length > 0 && !used.apiKey) {
    unused(
      ["consumers"],
      "no route requires an API key, so that consumers and their plans would limit nothing",
      "require apiKey on a route, or remove the consumers",
      ctx,
    );
    return;
  }
  for (const [name, consumer] of consumers) {
    const known = consumer.plan === undefined || Object.hasOwn(document.plans, consumer.plan);
    if (!used.anyPlan && known && ctx.intact(["consumers", name, "plan"]) && !used.plans.has(consumer.plan ?? ""))
      ctx.fault(
        ["consumers", name],
        `its key opens no route: every route that takes keys names other plans (${[...used.plans].sort().join(", ")})`,
        "put it on one of these plans, or remove it",
      );
  }
  if (!ctx.intact(["consumers"])) return;
  for (const name of Object.keys(document.plans)) {
    if (!consumers.some(([, consumer]) => consumer.plan === name))
      unused(["plans", name], "no consumer is on this plan, so that it limits nobody", "remove it, or name it in a consumer's plan", ctx);
  }
}

// Faults inside an entry say nothing about whether anybody uses it, so what was left out there does not matter here.
function unused(path: readonly string[], message: string, remedy: string, ctx: ResolveContext): void {
  if (ctx.declared(...path.slice(0, -1)).includes(path.at(-1) ?? "")) ctx.faults.push({ path, message, remedy });
  else ctx.fault(path, message, remedy);
}

function readUse(ctx: ResolveContext): Used {
  const used: Used = {
    backends: new Set(),
    providers: new Set(),
    plans: new Set(),
    apiKey: false,
    anyPlan: false,
    clientCertificate: false,
    complete: true,
  };
  const routes = isPlainObject(ctx.raw) ? ctx.raw.routes : undefined;
  if (routes !== undefined && !isPlainObject(routes)) return { ...used, complete: false };
  for (const route of Object.values(routes ?? {})) {
    if (!isPlainObject(route)) return { ...used, complete: false };
    readTargets(route, used);
    if (route.public !== true) readRequirement(route.require, used);
  }
  return withMeant(used, ctx);
}

/** A misspelt name is one fault, so the entry that was meant counts as used; where nobody knows which was meant, any may be. */
function withMeant(used: Used, ctx: ResolveContext): Used {
  for (const [names, declared] of [
    [used.backends, ctx.declared("backends")],
    [used.providers, ctx.declared("jwt", "providers")],
    [used.plans, ctx.declared("plans")],
  ] as const) {
    for (const name of [...names]) {
      if (declared.includes(name)) continue;
      const meant = nearest(name, declared);
      if (meant === undefined && names === used.plans) used.anyPlan = true;
      for (const other of meant === undefined ? declared : [meant]) names.add(other);
    }
  }
  return used;
}

function readTargets(route: Record<string, unknown>, used: Used): void {
  const listed = Array.isArray(route.backends)
    ? route.backends.map((target: unknown) => (isPlainObject(target) ? target.name : undefined))
    : [];
  const names = [route.backend, ...listed].filter((name) => name !== undefined && name !== null);
  for (const name of names) {
    if (typeof name === "string") used.backends.add(name);
    else used.complete = false;
  }
  if (names.length === 0) used.complete = false;
}

function readRequirement(require: unknown, used: Used): void {
  if (!Array.isArray(require)) {
    used.complete = false;
    return;
  }
  for (const item of require as unknown[]) {
    if (!isPlainObject(item)) {
      used.complete = false;
      continue;
    }
    for (const name of [item.jwt].flat()) if (typeof name === "string") used.providers.add(name);
    if (item.clientCertificate !== undefined) used.clientCertificate = true;
    if (item.apiKey === undefined) continue;
    used.apiKey = true;
    const plans = isPlainObject(item.apiKey) ? item.apiKey.plans : undefined;
    if (Array.isArray(plans))
      for (const plan of plans as unknown[]) {
        if (typeof plan === "string") used.plans.add(plan);
        else used.anyPlan = true;
      }
    else used.anyPlan = true;
  }
}
