import type { GatewayModel } from "../../spec/model.ts";

/** What the stack's own issuer can sign with. */
const ALGORITHMS = ["RS256", "ES256"] as const;

export type IssuerAlgorithm = (typeof ALGORITHMS)[number];

export const isIssuerAlgorithm = (algorithm: string): algorithm is IssuerAlgorithm => ALGORITHMS.some((known) => known === algorithm);

/** The first algorithm of the provider that the stack can sign with. */
export function issuerAlgorithm({ jwtProviders, local }: GatewayModel): IssuerAlgorithm | undefined {
  return jwtProviders[local.issuer?.provider ?? ""]?.algorithms.find(isIssuerAlgorithm);
}

/**
 * The service that publishes the keys of the stack's own issuer: the one on the loopback port that the provider's `jwksUri` leads to.
 */
export function issuerService({ jwtProviders, local }: GatewayModel): string | undefined {
  const keys = jwtProviders[local.issuer?.provider ?? ""]?.keys;
  if (keys?.kind !== "remote") return undefined;
  const url = new URL(keys.uri);
  const port = url.port === "" ? 443 : Number(url.port);
  if (!["localhost", "127.0.0.1", "[::1]"].includes(url.hostname)) return undefined;
  return Object.entries(local.services).find(([, service]) => service.port === port)?.[0];
}
