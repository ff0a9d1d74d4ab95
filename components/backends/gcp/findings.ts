import type { GatewayModel } from "../../spec/model.ts";
import { info, keyAlone, unverified as unverifiedBackends, warning } from "../common-findings.ts";
import type { Finding } from "../contract.ts";
import { endpointsName } from "./needs.ts";

type Rule = (model: GatewayModel) => Finding[];

/** What a reader of a plan must know although nothing is refused. */
export function gcpFindings(model: GatewayModel): Finding[] {
  return RULES.flatMap((rule) => rule(model));
}

const unverified: Rule = (model) =>
  unverifiedBackends(
    Object.values(model.backends),
    "the gateway accepts any certificate of",
    "pin the certificate with trust: pinned, or give its authority",
  );

const modernTls: Rule = ({ gcp }) =>
  gcp.tlsProfile === "MODERN"
    ? [warning("tls-profile-modern", "gcp.tlsProfile", "profile MODERN still offers CBC suites with TLS 1.2", "use RESTRICTED")]
    : [];

const nameHold: Rule = (model) =>
  model.gcp.endpoints.onDestroy === "delete"
    ? [
        warning(
          "endpoints-name-hold",
          "gcp.endpoints.onDestroy",
          `after a destroy the name ${endpointsName(model)} cannot be used for 30 days`,
          "use onDestroy: keep; or undelete the service, or set another gcp.endpoints.name, when it has happened",
        ),
      ]
    : [];

const serviceKept: Rule = (model) =>
  model.gcp.endpoints.onDestroy === "keep"
    ? [
        info(
          "endpoints-service-kept",
          "gcp.endpoints.onDestroy",
          `a destroy leaves the Endpoints service ${endpointsName(model)}, so that its name stays usable`,
          "delete it by hand when it is no longer wanted",
        ),
      ]
    : [];

const dnsElsewhere: Rule = (model) =>
  model.dns.zone === undefined
    ? [
        info(
          "dns-elsewhere",
          "dns.zone",
          "the records in the output dnsRecords have to be created where the zone is; the certificate is issued once its record is there",
          "create them, or name a managed zone of Cloud DNS in dns.zone",
        ),
      ]
    : [];

const approximateLimits: Rule = (model) =>
  [...model.rateLimits, ...model.routes.flatMap((route) => route.rateLimits)].map((limit) =>
    info(
      "armor-approximate",
      limit.path,
      "Cloud Armor counts at Google's edge, approximately and without a guarantee",
      "let the backend count as well where an exact number matters",
    ),
  );

const espImage: Rule = ({ gcp }) =>
  gcp.flavour === "cloudRun"
    ? [
        info(
          "espv2-unbaked",
          "gcp.versions.espv2",
          "ESPv2 reads its service configuration when it starts, a mode its makers do not support officially on Cloud Run; they ask for an image with the configuration built in",
          "use gcp.flavour: gke where that matters",
        ),
      ]
    : [];

const RULES: readonly Rule[] = [unverified, keyAlone, modernTls, nameHold, serviceKept, dnsElsewhere, approximateLimits, espImage];
