import type { ControlId } from "../../../components/backends/controls.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import type { Expected } from "../expected.ts";
import type { Shape } from "../shape.ts";

/** What the expectations of everything internal are made from, whichever cloud the gateway is in. */
export interface Context {
  readonly model: GatewayModel;
  /** An output of a resource of this stack. @param suffix Its name without the gateway's */
  ref(suffix: string, output: string): string;
  /** An authority of the cloud that signs in place of the stack's own. @default the stack's own signs */
  readonly signer?: Signer | undefined;
  /** Inputs of the keys of the stack's own authority. @default ECDSA on P-256 */
  readonly authorityKey?: Readonly<Record<string, Shape>>;
}

/** An authority that is not of this stack. */
export interface Signer {
  /** What there is besides the key of a certificate. */
  readonly signed: (suffix: string, control: ControlId, wanted: Signed, life: Life) => Iterable<Expected>;
  /** A certificate of it alone. */
  readonly leaf: (suffix: string) => string;
  /** What is sent after the certificate. */
  readonly intermediates: (suffix: string) => string;
  /** Roots to trust. */
  readonly trusted: string;
}

/** What a certificate of the authority is for. */
export interface Signed {
  readonly subject: { readonly commonName: Shape };
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris: readonly string[] | undefined;
  readonly usages: readonly ("client_auth" | "server_auth")[];
  /** How long it holds. */
  readonly hours: number;
  /** How long before its end it is renewed. @default a quarter to a half of its life */
  readonly renewed?: number;
  /** @default 1 */
  readonly keyGeneration?: number;
  /** Bits of an RSA key. @default a key of ECDSA on P-256 */
  readonly rsaBits?: number;
}

/** How long a certificate holds and when it is renewed, as inputs of the tls provider. */
export type Life = Readonly<Record<"validityPeriodHours" | "earlyRenewalHours", Shape>>;
