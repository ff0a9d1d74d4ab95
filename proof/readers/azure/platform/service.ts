import { X509Certificate } from "node:crypto";
import type { Observations } from "../../../verdicts.ts";
import { type Grammar, is, list, nothing, number, object, text, where } from "../../grammar.ts";
import { rootsOf } from "../../internal/authority.ts";
import { internalOf } from "./internal.ts";
import { placement } from "./network.ts";
import { AZURE, der, type Inputs, inGroup, labels, placed, refer, region, type Scene } from "./scene.ts";

const PREFIX = "Microsoft.WindowsAzure.ApiManagement.Gateway.";

/** Old protocols, in front and towards backends. Source: management API of the service, `customProperties`. */
const PROTOCOLS = [
  "Security.Protocols.Tls10",
  "Security.Protocols.Tls11",
  "Security.Protocols.Ssl30",
  "Security.Backend.Protocols.Tls10",
  "Security.Backend.Protocols.Tls11",
  "Security.Backend.Protocols.Ssl30",
];

/** Cipher suites without forward secrecy or with CBC, by the names of the same page. */
const CIPHERS = [
  "TripleDes168",
  "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_RSA_WITH_AES_256_CBC_SHA256",
  "TLS_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_RSA_WITH_AES_256_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA",
].map((name) => `Security.Ciphers.${name}`);

/** What is left out goes back to its default, so all of it has to be there. */
const properties = ({ tier }: Scene): Grammar =>
  object(
    Object.fromEntries([
      ...[...PROTOCOLS, ...(tier === "classic" ? CIPHERS : [])].map((name) => [`${PREFIX}${name}`, is("false")] as const),
      ...(tier === "classic" ? [[`${PREFIX}Protocols.Server.Http2`, is("true")] as const] : []),
    ]),
  );

const TIERS = ["Consumption", "Developer", "Basic", "Standard", "Premium", "BasicV2", "StandardV2", "PremiumV2"];

/** The identity of the stack, and no other. */
const identity = (scene: Scene): Grammar =>
  object({
    type: is("UserAssigned"),
    userAssignedIdentities: where((value) => {
      const [key, ...more] = Object.keys(value ?? {});
      const faults: string[] = [];
      refer(scene, "managedidentity:UserAssignedIdentity", "id")(key, "", (_, what) => faults.push(what));
      return more.length === 0 && faults.length === 0 && JSON.stringify(value[key as string]) === "{}";
    }, "the stack's identity"),
  });

/** A secret of the stack's vault or of the owner's, without a version, so that a renewed one is taken. */
export const frontSecret = ({ resources, model }: Scene): Grammar =>
  where((value) => {
    const given = model.azure.certificate?.keyVaultSecretId;
    if (model.tls.certificate.source === "managed") return value === given;
    const [, vault, name] = /^https:\/\/\$\{([^.}]+)\.name\}\.vault\.azure\.net\/secrets\/([\w-]+)$/.exec(String(value)) ?? [];
    return (
      resources.of(`${AZURE}keyvault:Vault`).some((one) => one.name === vault) &&
      resources.of(`${AZURE}keyvault:Secret`).some(({ inputs }) => inputs.secretName === name)
    );
  }, "the certificate's secret, without a version");

const hostnames = (scene: Scene): Grammar =>
  scene.frontDoor
    ? nothing
    : list(
        object({
          type: is("Proxy"),
          hostName: is(scene.model.hostname),
          ...(scene.freeCertificate
            ? { certificateSource: is("Managed") }
            : {
                certificateSource: is("KeyVault"),
                keyVaultId: frontSecret(scene),
                identityClientId: refer(scene, "managedidentity:UserAssignedIdentity", "clientId"),
              }),
          negotiateClientCertificate: is(scene.model.tls.clientValidation !== undefined),
          defaultSslBinding: is(true),
        }),
        1,
        1,
      );

export const SERVICE: Inputs = {
  "apimanagement:ApiManagementService": [
    "tls.version",
    (scene) =>
      object({
        ...placed(scene),
        serviceName: scene.model.azure.service.name === undefined ? nothing : is(scene.model.azure.service.name),
        publisherName: text(),
        publisherEmail: text(/^[^@\s]+@[^@\s]+\.[^@\s.]+$/),
        sku: object({
          name: scene.model.azure.tier === "auto" ? is(...TIERS) : is(scene.model.azure.tier),
          capacity: is(scene.tier === "Consumption" ? 0 : scene.model.azure.service.units),
        }),
        identity: identity(scene),
        zones: scene.model.azure.service.zones.length > 0 ? is(scene.model.azure.service.zones) : nothing,
        customProperties: properties(scene),
        hostnameConfigurations: hostnames(scene),
        certificates:
          scene.tier === "classic" ? list(object({ encodedCertificate: der, storeName: is("Root", "CertificateAuthority") }), 0) : nothing,
        ...placement(scene),
        natGatewayState: is("Disabled"),
        developerPortalStatus: is(scene.model.azure.developerPortal ? "Enabled" : "Disabled"),
        // The v2 tiers never had that portal, and the provider writes what it believes to be the default.
        legacyPortalStatus: is(scene.tier === "classic" ? "Disabled" : "Enabled"),
        // The first version of the management API that gives secrets to nobody who may only read.
        apiVersionConstraint: object({ minApiVersion: is("2021-08-01") }),
        enableClientCertificate: is(false),
        disableGateway: is(false),
        restore: is(scene.model.azure.service.restore),
      }),
  ],
  "resources:ResourceGroup": ["request.framing", (scene) => object({ ...region(scene), tags: labels })],
  "managedidentity:UserAssignedIdentity": ["require.any", (scene) => object(placed(scene))],
  "keyvault:Vault": [
    "tls.certificate.imported",
    (scene) =>
      object({
        ...placed(scene),
        // The provider's own: a name that is given stays taken when the vault is removed, and is one for the whole cloud.
        vaultName: nothing,
        properties: object({
          tenantId: is(["$", "{tenant}"].join("")),
          sku: object({ family: is("A"), name: is("standard") }),
          enableRbacAuthorization: is(true),
          enableSoftDelete: is(true),
          softDeleteRetentionInDays: number(7, 90),
          enablePurgeProtection: is(true),
          enabledForDeployment: is(false),
          enabledForDiskEncryption: is(false),
          enabledForTemplateDeployment: is(false),
          // API Management and Front Door reach it from outside; who may read is decided by roles.
          publicNetworkAccess: is("Enabled"),
        }),
      }),
  ],
  "keyvault:Secret": [
    "tls.certificate.imported",
    (scene, { inputs }) =>
      object({
        ...inGroup(scene),
        tags: labels,
        vaultName: refer(scene, "keyvault:Vault", "name"),
        secretName: is("certificate", "front-door-secret"),
        properties:
          inputs.secretName === "certificate"
            ? object({
                value: where((value) => /^\$\{/.test(String(value)) || derText(value), "a PFX of the certificate"),
                contentType: is("application/x-pkcs12"),
                attributes: object({ enabled: is(true), expires: number(Date.now() / 1000, 2 ** 33) }),
              })
            : object({ value: text(/^[0-9a-f]{64}$/), contentType: is("text/plain"), attributes: object({ enabled: is(true) }) }),
      }),
  ],
};

const derText = (value: unknown): boolean => {
  let sound = true;
  der(value, "", () => {
    sound = false;
  });
  return sound;
};

/** Authorities that verify backends and clients: the document's and the stack's own, each once and no others. */
export function observeAuthorities({ model, service, tier }: Scene, o: Observations): void {
  if (service.sku === undefined || tier !== "classic") return;
  const fingerprint = (text: string): string => {
    try {
      return new X509Certificate(text.startsWith("-----") ? text : Buffer.from(text, "base64")).fingerprint256;
    } catch {
      return "no certificate";
    }
  };
  const backends = Object.values(model.backends);
  const internal = backends.some(({ tls: { trust } }) => trust.kind === "internal");
  const given = [
    ...backends.flatMap(({ tls: { trust } }) => (trust.kind === "ca" ? trust.caCertificates : [])),
    ...(model.tls.clientValidation?.caCertificates ?? []),
    ...(internal ? rootsOf(internalOf(model)) : []),
  ];
  const wanted = new Set(given.map(fingerprint));
  const stores = new Map(
    ((service.certificates ?? []) as { encodedCertificate: string; storeName: string }[]).map((one) => [
      fingerprint(String(one.encodedCertificate)),
      one.storeName,
    ]),
  );
  const control = model.tls.clientValidation
    ? model.tls.clientValidation.mode === "Required"
      ? "tls.clientValidation.required"
      : "tls.clientValidation.optional"
    : internal
      ? "backend.tls.internal"
      : "backend.tls.ca";
  o.sameSet(control, "certificates", [...wanted], [...stores.keys()]);
  o.holds(control, "certificates", "each is a certificate", !stores.has("no certificate"));
  for (const pem of given) {
    const one = new X509Certificate(pem);
    o.same(control, "certificates", one.issuer === one.subject ? "Root" : "CertificateAuthority", stores.get(fingerprint(pem)));
  }
}
