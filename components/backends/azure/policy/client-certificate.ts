import { X509Certificate } from "node:crypto";
import type { ClientValidation, GatewayModel } from "../../../spec/model.ts";
import { type Expression, expression, literals, statements } from "./csharp.ts";
import { choose, variableIs } from "./elements.ts";
import { nameSets } from "./grant.ts";
import type { Profiles } from "./profiles.ts";
import { element, type PolicyNode } from "./xml.ts";

/**
 * Client certificates. The platform asks for one during the handshake and takes any; whether it is good is decided here, so that a bad one
 * is answered with a status and not with a broken handshake.
 */

/** SHA-1 of a certificate as Windows and API Management name certificates: upper-case hexadecimal without colons. */
export const thumbprint = (pem: string): string => new X509Certificate(pem).fingerprint.replaceAll(":", "");

/** Extended key usage clientAuth (1.3.6.1.5.5.7.3.2) in DER. */
const CLIENT_AUTH = "06082B06010505070302";

/** True for a certificate that is not made for clients, or not one of those named where they are named; its chain is checked elsewhere. */
function unfit({ certificateHashes }: ClientValidation): Expression {
  return statements(
    "var c = context.Request.Certificate;",
    `if (!BitConverter.ToString(c.RawData).Replace("-", "").Contains("${CLIENT_AUTH}")) { return true; }`,
    certificateHashes.length === 0
      ? "return false;"
      : `return Array.IndexOf(${literals(certificateHashes)}, BitConverter.ToString(SHA256.Create().ComputeHash(c.RawData)).Replace("-", "").ToLowerInvariant()) < 0;`,
  );
}

/** Chain to a declared authority and validity, under any of these names; no name accepts every one. */
function validate({ caCertificates }: ClientValidation, names: readonly string[]): PolicyNode {
  const issuers = caCertificates.map(thumbprint);
  const identities = issuers.flatMap((issuer) =>
    names.length === 0
      ? [element("identity", { "issuer-thumbprint": issuer })]
      : names.map((name) => element("identity", { "dns-name": name, "issuer-thumbprint": issuer })),
  );
  return element(
    "validate-client-certificate",
    {
      "validate-revocation": "false",
      "validate-trust": "true",
      "validate-not-before": "true",
      "validate-not-after": "true",
      "ignore-error": "false",
    },
    [element("identities", {}, identities)],
  );
}

/** Refuses a certificate the gateway does not accept, on every route; and its absence, where one is required everywhere. */
export function connectionCertificate(model: GatewayModel, refuse: (status: string) => PolicyNode[]): PolicyNode[] {
  const validation = model.tls.clientValidation;
  if (validation === undefined) return [];
  const present = expression("context.Request.Certificate != null");
  return choose(
    [
      {
        when: present,
        steps: [validate(validation, validation.subjectAltNames), ...choose([{ when: unfit(validation), steps: refuse("403") }])],
      },
    ],
    validation.mode === "Required" ? refuse("401") : [],
  );
}

/** Names that the chosen alternative asks for; the platform compares them and ends the request when none fits. */
export function routeCertificate(profiles: Profiles): PolicyNode[] {
  const validation = profiles.model.tls.clientValidation;
  if (validation === undefined) return [];
  return choose(
    [...nameSets(profiles)].map(([set, names]) => ({ when: variableIs("grant", `200:${set}`), steps: [validate(validation, names)] })),
  );
}
