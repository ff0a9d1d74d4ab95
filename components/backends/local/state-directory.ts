import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import type { GatewayModel } from "../../spec/model.ts";
import type { BuildContext } from "../contract.ts";

const PROJECT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** Absolute folder of the gateway's state: as declared, relative to the document, or `.gateway/<stack>` in the project. */
export const stateDirectory = ({ model, documentFolder }: BuildContext): string =>
  stateDirectoryOf(model, documentFolder, pulumi.getStack());

/** The same outside of a Pulumi program. */
export function stateDirectoryOf({ local }: GatewayModel, documentFolder: string, stack: string): string {
  const { stateDirectory: declared } = local;
  return declared === undefined ? resolve(PROJECT, ".gateway", stack) : resolve(documentFolder, declared);
}
