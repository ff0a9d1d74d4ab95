import type { ControlId } from "../../../../components/backends/controls.ts";
import type { GatewayModel } from "../../../../components/spec/model.ts";
import { type Grammar, is, map, nothing, text, where } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import type { Read, Resources } from "../../resources.ts";

export const AZURE = "azure-native:";
export const APIM = `${AZURE}apimanagement:`;

/** What grammars of one plan share. */
export interface Scene {
  readonly resources: Resources;
  readonly model: GatewayModel;
  /** Inputs of the API Management service; empty where it is somebody else's. */
  readonly service: Json;
  /** The service of others that the document names. */
  readonly others: ServiceOfOthers | undefined;
  readonly tier: "classic" | "v2" | "Consumption";
  readonly frontDoor: boolean;
  /** The platform makes the certificate itself. */
  readonly freeCertificate: boolean;
}

/** A service the stack does not make: by its parts every resource of the stack says where it belongs. */
export interface ServiceOfOthers {
  readonly id: string;
  readonly group: string;
  readonly name: string;
}

export function othersOf({ azure }: GatewayModel): ServiceOfOthers | undefined {
  const id = azure.service?.existing;
  const [, group = "", name = ""] = /\/resourceGroups\/([^/]+)\/.*\/service\/([^/]+)$/i.exec(id ?? "") ?? [];
  return id === undefined ? undefined : { id, group, name };
}

export function sceneOf(resources: Resources, model: GatewayModel): Scene {
  const service = resources.of(`${APIM}ApiManagementService`)[0]?.inputs ?? {};
  const others = othersOf(model);
  const sku = others ? model.azure.tier : String(service.sku?.name);
  return {
    resources,
    model,
    service,
    others,
    tier: sku === "Consumption" ? "Consumption" : sku.endsWith("V2") ? "v2" : "classic",
    frontDoor: resources.of(`${AZURE}cdn:Profile`).length > 0,
    freeCertificate:
      model.edge === "none" && model.tls.certificate.source === "managed" && model.azure.certificate.keyVaultSecretId === undefined,
  };
}

/** A reference to an output of a resource of this type that is in the plan. */
export const refer = ({ resources }: Pick<Scene, "resources">, type: string, output: string): Grammar =>
  where((value) => {
    const [, name, found] = /^\$\{([^.}]+)\.([\w.]+)\}$/.exec(String(value)) ?? [];
    return found === output && resources.all.some((one) => one.name === name && one.type === AZURE + type);
  }, `${output} of a ${type} of this plan`);

/** The resource group of the document, or else the stack's own. */
export const inGroup = (scene: Scene): Record<string, Grammar> => {
  const { resourceGroup } = scene.model.azure;
  return { resourceGroupName: resourceGroup === undefined ? refer(scene, "resources:ResourceGroup", "name") : is(resourceGroup) };
};

/** Where something of a region stands: where the document says, or else where the provider does. */
export const region = ({ model }: Pick<Scene, "model">): Record<string, Grammar> => ({
  location: model.azure.location === undefined ? nothing : is(model.azure.location),
});

/** Where a resource stands, and its labels. */
export const placed = (scene: Scene, where: "region" | "global" = "region"): Record<string, Grammar> => ({
  ...inGroup(scene),
  ...(where === "global" ? { location: is("global") } : region(scene)),
  tags: labels,
});

export const labels: Grammar = map(/./, text());

/** In the gateway's service, or in that of others. */
export const inService = (scene: Scene): Record<string, Grammar> => {
  if (scene.others) return { resourceGroupName: is(scene.others.group), serviceName: is(scene.others.name) };
  const { name } = scene.model.azure.service;
  return { ...inGroup(scene), serviceName: name === undefined ? refer(scene, "apimanagement:ApiManagementService", "name") : is(name) };
};

/** The gateway's service itself, or that of others. */
export const serviceId = (scene: Scene): Grammar =>
  scene.others ? is(scene.others.id) : refer(scene, "apimanagement:ApiManagementService", "id");

/** In the gateway's Front Door. */
export const inProfile = (scene: Scene): Record<string, Grammar> => ({
  ...inGroup(scene),
  profileName: refer(scene, "cdn:Profile", "name"),
});

/** The API's own name, which others write out. */
export const apiName = ({ resources }: Scene): Grammar => is(resources.of(`${APIM}Api`)[0]?.inputs.apiId);

/** What the inputs of a type may say, and the promise that is at stake. */
export type Inputs = Readonly<Record<string, readonly [ControlId, (scene: Scene, one: Read) => Grammar]>>;

/** Base64 of exactly one DER structure. */
export const der: Grammar = where((value) => {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]+={0,2}$/.test(value) || value.length % 4 !== 0) return false;
  const bytes = Buffer.from(value, "base64");
  const long = (bytes[1] ?? 0) & 0x80 ? (bytes[1] ?? 0) & 0x7f : 0;
  const length = long === 0 ? (bytes[1] ?? 0) : bytes.subarray(2, 2 + long).reduce((sum, byte) => sum * 256 + byte, 0);
  return bytes[0] === 0x30 && 2 + long + length === bytes.length;
}, "base64 of a DER structure");
