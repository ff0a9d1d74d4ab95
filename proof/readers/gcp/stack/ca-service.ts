import type { ControlId } from "../../../../components/backends/controls.ts";
import type { Expected } from "../../expected.ts";
import { clock, keyOfSigned } from "../../internal/authority.ts";
import type { Context, Life, Signed, Signer } from "../../internal/context.ts";

/** The authority of Google's CA Service that signs what is internal; undefined where the stack has one of its own. */
export function caService(c: Omit<Context, "signer">): Signer | undefined {
  const issuer = c.model.internal?.authority.issuer;
  if (issuer?.type !== "googleCaService") return undefined;
  const { authority, alsoTrusted } = issuer;
  return {
    signed: (suffix, control, wanted, life) => order(c, issuer, suffix, control, wanted, life),
    leaf: (suffix) => c.ref(suffix, "pemCertificate"),
    intermediates: (suffix) => `${c.ref(suffix, "pemCertificateChains")}\n`,
    trusted: [authority, ...(alsoTrusted === undefined ? [] : [alsoTrusted])].map((one) => `\${authority ${one}}`).join(""),
  };
}

/** A certificate for these names and uses and no others, of the key the stack made for it, that signs nothing itself. Google renews none. */
function* order(
  c: Context,
  { pool: path, authority }: { readonly pool: string; readonly authority: string },
  suffix: string,
  control: ControlId,
  wanted: Signed,
  life: Life,
): Generator<Expected> {
  const { subject, dnsNames, ipAddresses = [], uris = [], usages, hours } = wanted;
  const [, project, , location, , pool] = path.split("/");
  yield clock(c, suffix, control, wanted, life);
  yield {
    type: "gcp:certificateauthority/certificate:Certificate",
    suffix,
    control,
    inputs: {
      project,
      location,
      pool,
      certificateAuthority: authority,
      lifetime: `${hours * 3600}s`,
      config: {
        subjectConfig: { subject, subjectAltName: { dnsNames, ipAddresses, uris } },
        x509Config: {
          caOptions: { nonCa: true },
          keyUsage: {
            baseKeyUsage: { digitalSignature: true, keyEncipherment: wanted.rsaBits !== undefined },
            extendedKeyUsage: { serverAuth: usages.includes("server_auth"), clientAuth: usages.includes("client_auth") },
          },
        },
        publicKey: { format: "PEM", key: Buffer.from(c.ref(keyOfSigned(suffix, wanted.keyGeneration), "publicKeyPem")).toString("base64") },
      },
    },
  };
}
