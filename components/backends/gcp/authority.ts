import { GoogleCaServiceIssuer } from "../../pki/internal/google-ca-service.ts";
import type { CertificateIssuer } from "../../pki/internal/issuer.ts";
import { stackIssuer } from "../../pki/internal/stack-issuer.ts";
import type { GcpBuild } from "./build.ts";

/** Who signs what is internal: the stack's own authority, or the one of Google's CA Service the document names. */
export function authority(b: GcpBuild): CertificateIssuer {
  const opts = b.opts.bind(b);
  const chosen = b.model.internal?.authority.issuer;
  if (chosen?.type !== "googleCaService") return stackIssuer(b.name, b.model, opts);
  const [, project = "", , location = "", , pool = ""] = chosen.pool.split("/");
  const { authority: signs, alsoTrusted } = chosen;
  return new GoogleCaServiceIssuer(
    b.name,
    { project, location, pool, authority: signs, ...(alsoTrusted === undefined ? {} : { alsoTrusted }) },
    opts,
  );
}
