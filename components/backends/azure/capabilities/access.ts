import type { JwtProvider } from "../../../spec/model.ts";
import { providersOf } from "../../../spec/requirement.ts";
import { type Capabilities, composed, everywhere, native, refused } from "../../capabilities.ts";
import { rsaKeys } from "../policy/token.ts";
import { accepted, classicOnly, notBehindFrontDoor, onProvider, onRoute, onTiers } from "../restrictions.ts";

const byPolicy = (how: string, deviation?: string) => composed(`API policy: ${how}`, deviation);

const certificates = {
  support: onTiers(
    classicOnly,
    byPolicy("validate-client-certificate", "a bad certificate is answered 401 or 403"),
    "the tier has no store for your authorities, without which API Management cannot verify a client's certificate",
  ),
  restrictions: [notBehindFrontDoor("client certificates")],
};

/** Client addresses, CORS, credentials. */
export const ACCESS = {
  "access.allow": everywhere(native("ip-filter, or a comparison in the API policy for IPv6 and behind proxies")),
  "access.deny": everywhere(native("ip-filter, or a comparison in the API policy for IPv6 and behind proxies")),
  "access.route": everywhere(byPolicy("the client's address is compared once the route is known")),
  cors: everywhere(byPolicy("preflights are judged and answered before any credential is looked at")),
  "cors.perRoute": everywhere(byPolicy("the rules of the route a preflight asks about")),
  "require.jwt": everywhere(
    native("validate-jwt by one provider's keys, issuer and audiences; issuer and algorithm once more by expression"),
    accepted(
      "keyCache",
      ({ jwtProviders }) => Object.values(jwtProviders).some(({ keys }) => keys.kind === "remote"),
      "put the keys into the document (jwt.providers.<name>.jwks)",
    ),
    onProvider("keys through an OpenID configuration", ({ name, keys }, { azure }) =>
      keys.kind === "inline" || azure.openIdConfigurations[name] !== undefined
        ? undefined
        : {
            reason: "API Management fetches an issuer's keys through its OpenID configuration, not from jwksUri",
            remedy: `name its URL in azure.openIdConfigurations.${name}, or put the keys into the document (jwks)`,
          },
    ),
    onRoute("providers told apart by issuer and audience", (route, { jwtProviders }) => {
      const alike = (one: JwtProvider, other: JwtProvider) =>
        one.issuer === other.issuer && one.audiences.some((audience) => other.audiences.includes(audience));
      const providers = providersOf(route).flatMap((name) => jwtProviders[name] ?? []);
      const [first, second] = providers.filter((one) => providers.some((other) => other !== one && alike(one, other)));
      return first && second
        ? {
            reason: `a token is verified by the one provider its issuer and audience name, and "${first.name}" and "${second.name}" have both in common`,
            remedy: "give them audiences of their own, or make them one provider with the keys of both",
          }
        : undefined;
    }),
  ),
  "require.jwt.inlineKeys": everywhere(
    native("Modulus and exponent of each key in validate-jwt"),
    onProvider("RSA keys with a kid of plain characters", ({ keys }) => {
      if (keys.kind !== "inline") return undefined;
      const all = (JSON.parse(keys.jwks) as { keys: readonly unknown[] }).keys;
      const usable = rsaKeys(keys.jwks).filter(({ kid }) => kid !== undefined);
      return usable.length === all.length
        ? undefined
        : {
            reason: "validate-jwt takes RSA keys with a kid of letters, digits and . _ ~ + / = - only",
            remedy: "keep RSA keys with such a kid in jwks",
          };
    }),
  ),
  "require.jwt.privateKeyServer": everywhere(
    refused(
      "API Management fetches keys over public trust only",
      "publish the keys under a public certificate, or put them into the document (jwks)",
    ),
  ),
  "require.jwt.algorithms": everywhere(
    refused("validate-jwt is documented for RS256 and for symmetric keys only", "use RS256, which is the default"),
  ),
  "require.jwt.scopes": everywhere(byPolicy("every listed scope")),
  "require.jwt.claims": everywhere(byPolicy("every listed claim")),
  "require.jwt.providers": everywhere(byPolicy("the provider a token names, among those of the route, and verified by it alone")),
  "require.jwt.claimToHeaders": everywhere(byPolicy("set from the verified token", "a claim beyond printable ASCII is left out")),
  "require.jwt.forward": everywhere(native("The Authorization header is passed on")),
  "require.jwt.strip": everywhere(byPolicy("the Authorization header is removed")),
  "require.apiKey": everywhere(native("Subscription of the consumer, its key in the declared header")),
  "require.apiKey.plans": everywhere(byPolicy("the consumer's plan")),
  "require.clientCertificate": certificates,
  "require.clientCertificate.names": {
    ...certificates,
    restrictions: [
      ...certificates.restrictions,
      onRoute("DNS names", (route) => {
        const names =
          route.requirement.kind === "anyOf"
            ? route.requirement.alternatives.flatMap((item) => item.clientCertificate?.subjectAltNames ?? [])
            : [];
        const other = names.find((name) => !/^[A-Za-z0-9*.-]+$/.test(name));
        return other === undefined
          ? undefined
          : { reason: `the policy compares DNS names, and "${other}" is none`, remedy: "list DNS names" };
      }),
    ],
  },
  "require.any": everywhere(byPolicy("alternatives in order")),
  "require.all": everywhere(byPolicy("every credential of an alternative")),
} as const satisfies Partial<Capabilities>;
