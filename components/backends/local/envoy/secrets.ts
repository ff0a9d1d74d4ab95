import type { KeyPair } from "./materials.ts";
import { discovery, type JsonObject } from "./values.ts";

const SECRET = "envoy.extensions.transport_sockets.tls.v3.Secret";

/** A certificate and its key in one file, so that both change in one step. */
export const keyPairSecret = (name: string, { chain, privateKey }: KeyPair): JsonObject =>
  discovery(SECRET, [
    { name, tls_certificate: { certificate_chain: { inline_string: chain }, private_key: { inline_string: privateKey } } },
  ]);

/** Roots to verify against. */
export const rootsSecret = (name: string, roots: string): JsonObject =>
  discovery(SECRET, [{ name, validation_context: { trusted_ca: { inline_string: roots } } }]);
