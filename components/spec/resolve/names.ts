import type { GatewayDocument } from "../schema/document.ts";
import type { ResolveContext } from "./context.ts";

/** Clouds disagree on whether `Gold` and `gold` are one name, so a document may not have both. */
export function checkNames(document: GatewayDocument, ctx: ResolveContext): void {
  const maps: [string[], string, object][] = [
    [["jwt", "providers"], "JWT provider", document.jwt.providers],
    [["plans"], "plan", document.plans],
    [["consumers"], "consumer", document.consumers],
    [["backends"], "backend", document.backends],
    [["routes"], "route", document.routes],
    [["internal", "services"], "service", document.internal?.services ?? {}],
  ];
  for (const [path, what, map] of maps) {
    const seen = new Map<string, string>();
    for (const name of Object.keys(map)) {
      const twin = seen.get(name.toLowerCase());
      if (twin !== undefined)
        ctx.faults.push({
          path: [...path, name],
          message: `is the ${what} "${twin}" in another spelling`,
          remedy: "keep one of the two; names differ in more than capitals",
        });
      else seen.set(name.toLowerCase(), name);
    }
  }
}

/** A public host name has a top-level domain, which no IPv4 address has. */
export function checkHostname(hostname: string, ctx: ResolveContext): void {
  if (/(^|\.)[0-9]+$/.test(hostname))
    ctx.fault(["hostname"], `"${hostname}" is not a host name: its last label is a number`, "give a name such as api.shop.example.com");
}
