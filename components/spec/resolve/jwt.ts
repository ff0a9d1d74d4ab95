import type { z } from "zod";
import type { PathPart } from "../faults.ts";
import type { JwtProvider } from "../model.ts";
import type { jwtProvider } from "../schema/access.ts";
import type { ResolveContext } from "./context.ts";
import { checkHeaderTarget } from "./headers.ts";
import { checkedJwks } from "./jwks.ts";
import { resolveTrust } from "./tls.ts";
import { milliseconds, wholeSeconds } from "./units.ts";
import { parseHttpsUrl } from "./url.ts";

export function resolveJwtProvider(
  name: string,
  provider: z.output<typeof jwtProvider>,
  apiKeyHeader: string,
  ctx: ResolveContext,
): JwtProvider {
  const path = ["jwt", "providers", name];
  const clockSkewSeconds = wholeSeconds(provider.clockSkew, [...path, "clockSkew"], ctx);
  if (milliseconds(provider.clockSkew) > 60_000)
    ctx.fault([...path, "clockSkew"], `"${provider.clockSkew}" is too long`, "allowed: 60s or less");
  for (const header of Object.keys(provider.claimToHeaders)) {
    const at = [...path, "claimToHeaders", header];
    checkHeaderTarget(header, at, ctx);
    if (header === apiKeyHeader)
      ctx.fault(at, `the header "${header}" carries API keys and is never passed on`, "choose another header name", [
        ["apiKeys", "header"],
      ]);
  }
  return {
    name,
    issuer: provider.issuer,
    audiences: [...new Set(provider.audiences)],
    keys: resolveKeys(provider, path, ctx),
    algorithms: [...new Set(provider.algorithms)],
    scopes: [...new Set(provider.scopes)],
    claimToHeaders: provider.claimToHeaders,
    clockSkewSeconds,
    forward: provider.forward,
  };
}

function resolveKeys(provider: z.output<typeof jwtProvider>, path: readonly PathPart[], ctx: ResolveContext): JwtProvider["keys"] {
  if (provider.jwksUri !== undefined && provider.jwks !== undefined)
    ctx.fault([...path, "jwks"], "jwks and jwksUri are both given", "keep one of the two");
  if (provider.jwks !== undefined) {
    if (provider.jwksTls !== undefined) ctx.fault([...path, "jwksTls"], "has no meaning without jwksUri", "remove it");
    const text = ctx.text(provider.jwks, [...path, "jwks"]);
    return { kind: "inline", jwks: text === undefined ? "" : checkedJwks(text, provider.algorithms, [...path, "jwks"], ctx) };
  }
  if (provider.jwksUri === undefined) {
    ctx.fault([...path, "jwksUri"], "is missing: the provider has no keys", "give jwksUri, or the keys themselves in jwks", [
      [...path, "jwks"],
    ]);
    return { kind: "inline", jwks: "" };
  }
  parseHttpsUrl(provider.jwksUri, [...path, "jwksUri"], ctx);
  const trust = resolveTrust({ ...provider.jwksTls }, [...path, "jwksTls"], ctx);
  return { kind: "remote", uri: provider.jwksUri, trust };
}
