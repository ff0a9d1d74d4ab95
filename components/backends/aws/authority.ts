import { AwsPrivateCaIssuer } from "../../pki/internal/aws-private-ca.ts";
import type { CertificateIssuer } from "../../pki/internal/issuer.ts";
import { stackIssuer } from "../../pki/internal/stack-issuer.ts";
import type { AwsBuild } from "./build.ts";

/** Who signs what is internal: the stack's own authority, or the one of AWS Private CA the document names. */
export function authority(b: AwsBuild): CertificateIssuer {
  const opts = b.opts.bind(b);
  const chosen = b.model.internal?.authority.issuer;
  if (chosen?.type !== "awsPrivateCa") return stackIssuer(b.name, b.model, opts);
  const { arn, alsoTrusted, signingAlgorithm } = chosen;
  return new AwsPrivateCaIssuer(b.name, { arn, signingAlgorithm, ...(alsoTrusted === undefined ? {} : { alsoTrusted }) }, opts);
}
