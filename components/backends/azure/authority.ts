import type { KeyKind } from "../../pki/internal/issuer.ts";
import { stackIssuer } from "../../pki/internal/stack-issuer.ts";
import type { TlsIssuer } from "../../pki/internal/tls-issuer.ts";
import type { AzureBuild } from "./build.ts";

/** API Management takes RSA only, in authorities and in certificates. */
const AUTHORITY_KEY: KeyKind = { algorithm: "RSA", bits: 3072 };
export const LEAF_KEY: KeyKind = { algorithm: "RSA", bits: 2048 };

/** Who signs what is internal: the stack's own authority. */
export const authority = (b: AzureBuild): TlsIssuer => stackIssuer(b.name, b.model, b.opts.bind(b), AUTHORITY_KEY);
