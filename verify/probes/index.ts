import type { GatewayModel } from "../../components/spec/model.ts";
import type { Probe } from "../probe.ts";
import { accessProbes } from "./access.ts";
import { apiKeyProbes } from "./api-keys.ts";
import { backendFormProbes } from "./backend-form.ts";
import { backendProbes } from "./backends.ts";
import { certificateProbes } from "./certificate.ts";
import { clientCertificateProbes } from "./client-certificates.ts";
import { corsProbes } from "./cors.ts";
import { entitlementProbes } from "./entitlement.ts";
import { framingProbes } from "./framing.ts";
import { http2FramingProbes } from "./framing-http2.ts";
import { grpcProbes } from "./grpc.ts";
import { hostProbes } from "./host.ts";
import { identityProbes } from "./identity.ts";
import { jwtProbes } from "./jwt.ts";
import { limitProbes } from "./limits.ts";
import { methodProbes } from "./methods.ts";
import { observeProbes } from "./observe.ts";
import { pathProbes } from "./paths.ts";
import { plainHttpProbes } from "./plain-http.ts";
import { providerProbes } from "./providers.ts";
import { quotaProbes } from "./quotas.ts";
import { resilienceProbes } from "./resilience.ts";
import { responseProbes } from "./responses.ts";
import { routeProbes } from "./routes.ts";
import { sizeProbes } from "./sizes.ts";
import { timingProbes } from "./timing.ts";
import { tlsProbes } from "./tls.ts";

const FAMILIES: readonly ((model: GatewayModel) => Probe[])[] = [
  certificateProbes,
  tlsProbes,
  clientCertificateProbes,
  plainHttpProbes,
  hostProbes,
  framingProbes,
  http2FramingProbes,
  sizeProbes,
  accessProbes,
  corsProbes,
  routeProbes,
  methodProbes,
  pathProbes,
  jwtProbes,
  providerProbes,
  entitlementProbes,
  apiKeyProbes,
  grpcProbes,
  identityProbes,
  backendFormProbes,
  backendProbes,
  timingProbes,
  resilienceProbes,
  limitProbes,
  quotaProbes,
  observeProbes,
  responseProbes,
];

/** Every probe a model asks for, in the order of the documentation. Pure: nothing is sent. */
export function allProbes(model: GatewayModel): Probe[] {
  const probes = FAMILIES.flatMap((family) => family(model));
  const ids = new Set<string>();
  for (const { id } of probes) {
    if (ids.has(id)) throw new Error(`two probes are called "${id}"`);
    ids.add(id);
  }
  return probes;
}
