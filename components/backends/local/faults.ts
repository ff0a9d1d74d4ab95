import type { Fault } from "../../spec/faults.ts";
import type { GatewayModel } from "../../spec/model.ts";
import { isIssuerAlgorithm, issuerService } from "./issuer.ts";

/** What cannot run on this machine although no single control is to blame. */
export function localFaults(model: GatewayModel): Fault[] {
  return [...serviceFaults(model), ...issuerFaults(model)];
}

/** Names of services are names of folders, which differ in more than capitals. */
const SERVICE_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function serviceFaults({ local }: GatewayModel): Fault[] {
  return Object.keys(local.services).flatMap((name) =>
    SERVICE_NAME.test(name)
      ? []
      : [
          {
            path: `local.services.${name}`,
            message: `"${name}" cannot be the name of a service`,
            remedy: "allowed: 1 to 63 lower-case letters, digits and hyphens, not starting or ending with a hyphen",
          },
        ],
  );
}

function issuerFaults(model: GatewayModel): Fault[] {
  const { issuer } = model.local;
  const provider = issuer && model.jwtProviders[issuer.provider];
  if (issuer === undefined || provider === undefined) return [];
  const path = `jwt.providers.${provider.name}`;
  const faults: Fault[] = [];
  if (!provider.algorithms.some(isIssuerAlgorithm))
    faults.push({
      path: `${path}.algorithms`,
      message: "the stack's own issuer signs with RS256 or ES256, and this provider accepts neither",
      remedy: "add RS256 or ES256, or remove local.issuer",
    });
  if (provider.keys.kind === "inline")
    faults.push({
      path: `${path}.jwks`,
      message: "the stack's own issuer has keys of its own, which are not these",
      remedy: "give a jwksUri that one of local.services serves, or remove local.issuer",
    });
  else if (issuerService(model) === undefined)
    faults.push({
      path: `${path}.jwksUri`,
      message: `no service of this stack publishes the keys: none listens where ${provider.keys.uri} leads`,
      remedy:
        "add a service to local.services whose port is that of jwksUri, and use localhost or 127.0.0.1 as its host, or remove local.issuer",
    });
  return faults;
}
