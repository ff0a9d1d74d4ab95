import type { ControlId } from "../../../../components/backends/controls.ts";
import type { Expected } from "../../expected.ts";
import { clock, intermediatesOf, request, rootOf } from "../../internal/authority.ts";
import type { Context as Internal, Life, Signed, Signer } from "../../internal/context.ts";

/** The authority of AWS Private CA that the document names, if it does. */
export function privateCa(c: Omit<Internal, "signer">): Signer | undefined {
  const issuer = c.model.internal?.authority.issuer;
  if (issuer?.type !== "awsPrivateCa") return undefined;
  const { arn, alsoTrusted } = issuer;
  return {
    signed: (suffix, control, wanted, life) => signedByAws(c, issuer, suffix, control, wanted, life),
    leaf: (suffix) => c.ref(suffix, "certificate"),
    intermediates: (suffix) => c.ref(suffix, "certificateChain"),
    trusted: [arn, ...(alsoTrusted === undefined ? [] : [alsoTrusted])].map((one) => `\${authority ${one}}\n`).join(""),
  };
}

/** AWS Private CA signs what the request says for as long as it is asked, and renews nothing. */
function* signedByAws(
  c: Internal,
  { arn, signingAlgorithm }: { readonly arn: string; readonly signingAlgorithm: string },
  suffix: string,
  control: ControlId,
  wanted: Signed,
  life: Life,
): Generator<Expected> {
  const { usages, hours } = wanted;
  const [, partition, , region] = arn.split(":");
  const template = usages.length > 1 ? "" : usages[0] === "server_auth" ? "ServerAuth" : "ClientAuth";
  yield request(c, suffix, control, wanted);
  yield clock(c, suffix, control, wanted, life);
  yield {
    type: "aws:acmpca/certificate:Certificate",
    suffix,
    control,
    inputs: {
      certificateAuthorityArn: arn,
      certificateSigningRequest: c.ref(`${suffix}-request`, "certRequestPem"),
      signingAlgorithm,
      templateArn: `arn:${partition}:acm-pca:::template/EndEntity${template}Certificate/V1`,
      region,
      validity: { type: "DAYS", value: String(hours / 24) },
    },
  };
}

/** Everything above a certificate, as importers want it. Both parts are cut out of one text where AWS signs. */
export const aboveOf = (c: Internal, suffix: string): string =>
  `${intermediatesOf(c, suffix)}${c.signer?.intermediates(suffix) ?? rootOf(c)}`;
