import { daysLeft, parseChain } from "../../pki/chain.ts";
import type { GatewayModel } from "../../spec/model.ts";
import type { Finding } from "../contract.ts";
import { alternativesOf, endpointsName } from "./needs.ts";

type Rule = (model: GatewayModel) => Finding[];

const finding = (id: string, severity: Finding["severity"], path: string, message: string, remedy: string): Finding => ({
  id,
  severity,
  path,
  message,
  remedy,
});

/** What a reader of a plan must know although nothing is refused. */
export function gcpFindings(model: GatewayModel): Finding[] {
  return RULES.flatMap((rule) => rule(model));
}

const unverified: Rule = (model) =>
  Object.values(model.backends).flatMap(({ name, tls }) =>
    tls.trust.kind === "unverified"
      ? [
          finding(
            "backend-unverified",
            "warning",
            `backends.${name}.tls.trust`,
            `any certificate of backend "${name}" is accepted: whoever gets between reads and changes everything. Given reason: ${tls.trust.reason}`,
            "pin the certificate with trust: pinned, or give its authority",
          ),
        ]
      : [],
  );

const keyAlone: Rule = (model) =>
  model.routes.flatMap((route) =>
    alternativesOf(route).some((item) => item.apiKey && !item.jwt && !item.clientCertificate)
      ? [
          finding(
            "api-key-alone",
            "warning",
            `${route.at}.require`,
            "an API key on its own tells which application calls, not who",
            "require a token or a client certificate with it where that matters",
          ),
        ]
      : [],
  );

const modernTls: Rule = ({ gcp }) =>
  gcp.tlsProfile === "MODERN"
    ? [finding("tls-profile-modern", "warning", "gcp.tlsProfile", "profile MODERN still offers CBC suites with TLS 1.2", "use RESTRICTED")]
    : [];

const certificateEnds: Rule = ({ tls }) =>
  tls.certificate.source !== "imported"
    ? []
    : parseChain(tls.certificate.fullchain).flatMap((entry) => {
        const left = daysLeft(entry, new Date());
        return left < 30
          ? [
              finding(
                "certificate-ends",
                "warning",
                "tls.certificate.fullchain",
                `the imported certificate ends in ${left} days and is not renewed by Google`,
                "import its successor",
              ),
            ]
          : [];
      });

const nameHold: Rule = (model) =>
  model.gcp.endpoints.onDestroy === "delete"
    ? [
        finding(
          "endpoints-name-hold",
          "warning",
          "gcp.endpoints.onDestroy",
          `after a destroy the name ${endpointsName(model)} cannot be used for 30 days`,
          "use onDestroy: keep; or undelete the service, or set another gcp.endpoints.name, when it has happened",
        ),
      ]
    : [];

const serviceKept: Rule = (model) =>
  model.gcp.endpoints.onDestroy === "keep"
    ? [
        finding(
          "endpoints-service-kept",
          "info",
          "gcp.endpoints.onDestroy",
          `a destroy leaves the Endpoints service ${endpointsName(model)}, so that its name stays usable`,
          "delete it by hand when it is no longer wanted",
        ),
      ]
    : [];

const dnsElsewhere: Rule = (model) =>
  model.dns.zone === undefined
    ? [
        finding(
          "dns-elsewhere",
          "info",
          "dns.zone",
          "the records in the output dnsRecords have to be created where the zone is; the certificate is issued once its record is there",
          "create them, or name a managed zone of Cloud DNS in dns.zone",
        ),
      ]
    : [];

const approximateLimits: Rule = (model) =>
  [...model.rateLimits, ...model.routes.flatMap((route) => route.rateLimits)].map((limit) =>
    finding(
      "armor-approximate",
      "info",
      limit.path,
      "Cloud Armor counts at Google's edge, approximately and without a guarantee",
      "let the backend count as well where an exact number matters",
    ),
  );

const espImage: Rule = ({ gcp }) =>
  gcp.flavour === "cloudRun"
    ? [
        finding(
          "espv2-unbaked",
          "info",
          "gcp.versions.espv2",
          "ESPv2 reads its service configuration when it starts, a mode its makers do not support officially on Cloud Run; they ask for an image with the configuration built in",
          "use gcp.flavour: gke where that matters",
        ),
      ]
    : [];

const RULES: readonly Rule[] = [
  unverified,
  keyAlone,
  modernTls,
  certificateEnds,
  nameHold,
  serviceKept,
  dnsElsewhere,
  approximateLimits,
  espImage,
];
