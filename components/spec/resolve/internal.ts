import { isIP } from "node:net";
import { serviceIdentity } from "../../pki/identity.ts";
import type { InternalService, InternalTraffic } from "../model.ts";
import type { GatewayDocument } from "../schema/document.ts";
import { show } from "../show.ts";
import { suggestion } from "../suggest.ts";
import type { ResolveContext } from "./context.ts";
import { boundedMilliseconds } from "./units.ts";
import { isHost } from "./url.ts";

/** How `callers` names the gateway itself. */
export const GATEWAY = "gateway";

const AUTHORITY = ["internal", "authority"] as const;

export function resolveInternal(document: GatewayDocument, ctx: ResolveContext): InternalTraffic | undefined {
  const { internal } = document;
  if (internal === undefined) return undefined;
  const { authority, certificates } = internal;
  const validityMs = boundedMilliseconds(certificates.validity, "24h", "8760h", ["internal", "certificates", "validity"], ctx);
  const renewBeforeMs = boundedMilliseconds(certificates.renewBefore, "1h", "8760h", ["internal", "certificates", "renewBefore"], ctx);
  if (renewBeforeMs >= validityMs)
    ctx.fault(
      ["internal", "certificates", "renewBefore"],
      `"${certificates.renewBefore}" is not shorter than the validity "${certificates.validity}": every deployment would replace every certificate`,
      "give less than internal.certificates.validity, a third of it for example",
      [["internal", "certificates", "validity"]],
    );
  for (const [path, text] of [
    [["internal", "certificates", "validity"], certificates.validity],
    [["internal", "certificates", "renewBefore"], certificates.renewBefore],
  ] as const)
    wholeHours(text, path, ctx);
  checkAuthority(authority, ctx);
  const { intermediate } = authority;
  return {
    authority: {
      issuer: authority.issuer,
      validityMs: boundedMilliseconds(authority.validity, "8760h", "175200h", [...AUTHORITY, "validity"], ctx),
      generation: authority.generation,
      rollover: authority.rollover,
      intermediate: intermediate && {
        validityMs: boundedMilliseconds(intermediate.validity, "720h", "87600h", [...AUTHORITY, "intermediate", "validity"], ctx),
        generation: intermediate.generation,
      },
    },
    validityMs,
    renewBeforeMs,
    generation: certificates.generation,
    keyGeneration: certificates.keyGeneration,
    services: Object.fromEntries(Object.keys(internal.services).map((name) => [name, resolveService(name, document, internal, ctx)])),
    kubernetes: internal.kubernetes,
  };
}

type Internal = NonNullable<GatewayDocument["internal"]>;

function checkAuthority(authority: Internal["authority"], ctx: ResolveContext): void {
  if (authority.rollover === "announce" && authority.generation === 1)
    ctx.fault(
      [...AUTHORITY, "rollover"],
      "there is no root before the first that could sign meanwhile",
      "raise generation to 2 to announce another root, or leave rollover out",
      [[...AUTHORITY, "generation"]],
    );
  if (authority.issuer.type === "stack") return;
  for (const field of ["generation", "rollover", "intermediate"] as const)
    if ((ctx.declared(...AUTHORITY) as string[]).includes(field))
      ctx.fault(
        [...AUTHORITY, field],
        `"${field}" is about a root of the stack's own, and "${authority.issuer.type}" has its own roots`,
        `remove it; the change to another authority goes by issuer.alsoTrusted`,
        [[...AUTHORITY, "issuer"]],
      );
}

function resolveService(name: string, document: GatewayDocument, internal: Internal, ctx: ResolveContext): InternalService {
  const path = ["internal", "services", name];
  const service = internal.services[name];
  if (service === undefined) throw new Error(`no service ${name}`);
  if (name.toLowerCase() === GATEWAY) ctx.fault(path, `"${GATEWAY}" is the gateway itself`, "give the service another name");
  for (const [index, host] of service.names.entries())
    if (!isHost(host) || host !== host.toLowerCase())
      ctx.fault([...path, "names", index], `${show(host)} is not a host name`, "give a DNS name in lower case, or an IP address");
  const others = Object.keys(internal.services).filter((other) => other !== name);
  for (const [index, caller] of service.callers.entries()) {
    if (caller === name) ctx.fault([...path, "callers", index], "a service need not be allowed to call itself", "remove it");
    else if (caller !== GATEWAY && !ctx.declared("internal", "services").includes(caller))
      ctx.fault(
        [...path, "callers", index],
        `there is no service ${show(caller)}`,
        suggestion(caller, [GATEWAY, ...others], "declare it under internal.services"),
        [["internal", "services", caller]],
      );
  }
  const { keyGeneration, pkcs12, importToAcm, port } = service;
  return {
    keyGeneration,
    pkcs12,
    importToAcm,
    port,
    name,
    dnsNames: service.names.filter((host) => isIP(host) === 0),
    ipAddresses: service.names.filter((host) => isIP(host) !== 0),
    callers: [...new Set(service.callers)].sort(),
    identity: serviceIdentity(document.hostname, name),
    reader: service.reader,
    serviceAccount: service.serviceAccount ?? name.toLowerCase().replaceAll("_", "-"),
  };
}

/** Certificates of the clouds are counted in hours. */
function wholeHours(text: string, path: readonly string[], ctx: ResolveContext): void {
  if (!text.endsWith("h")) ctx.fault(path, `"${text}" is not given in hours`, "give hours, such as 2160h");
}
