import type { ControlId } from "../../../../components/backends/controls.ts";
import type { GatewayModel } from "../../../../components/spec/model.ts";
import { madeUpPem, type OpenPlan } from "../../../open-plan.ts";
import type { Observations } from "../../../verdicts.ts";
import { type Expected, identityOf, observeExpected } from "../../expected.ts";
import { authority, signed } from "../../internal/authority.ts";
import { cluster } from "../../internal/cluster.ts";
import type { Context } from "../../internal/context.ts";
import { signsServices } from "../../internal/services.ts";
import { AZURE } from "./scene.ts";
import { services } from "./services.ts";

const HOUR = 3_600_000;
/** API Management takes RSA only, in authorities and in what it shows. */
const RSA_BITS = 2048;

/** What is internal of a document, as a plan for Azure has it. */
export const internalOf = (model: GatewayModel): Context => ({
  model,
  ref: (suffix, output) => madeUpPem(suffix, output) ?? `\${${model.name}-${suffix}.${output}}`,
  authorityKey: { algorithm: "RSA", rsaBits: 3072 },
});

/** The stack's own authority, what it signs, and what is in a cluster of services. */
function* expectations(c: Context): Generator<Expected> {
  const { tls, hostname, name, routes, backends } = c.model;
  const { certificate } = tls;
  if (certificate.source === "internal")
    yield* signed(c, "front", "tls.certificate.internal", {
      subject: { commonName: hostname },
      dnsNames: [hostname],
      uris: undefined,
      usages: ["server_auth"],
      hours: Math.ceil(certificate.validityMs / HOUR),
      rsaBits: RSA_BITS,
    });
  const used = new Set(routes.flatMap((route) => route.backends.map((one) => one.name)));
  if (Object.values(backends).some((one) => used.has(one.name) && one.tls.clientCertificate === "internal"))
    yield* signed(c, "client", "backend.clientCertificate.internal", {
      subject: { commonName: `${name} gateway` },
      dnsNames: [hostname],
      uris: [`spiffe://${hostname}/gateway`],
      usages: ["client_auth"],
      hours: 8_760,
      rsaBits: RSA_BITS,
    });
  yield* sources(c);
  yield* services(c);
  yield* cluster(c);
  const asked = Object.values(backends).some((one) => one.tls.trust.kind === "internal" || one.tls.clientCertificate === "internal");
  if (certificate.source === "internal" || asked || signsServices(c)) yield* authority(c, "backend.tls.internal");
}

/** What the keys of consumers and the secret between Front Door and the service are digests of. */
function* sources({ model: { apiKeys, consumers, edge } }: Context): Generator<Expected> {
  const source = (suffix: string, control: ControlId): Expected => ({
    type: "tls:index/privateKey:PrivateKey",
    suffix: `${suffix}-source`,
    control,
    inputs: { algorithm: "ED25519" },
  });
  if (edge === "cdn") yield source("edge-secret", "edge");
  if (apiKeys === undefined) return;
  for (const { name, keyGeneration, keepPreviousKey } of Object.values(consumers)) {
    yield source(`key-${name}-${keyGeneration}`, "require.apiKey");
    yield source(keepPreviousKey ? `key-${name}-${keyGeneration - 1}` : `key-${name}-${keyGeneration}-unused`, "require.apiKey");
  }
}

/**
 * All of the tls provider, of a cluster and of the services' vault is as it has to be, and there is no more of the first two.
 *
 * @returns The plan without the services' vault: what is the gateway's own
 */
export function observeInternal(plan: OpenPlan, model: GatewayModel, o: Observations): OpenPlan {
  const wanted = observeExpected(plan, model.name, expectations(internalOf(model)), o);
  for (const one of plan.resources)
    if (/^(tls|kubernetes|pulumi:providers:kubernetes)\b/.test(one.type) && !wanted.has(identityOf(one)))
      o.holds("host.only", one.name, `${one.type} is asked for by the document`, false);
  return { ...plan, resources: plan.resources.filter((one) => !one.type.startsWith(AZURE) || !wanted.has(identityOf(one))) };
}
