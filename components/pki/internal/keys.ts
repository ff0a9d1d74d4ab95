import type * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { ECDSA_P256, type KeyKind, type LeafRequest } from "./issuer.ts";
import { generation } from "./settings.ts";

/** Options of a child of whoever issues. */
export type Options = (more?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions;

/** Every generation is a resource of its own; the first has no number, so that a stack that never rotates shows none. */
export const generationSuffix = (value: number): string => (value === 1 ? "" : `-g${value}`);

/** The provider's own default curve is P-224, which nobody takes. */
export function privateKey(name: string, kind: KeyKind, opts: pulumi.CustomResourceOptions): PrivateKey {
  return new PrivateKey(
    name,
    kind.algorithm === "RSA" ? { algorithm: "RSA", rsaBits: kind.bits } : { algorithm: "ECDSA", ecdsaCurve: kind.curve },
    opts,
  );
}

/** The key of a leaf. It outlives renewals; only another generation is another key. */
export function leafKey(name: string, request: LeafRequest, opts: Options): PrivateKey {
  const number = generation(`the key of ${name}`, request.keyGeneration ?? 1);
  return privateKey(`${name}-key${generationSuffix(number)}`, request.key ?? ECDSA_P256, opts());
}

/** The request for a leaf, signed by its key. */
export function leafRequest(name: string, request: LeafRequest, key: PrivateKey, opts: Options): CertRequest {
  const { commonName, dnsNames = [], ipAddresses = [], uris = [] } = request;
  const some = (names: readonly string[]) => (names.length === 0 ? undefined : [...names]);
  return new CertRequest(
    `${name}-request`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName },
      ...given({ dnsNames: some(dnsNames), ipAddresses: some(ipAddresses), uris: some(uris) }),
    },
    opts(),
  );
}

function given<T extends Record<string, string[] | undefined>>(names: T) {
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined)) as { [key in keyof T]?: string[] };
}

/** Key usages of a leaf, in the provider's words; its typings have others. RSA keys may also have the peer encrypt the session's secret. */
export function leafUses({ usages, key = ECDSA_P256 }: LeafRequest): string[] {
  return [
    "digital_signature",
    ...(key.algorithm === "RSA" ? ["key_encipherment"] : []),
    ...usages.map((usage) => (usage === "server" ? "server_auth" : "client_auth")),
  ];
}
