import type { Observations } from "../../../verdicts.ts";
import { is, object, text, where } from "../../grammar.ts";
import { APIM, apiName, type Inputs, inService, type Scene } from "./scene.ts";

/** Name of the resource that holds the certificate for the gateway on premises. */
export const onPremisesCertificate = ({ model }: Scene): string => `${model.name}-on-premises-certificate`;

/** The gateway's own name, which others write out. */
const gatewayId = ({ resources }: Scene) => is(resources.of(`${APIM}Gateway`)[0]?.inputs.gatewayId);

export const SELF_HOSTED: Inputs = {
  // That the policy takes requests of this gateway, and of no other, is seen by running it.
  "apimanagement:Gateway": [
    "backend.onPremises",
    (scene) =>
      object({
        ...inService(scene),
        gatewayId: text(/^[\w-]{1,80}$/),
        description: text(),
        locationData: object({ name: is(scene.model.azure.selfHostedGateway?.location) }),
      }),
  ],
  "apimanagement:GatewayHostnameConfiguration": [
    "tls.version",
    (scene) =>
      object({
        ...inService(scene),
        gatewayId: gatewayId(scene),
        hcId: text(/^[\w-]{1,80}$/),
        hostname: is(scene.model.hostname),
        certificateId: where((value) => value === `\${${onPremisesCertificate(scene)}.id}`, "the certificate of the host name"),
        // Client certificates are refused with a gateway on premises.
        negotiateClientCertificate: is(false),
        tls10Enabled: is(false),
        tls11Enabled: is(false),
        http2Enabled: is(true),
      }),
  ],
  "apimanagement:GatewayApiEntityTag": [
    "backend.onPremises",
    (scene) => object({ ...inService(scene), gatewayId: gatewayId(scene), apiId: apiName(scene), provisioningState: is("created") }),
  ],
};

/** The gateway on premises serves the API by its name, with a certificate. */
export function observeSelfHosted({ resources, model }: Scene, o: Observations): void {
  const wanted = model.azure.selfHostedGateway === undefined ? 0 : 1;
  for (const type of ["Gateway", "GatewayHostnameConfiguration", "GatewayApiEntityTag"])
    o.same("backend.onPremises", `azure.selfHostedGateway ${type}`, wanted, resources.of(`${APIM}${type}`).length);
  const own = resources.of(`${APIM}Certificate`).filter(({ name }) => name === onPremisesCertificate({ model } as Scene));
  o.same(`tls.certificate.${model.tls.certificate.source}`, "azure.selfHostedGateway", wanted, own.length);
}
