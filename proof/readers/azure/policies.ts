import { X509Certificate } from "node:crypto";
import type { GatewayModel } from "../../../components/spec/model.ts";
import type { Json } from "../json.ts";
import type { Resources } from "../resources.ts";
import type { Policies } from "./policy/happening.ts";
import { type Node, parsePolicy } from "./policy/nodes.ts";

export const APIM = "azure-native:apimanagement:";

/** The policies of a plan: the API's and the service's, with the fragments both include. */
export interface OpenPolicies {
  readonly api: Policies;
  /** Undefined where the service is somebody else's. */
  readonly service: Policies | undefined;
}

export function openPolicies(resources: Resources, model: GatewayModel): OpenPolicies {
  const named = namedValues(resources);
  const parse = (value: unknown) =>
    parsePolicy(String(value).replaceAll(/\{\{([\w-]+)\}\}/g, (whole, name: string) => named[name] ?? whole));
  const fragments = Object.fromEntries(
    resources.of(`${APIM}PolicyFragment`).map(({ name, inputs }) => [["$", `{${name}.name}`].join(""), parse(inputs.value)] as const),
  );
  const shared = { fragments, signersOf: (node: Node) => signersOf(model, node), authorities: authoritiesOf(model) };
  const [api, ...more] = resources.of(`${APIM}ApiPolicy`);
  if (api === undefined || more.length > 0) throw new Error("the API has exactly one policy");
  const [service] = resources.of(`${APIM}Policy`);
  return { api: { ...shared, api: parse(api.inputs.value) }, service: service && { ...shared, api: parse(service.inputs.value) } };
}

/** Named values of the service, those in the key vault by the secret they lead to. */
function namedValues(resources: Resources): Record<string, string> {
  return Object.fromEntries(
    resources.of(`${APIM}NamedValue`).map(({ inputs }) => {
      const secret = /\/secrets\/([\w-]+)$/.exec(String(inputs.keyVault?.secretIdentifier))?.[1];
      const kept = resources.of("azure-native:keyvault:Secret").find((one) => one.inputs.secretName === secret)?.inputs.properties?.value;
      return [inputs.displayName, secret === undefined ? inputs.value : kept] as const;
    }),
  );
}

/** Whose keys a validate-jwt uses: those of an openid configuration, or keys in the document, which several may share. */
function signersOf(model: GatewayModel, node: Node): readonly (string | undefined)[] {
  const url = node.children.find(({ name }) => name === "openid-config")?.attributes.url;
  if (url !== undefined) {
    const configured = Object.entries(model.azure.openIdConfigurations ?? {}).find(([, one]) => one === url)?.[0];
    return [
      configured ?? Object.values(model.jwtProviders).find(({ issuer }) => url === `${issuer}/.well-known/openid-configuration`)?.name,
    ];
  }
  const keys = node.children.find(({ name }) => name === "issuer-signing-keys")?.children ?? [];
  const sharing = Object.values(model.jwtProviders).filter(({ keys: declared }) => {
    if (declared.kind !== "inline") return false;
    const own = (JSON.parse(declared.jwks) as Json).keys as Json[];
    // A key without an id is tried for every token; with another id it is found by none.
    const same = ({ attributes }: Node, one: Json) =>
      attributes.n === one.n && attributes.e === one.e && (attributes.id ?? one.kid) === one.kid;
    return keys.length === own.length && own.every((one) => keys.some((key) => same(key, one)));
  });
  return sharing.map(({ name }) => name);
}

/** SHA-1 of the document's authorities, as the platform writes it. */
export const authoritiesOf = ({ tls }: GatewayModel): Set<string> =>
  new Set((tls.clientValidation?.caCertificates ?? []).map((pem) => new X509Certificate(pem).fingerprint.replaceAll(":", "")));
