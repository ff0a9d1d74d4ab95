import { isIP } from "node:net";
import type { GatewayModel } from "../model.ts";
import type { GatewayDocument } from "../schema/document.ts";
import { show } from "../show.ts";
import { suggestion } from "../suggest.ts";
import type { ResolveContext } from "./context.ts";

/** Contradictions within `local`, and between it and the rest of the document. */
export function checkLocal(document: GatewayDocument, local: GatewayModel["local"], ctx: ResolveContext): void {
  if (document.local === undefined) return;
  if (isIP(local.address) === 0)
    ctx.fault(
      ["local", "address"],
      `${show(local.address)} is not an IP address`,
      "give an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::",
    );
  const provider = local.issuer?.provider;
  const providers = ctx.declared("jwt", "providers");
  if (provider !== undefined && !providers.includes(provider)) {
    ctx.fault(
      ["local", "issuer", "provider"],
      `there is no JWT provider ${show(provider)}`,
      suggestion(provider, providers, "declare it under jwt.providers"),
      [["jwt", "providers", provider]],
    );
  }
  const ports = new Map<number, readonly string[]>();
  const claim = (port: number, path: readonly string[]) => {
    const taken = ports.get(port);
    if (taken !== undefined) ctx.fault(path, `port ${port} is already used by ${taken.join(".")}`, "choose another port", [taken]);
    else ports.set(port, path);
  };
  claim(local.httpsPort, ["local", "httpsPort"]);
  if (document.http === "redirect") claim(local.httpPort, ["local", "httpPort"]);
  claim(local.adminPort, ["local", "adminPort"]);
  for (const [name, service] of Object.entries(local.services)) claim(service.port, ["local", "services", name, "port"]);
}
