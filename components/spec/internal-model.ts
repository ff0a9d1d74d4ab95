import type { z } from "zod";
import type { internalSettings } from "./schema/internal.ts";

type InternalDocument = z.output<typeof internalSettings>;

export interface InternalTraffic {
  readonly authority: {
    readonly issuer: InternalDocument["authority"]["issuer"];
    readonly validityMs: number;
    readonly generation: number;
    readonly rollover: "announce" | "switch" | "finish";
    readonly intermediate: { readonly validityMs: number; readonly generation: number } | undefined;
  };
  /** Of services' certificates. */
  readonly validityMs: number;
  readonly renewBeforeMs: number;
  /** Of every certificate. */
  readonly generation: number;
  readonly keyGeneration: number;
  readonly services: Readonly<Record<string, InternalService>>;
  readonly kubernetes: InternalDocument["kubernetes"];
}

export interface InternalService {
  readonly name: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** URI subject alternative name by which others know it. */
  readonly identity: string;
  /** Names of services, or `gateway`; sorted. */
  readonly callers: readonly string[];
  readonly keyGeneration: number;
  /** The one who may read its key; undefined where nobody has to. */
  readonly reader: string | undefined;
  readonly pkcs12: boolean;
  readonly importToAcm: boolean;
  readonly port: number;
  readonly serviceAccount: string;
}
