import { z } from "zod";

/** The building blocks the other schema files share. Every one says in its message what is allowed. */

const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

export const resourceName = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    "1 to 40 lower-case letters, digits and hyphens, starting with a letter, not ending with a hyphen",
  );

export const entryName = z
  .string()
  .regex(
    /^[A-Za-z]([A-Za-z0-9_-]{0,62}[A-Za-z0-9])?$/,
    "1 to 64 letters, digits, hyphens and underscores, starting with a letter, ending with a letter or digit",
  );

export const hostName = z
  .string()
  .max(253, "at most 253 characters")
  .regex(
    new RegExp(`^(${LABEL}\\.)+${LABEL}$`),
    "a fully qualified host name in lower case, such as api.shop.example.com, without a port or a trailing dot",
  );

/** Several header names would let a document disarm the gateway's own handling; `validate` refuses those where they may not stand. */
export const headerName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,126}$/,
    "a header name in lower case: letters, digits and hyphens (no underscore: such headers are dropped)",
  );

// Printable ASCII and tab: what RFC 9110 allows in a field value, without obs-text.
export const headerValue = z
  .string()
  .max(4096, "at most 4096 characters")
  .regex(/^[\t\x20-\x7e]*$/, "printable ASCII without line breaks");

export const methodName = z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export const duration = z
  .string()
  .regex(/^[1-9][0-9]{0,6}(ms|s|m|h)$/, "a whole number with a unit ms, s, m or h, such as 500ms or 15s (Gateway API duration)")
  .meta({ examples: ["500ms", "15s"] });

const SIZE = "bytes as a whole number, or with a unit B, KiB, MiB or GiB, such as 1MiB";

export const byteSize = z
  .union([z.int().min(0), z.string().regex(/^[0-9]{1,9}(B|KiB|MiB|GiB)$/, SIZE)], SIZE)
  .meta({ examples: ["1MiB", 65536] });

export const cidr = z
  .string()
  .max(64, "an IPv4 or IPv6 address block such as 192.0.2.0/24 or 2001:db8::/32")
  .meta({ description: "An IPv4 or IPv6 address block in CIDR form; a single address needs /32 or /128.", examples: ["192.0.2.0/24"] });

export const httpsUrl = z.string().max(2048, "at most 2048 characters").meta({ format: "uri" });

/** PEM text, or the path of a file that holds it, relative to the document. Public material only; keys are `secret`. */
export const pem = z
  .union(
    [z.string().regex(/-----BEGIN [A-Z0-9 ]+-----/, "PEM text with -----BEGIN … -----"), z.strictObject({ file: z.string().min(1) })],
    "PEM text, or { file: path } relative to the document",
  )
  .meta({ description: "PEM text, or `{ file: path }` relative to the document." });

/** A value kept in the stack's configuration: `pulumi config set --secret <name>`. Never written in a document. */
export const secretRef = z
  .strictObject({
    secret: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_-]{0,99}$/, "the name of a secret of the stack's configuration")
      .meta({ description: "Key in the stack's configuration, set with `pulumi config set --secret secure-gateway:<name>`." }),
  })
  .meta({ description: "A secret of the stack's configuration; it never stands in the document itself." });

/** A map from names to entries. */
export function named<T extends z.ZodType>(entry: T) {
  return z.record(entryName, entry);
}

export const list = <T extends z.ZodType>(entry: T) => z.array(entry);
