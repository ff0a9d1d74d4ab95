import type { AnyKind } from "./inputs.ts";
import { ResourceError } from "./kind.ts";

/** Loaded when the first resource of the type turns up, so that the provider starts at once. */
const KINDS: Readonly<Record<string, () => Promise<AnyKind>>> = {
  "localgateway:index:CertificateAuthority": async () => (await import("./certificate-authority.ts")).certificateAuthority,
  "localgateway:index:IntermediateAuthority": async () => (await import("./intermediate-authority.ts")).intermediateAuthority,
  "localgateway:index:Certificate": async () => (await import("./certificate.ts")).certificate,
  "localgateway:index:SigningKey": async () => (await import("./signing-key.ts")).signingKey,
  "localgateway:index:ApiKeys": async () => (await import("./api-keys.ts")).apiKeys,
  "localgateway:index:Host": async () => (await import("./host.ts")).host,
};

export const TOKENS = Object.keys(KINDS);

/** @throws ResourceError when the provider has no such type */
export async function kindOf(token: string): Promise<AnyKind> {
  const load = KINDS[token];
  if (load === undefined) throw new ResourceError(`The localgateway provider has no resource type "${token}"; it has ${TOKENS.join(", ")}`);
  return load();
}
