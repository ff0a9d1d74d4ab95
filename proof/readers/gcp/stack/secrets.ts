import type { ControlId } from "../../../../components/backends/controls.ts";
import { certificates, type Grammar, is, json, object, privateKey, sequence } from "../../grammar.ts";
import { chainOf, trusted } from "../../internal/authority.ts";
import type { Place } from "./roles.ts";

/** Secrets Envoy reads from files, by name. */
export function secretsOf({ model }: Place): string[] {
  const backends = Object.values(model.backends);
  const internal =
    backends.some(({ tls }) => tls.trust.kind === "internal") ||
    Object.values(model.jwtProviders).some(({ keys }) => keys.kind === "remote" && keys.trust.kind === "internal");
  return [
    ...(internal ? ["authority"] : []),
    ...(backends.some(({ tls }) => tls.clientCertificate === "internal") ? ["gateway"] : []),
    ...backends.filter(({ tls }) => typeof tls.clientCertificate !== "string").map(({ name }) => `client-${name}`),
  ];
}

/** What is weaker when a secret is not as it should be. */
export function secretControl(secret: string): ControlId {
  if (secret === "authority") return "backend.tls.internal";
  return secret === "gateway" ? "backend.clientCertificate.internal" : "backend.clientCertificate.imported";
}

/** A secret's file as Envoy reads it: a key pair, or the roots of the stack's own authority. */
export function secretFile(place: Place, name: string): Grammar {
  const inline = (text: Grammar) => object({ inline_string: text });
  const content: Record<string, Grammar> =
    name === "authority"
      ? { validation_context: object({ trusted_ca: inline(is(trusted(place.internal))) }) }
      : {
          tls_certificate: object({
            certificate_chain: inline(name === "gateway" ? is(chainOf(place.internal, "client")) : certificates),
            private_key: inline(name === "gateway" ? is(place.output("client-key", "privateKeyPem")) : privateKey),
          }),
        };
  return json(
    object({
      resources: sequence(
        object({ "@type": is("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"), name: is(name), ...content }),
      ),
    }),
  );
}
