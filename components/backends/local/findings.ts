import type { GatewayModel } from "../../spec/model.ts";
import { info, keyAlone, unverified as unverifiedBackends, warning } from "../common-findings.ts";
import type { Finding } from "../contract.ts";

type Rule = (model: GatewayModel) => Finding[];

/** What a reader of a plan must know although nothing is refused. */
export function localFindings(model: GatewayModel): Finding[] {
  return [unverified, keyAlone, perHost, trustedProxies, testIssuer, challengePort].flatMap((rule) => rule(model));
}

const unverified: Rule = (model) =>
  unverifiedBackends(
    Object.values(model.backends),
    "nobody checks the certificate of",
    "pin the certificate with trust: pinned, or give its authority in caCertificates",
  );

function perHost({ rateLimits, routes, consumers, plans }: GatewayModel): Finding[] {
  const planned = Object.values(consumers).some(({ plan }) => plan !== undefined && plan in plans);
  if (rateLimits.length === 0 && !planned && routes.every((route) => route.rateLimits.length === 0)) return [];
  return [
    info(
      "limits-per-host",
      rateLimits.length > 0 ? "rateLimit" : planned ? "plans" : "routes",
      "limits and quotas are counted by this gateway alone; where several run side by side, each grants the whole limit",
      "divide the limits by the number of gateways, or run one",
    ),
  ];
}

function trustedProxies({ clientIp }: GatewayModel): Finding[] {
  if (clientIp.trustedHops === 0) return [];
  return [
    info(
      "trusted-proxies",
      "clientIp.trustedHops",
      "the client's address is what the proxies in front say; whoever reaches the gateway past them can write any address",
      "let only the proxies reach the gateway's port",
    ),
  ];
}

function testIssuer({ local }: GatewayModel): Finding[] {
  if (local.issuer === undefined) return [];
  return [
    warning(
      "test-issuer",
      "local.issuer",
      `whoever can read this stack's secrets can sign tokens that the provider "${local.issuer.provider}" accepts`,
      "use it for tests only, and remove local.issuer where tokens come from an identity provider",
    ),
  ];
}

/** ACME authorities connect to port 80 and no other (RFC 8555 section 8.3). */
function challengePort({ hostname, local, tls }: GatewayModel): Finding[] {
  if (tls.certificate.source !== "acme" || local.httpPort === 80) return [];
  return [
    info(
      "acme-port",
      "local.httpPort",
      `the certificate's authority connects to port 80 of ${hostname}, and the gateway listens for plain HTTP on ${local.httpPort}`,
      `have port 80 of that name lead to port ${local.httpPort}, or set httpPort: 80`,
    ),
  ];
}
