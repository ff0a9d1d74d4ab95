import { dirname, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config.js";
import { CLOUDS, type Cloud } from "./backends/contract.ts";
import { SecureGateway } from "./secure-gateway.ts";
import { DocumentError } from "./spec/faults.ts";
import { loadModel } from "./spec/load.ts";
import type { GatewayModel } from "./spec/model.ts";

const { isConfigSecret } = runtimeConfig as unknown as { isConfigSecret(key: string): boolean };

/** What a stack's configuration says about its gateway. */
export interface StackSettings {
  readonly cloud: Cloud;
  /** Absolute path of the document. */
  readonly document: string;
  readonly overlay: unknown;
}

/**
 * Reads `secure-gateway:cloud`, `secure-gateway:document` (relative to the project) and `secure-gateway:overlay` (RFC 7396 merge patch).
 *
 * @throws pulumi.RunError naming the key and what is allowed.
 */
export function stackSettings(projectFolder: string): StackSettings {
  const config = new pulumi.Config("secure-gateway");
  const cloud = config.get("cloud");
  if (!CLOUDS.some((known) => known === cloud)) {
    throw new pulumi.RunError(
      `secure-gateway:cloud is ${cloud === undefined ? "missing" : JSON.stringify(cloud)} in the stack's configuration; allowed: ${CLOUDS.join(", ")}`,
    );
  }
  const document = config.get("document");
  if (document === undefined)
    throw new pulumi.RunError(
      "secure-gateway:document is missing in the stack's configuration; give the path of a gateway document, relative to the project",
    );
  if (isConfigSecret("secure-gateway:overlay"))
    throw new pulumi.RunError(
      "secure-gateway:overlay holds an encrypted value; store it under a key of its own and name it in the overlay with { secret: <key> }",
    );
  return { cloud: cloud as Cloud, document: resolve(projectFolder, document), overlay: config.getObject("overlay") };
}

/** The model of the current stack. @throws pulumi.RunError with every fault of the document. */
export async function stackModel(settings: StackSettings): Promise<GatewayModel> {
  const overlays =
    settings.overlay === undefined
      ? []
      : [{ value: settings.overlay, origin: `stacks/Pulumi.${pulumi.getStack()}.yaml, secure-gateway:overlay` }];
  try {
    return await loadModel({ file: settings.document, overlays });
  } catch (error) {
    if (error instanceof DocumentError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

/** The whole program: one document, one gateway, its outputs. */
export async function gatewayProgram(projectFolder: string): Promise<Record<string, pulumi.Output<unknown>>> {
  const settings = stackSettings(projectFolder);
  const model = await stackModel(settings);
  const gateway = new SecureGateway(model.name, { cloud: settings.cloud, model, documentFolder: dirname(settings.document) });
  return gateway.outputs();
}
