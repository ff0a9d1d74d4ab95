import { dirname } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config.js";
import { SecureGateway } from "./secure-gateway.ts";
import { DocumentError } from "./spec/faults.ts";
import { loadModel } from "./spec/load.ts";
import type { FileReader } from "./spec/resolve/context.ts";
import { checkSettings, NAMESPACE, overlaysOf, SettingsError, type StackSettings, stackFileName } from "./stack-settings.ts";

const { isConfigSecret } = runtimeConfig as unknown as { isConfigSecret(key: string): boolean };

/**
 * The settings of the current stack.
 *
 * @throws SettingsError naming every key that is missing or wrong.
 */
export function stackSettings(projectFolder: string): StackSettings {
  const config = new pulumi.Config(NAMESPACE);
  const overlayIsSecret = isConfigSecret(`${NAMESPACE}:overlay`);
  const raw = {
    cloud: config.get("cloud"),
    document: config.get("document"),
    overlay: overlayIsSecret ? undefined : parsed(config.get("overlay")),
    overlayIsSecret,
  };
  return checkSettings(raw, projectFolder, stackFileName(pulumi.getStack()));
}

/** A document that is not read from its file: its text, and how the files it names are read. */
export interface GivenDocument {
  readonly text: string;
  readonly read: FileReader;
}

/**
 * The whole program: one document, one gateway, its outputs.
 *
 * @param given instead of the file the settings name, which then only says where the document's folder is
 * @throws pulumi.RunError with every fault of the settings or the document, or with every refusal of the cloud.
 */
export async function gatewayProgram(projectFolder: string, given?: GivenDocument): Promise<Record<string, pulumi.Output<unknown>>> {
  try {
    const settings = stackSettings(projectFolder);
    const model = await loadModel({ file: settings.document, overlays: overlaysOf(settings, pulumi.getStack()), ...given });
    const gateway = new SecureGateway(model.name, { cloud: settings.cloud, model, documentFolder: dirname(settings.document) });
    return gateway.outputs();
  } catch (error) {
    if (error instanceof DocumentError || error instanceof SettingsError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
