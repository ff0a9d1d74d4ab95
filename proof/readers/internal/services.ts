import type { InternalService } from "../../../components/spec/model.ts";
import type { Expected } from "../expected.ts";
import type { Shape } from "../shape.ts";
import { chainOf, keyOfSigned, signed, trusted } from "./authority.ts";
import type { Context } from "./context.ts";
import { withFile } from "./pkcs12.ts";

export const CONTROL = "tls.certificate.internal";
const HOUR = 3_600_000;

/** Somebody outside a cluster reads the service's key. */
export const isStored = ({ reader, importToAcm }: InternalService): boolean => reader !== undefined || importToAcm;

/** Services whose key somebody reads outside a cluster. */
export const storedServices = ({ model }: Pick<Context, "model">): InternalService[] =>
  Object.values(model.internal?.services ?? {}).filter(isStored);

/** Something of services is signed by the internal authority. */
export function signsServices(c: Context): boolean {
  const { services = {}, kubernetes } = c.model.internal ?? {};
  const inCluster = kubernetes !== undefined && Object.keys(services).length > 0;
  const entered = Object.values(services).some(({ callers }) => callers.includes("gateway"));
  return (
    storedServices(c).length > 0 ||
    (inCluster &&
      (kubernetes.certificates !== "none" || kubernetes.mesh?.pluggedInCa === true || (kubernetes.mesh !== undefined && entered)))
  );
}

/** What a service shows, to those who call it and to those it calls. */
export function* identity(c: Context, { name, dnsNames, ipAddresses, keyGeneration }: InternalService): Generator<Expected> {
  const { validityMs = 0, renewBeforeMs = 0 } = c.model.internal ?? {};
  yield* signed(c, `service-${name}`, CONTROL, {
    subject: { commonName: name.slice(0, 64) },
    dnsNames,
    ipAddresses,
    uris: [spiffe(c, name)],
    usages: ["server_auth", "client_auth"],
    hours: validityMs / HOUR,
    renewed: renewBeforeMs / HOUR,
    keyGeneration,
  });
}

export const spiffe = (c: Context, service: string): string => `spiffe://${c.model.hostname}/service/${service}`;

/** What the service finds: its certificate and key, whom it trusts and whom it lets in. */
export function contents(c: Context, { name, keyGeneration, callers, pkcs12 }: InternalService): Shape {
  const suffix = `service-${name}`;
  const chain = chainOf(c, suffix);
  const key = c.ref(keyOfSigned(suffix, keyGeneration), "privateKeyPemPkcs8");
  const files = {
    "tls.crt": chain,
    "tls.key": key,
    "ca.crt": trusted(c),
    "allowed-callers": callers
      .map((caller) => (caller === "gateway" ? `spiffe://${c.model.hostname}/gateway` : spiffe(c, caller)))
      .join(","),
  };
  return pkcs12 ? withFile(files, chain, key) : files;
}
