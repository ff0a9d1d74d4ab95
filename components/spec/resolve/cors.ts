import type { z } from "zod";
import type { PathPart } from "../faults.ts";
import type { Cors, Method } from "../model.ts";
import type { cors } from "../schema/access.ts";
import { parseUrl } from "../url.ts";
import type { ResolveContext } from "./context.ts";
import { wholeSeconds } from "./units.ts";
import { isLoopback } from "./url.ts";

export function resolveCors(rules: z.output<typeof cors>, path: readonly PathPart[], ctx: ResolveContext): Cors {
  if (rules.allowAnyOrigin && rules.allowOrigins.length > 0)
    ctx.fault([...path, "allowOrigins"], "has no meaning with allowAnyOrigin: true", "keep one of the two");
  if (rules.allowAnyOrigin && rules.allowCredentials)
    ctx.fault(
      [...path, "allowCredentials"],
      "credentials cannot be allowed to every origin",
      "list the origins in allowOrigins, or leave allowCredentials out",
    );
  if (!rules.allowAnyOrigin && rules.allowOrigins.length === 0)
    ctx.fault(
      [...path, "allowOrigins"],
      "no origin is allowed",
      "list origins such as https://shop.example.com, or leave cors out to switch it off",
      [[...path, "allowAnyOrigin"]],
    );
  const origins = rules.allowOrigins.flatMap((origin, index) => canonicalOrigin(origin, [...path, "allowOrigins", index], ctx) ?? []);
  return {
    allowOrigins: [...new Set(origins)],
    anyOrigin: rules.allowAnyOrigin,
    allowMethods: sortMethods(rules.allowMethods),
    allowHeaders: [...new Set(rules.allowHeaders)].sort(),
    exposeHeaders: [...new Set(rules.exposeHeaders)].sort(),
    allowCredentials: rules.allowCredentials,
    maxAgeSeconds: wholeSeconds(rules.maxAge, [...path, "maxAge"], ctx),
  };
}

/** The origin as a browser sends it: without the scheme's default port. */
function canonicalOrigin(origin: string, path: readonly PathPart[], ctx: ResolveContext): string | undefined {
  const url = parseUrl(origin);
  if (url === null || url.hostname === "") {
    ctx.fault(path, `"${origin}" is not an origin`, "give scheme, host and optional port, such as https://shop.example.com");
    return undefined;
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    ctx.fault(
      path,
      `"${origin}" is plain HTTP: whoever sits on the line could write the page that reads the answers`,
      `use https://${url.host}; plain HTTP is accepted for localhost only`,
    );
  return url.origin;
}

const METHOD_ORDER: readonly Method[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Methods in their usual order, each once. */
export function sortMethods(methods: readonly Method[]): Method[] {
  return METHOD_ORDER.filter((method) => methods.includes(method));
}
