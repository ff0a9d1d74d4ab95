import * as pulumi from "@pulumi/pulumi";
import { allowedCallers } from "../../pki/distribution/deliver.ts";
import { serviceIdentity } from "../../pki/identity.ts";
import type { GatewayModel } from "../../spec/model.ts";
import type { BuildContext } from "../contract.ts";
import { type Authority, gatewayIdentity, INTERNAL_VALIDITY_MS } from "./authority.ts";
import { issuerService } from "./issuer.ts";
import { type Certificate, type HostService, type SigningKey, serviceFolder } from "./resources.ts";

const FILES = {
  certificate: "tls.crt",
  key: "tls.key",
  authority: "tls-ca.crt",
  issuerKey: "issuer-key.pem",
  issuerKeys: "issuer-jwks.json",
} as const;

/** A certificate for each service next to the gateway. */
export function serviceCertificates({ model }: BuildContext, authority: Authority): Record<string, Certificate> {
  return Object.fromEntries(
    Object.entries(model.local.services).map(([name, { names }]) => {
      const declared = model.internal?.services[name];
      return [
        name,
        authority.issue(`service-${name}`, {
          commonName: name,
          dnsNames: [...new Set([...names, ...(declared?.dnsNames ?? [])])],
          ipAddresses: [...new Set(["127.0.0.1", "::1", ...(declared?.ipAddresses ?? [])])],
          uris: [serviceIdentity(model.hostname, name)],
          usages: ["server", "client"],
          validityMs: model.internal?.validityMs ?? INTERNAL_VALIDITY_MS,
          ...(declared === undefined ? {} : { keyGeneration: declared.keyGeneration }),
        }),
      ];
    }),
  );
}

/** The services as the host runs them. Secret: they are given their keys. */
export function hostServices(
  { model, documentFolder }: BuildContext,
  directory: string,
  certificates: Readonly<Record<string, Certificate>>,
  authority: Authority | undefined,
  signingKey: SigningKey | undefined,
): pulumi.Output<Record<string, HostService>> {
  const publisher = issuerService(model);
  const services = Object.entries(model.local.services).map(([name, { command, port, env, onFileChange }]) => {
    const certificate = certificates[name];
    const keys = name === publisher ? signingKey : undefined;
    const files = pulumi
      .all([certificate?.chainPem, certificate?.privateKeyPem, authority?.resource.bundlePem, keys?.privateKeyPem, keys?.jwks])
      .apply(
        ([chain = "", key = "", roots = "", issuerKey, issuerKeys]): Record<string, string> => ({
          [FILES.certificate]: chain,
          [FILES.key]: key,
          [FILES.authority]: roots,
          ...(issuerKey === undefined || issuerKeys === undefined ? {} : { [FILES.issuerKey]: issuerKey, [FILES.issuerKeys]: issuerKeys }),
        }),
      );
    const variables = environment(model, name, serviceFolder(directory, name), port, keys !== undefined);
    return pulumi.output({ command, cwd: documentFolder, env: { ...env, ...variables }, files, port, onFileChange });
  });
  return pulumi.secret(
    pulumi
      .all(services)
      .apply((all) => Object.fromEntries(Object.keys(model.local.services).map((name, index) => [name, all[index] as HostService]))),
  );
}

/** Who may call a service: whom the document names, and the gateway alone where it names nobody. */
function callersOf(model: GatewayModel, name: string): string[] {
  const declared = model.internal?.services[name];
  return declared === undefined ? [gatewayIdentity(model)] : allowedCallers(model, declared);
}

/** What a service is told; docs/clouds/local.md is the reference. */
function environment(model: GatewayModel, name: string, folder: string, port: number, isIssuer: boolean): Record<string, string> {
  const provider = model.jwtProviders[model.local.issuer?.provider ?? ""];
  return {
    PORT: String(port),
    TLS_CERT_FILE: `${folder}/${FILES.certificate}`,
    TLS_KEY_FILE: `${folder}/${FILES.key}`,
    TLS_CA_FILE: `${folder}/${FILES.authority}`,
    TLS_ALLOWED_CALLERS: callersOf(model, name).join(","),
    ...(isIssuer && provider
      ? {
          ISSUER_KEY_FILE: `${folder}/${FILES.issuerKey}`,
          ISSUER_JWKS_FILE: `${folder}/${FILES.issuerKeys}`,
          ISSUER_URL: provider.issuer,
          ISSUER_AUDIENCE: provider.audiences[0] ?? "",
        }
      : {}),
  };
}
