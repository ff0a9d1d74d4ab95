import { daysLeft, parseChain } from "../../pki/chain.ts";
import type { GatewayModel } from "../../spec/model.ts";
import type { Finding } from "../contract.ts";

const finding = (id: string, severity: Finding["severity"], path: string, message: string, remedy: string): Finding => ({
  id,
  severity,
  path,
  message,
  remedy,
});

/** What a reader of a plan must know although nothing is refused. */
export function localFindings(model: GatewayModel): Finding[] {
  return [unverified, keyAlone, perHost, trustedProxies, testIssuer, certificateEnds].flatMap((rule) => rule(model));
}

function unverified({ backends }: GatewayModel): Finding[] {
  return Object.values(backends).flatMap(({ name, tls }) =>
    tls.trust.kind === "unverified"
      ? [
          finding(
            "backend-unverified",
            "warning",
            `backends.${name}.tls.trust`,
            `nobody checks the certificate of backend "${name}": whoever gets between them reads and changes everything. Given reason: ${tls.trust.reason}`,
            "pin the certificate with trust: pinned, or give its authority in caCertificates",
          ),
        ]
      : [],
  );
}

function keyAlone({ routes }: GatewayModel): Finding[] {
  return routes.flatMap(({ at, requirement }) =>
    requirement.kind === "anyOf" && requirement.alternatives.some((item) => item.apiKey && !item.jwt && !item.clientCertificate)
      ? [
          finding(
            "api-key-alone",
            "warning",
            `${at}.require`,
            "an API key on its own tells which application calls, not who",
            "require a token or a client certificate with it where that matters",
          ),
        ]
      : [],
  );
}

function perHost({ rateLimits, routes, consumers, plans }: GatewayModel): Finding[] {
  const planned = Object.values(consumers).some(({ plan }) => plan !== undefined && plan in plans);
  if (rateLimits.length === 0 && !planned && routes.every((route) => route.rateLimits.length === 0)) return [];
  return [
    finding(
      "limits-per-host",
      "info",
      rateLimits.length > 0 ? "rateLimit" : planned ? "plans" : "routes",
      "limits and quotas are counted by this gateway alone; where several run side by side, each grants the whole limit",
      "divide the limits by the number of gateways, or run one",
    ),
  ];
}

function trustedProxies({ clientIp }: GatewayModel): Finding[] {
  if (clientIp.trustedHops === 0) return [];
  return [
    finding(
      "trusted-proxies",
      "info",
      "clientIp.trustedHops",
      "the client's address is what the proxies in front say; whoever reaches the gateway past them can write any address",
      "let only the proxies reach the gateway's port",
    ),
  ];
}

function testIssuer({ local }: GatewayModel): Finding[] {
  if (local.issuer === undefined) return [];
  return [
    finding(
      "test-issuer",
      "warning",
      "local.issuer",
      `whoever can read this stack's secrets can sign tokens that the provider "${local.issuer.provider}" accepts`,
      "use it for tests only, and remove local.issuer where tokens come from an identity provider",
    ),
  ];
}

const SOON_DAYS = 30;

function certificateEnds({ tls }: GatewayModel): Finding[] {
  if (tls.certificate.source !== "imported") return [];
  const left = Math.min(...parseChain(tls.certificate.fullchain).map((entry) => daysLeft(entry, new Date())));
  if (left >= SOON_DAYS) return [];
  return [
    finding(
      "certificate-ends",
      "warning",
      "tls.certificate.fullchain",
      `the certificate or an intermediate ends in ${Math.max(0, Math.floor(left))} days`,
      "renew it and deploy the new one",
    ),
  ];
}
