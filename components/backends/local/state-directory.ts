import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import type { BuildContext } from "../contract.ts";

const PROJECT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** Absolute folder of the gateway's state: as declared, relative to the document, or `.gateway/<stack>` in the project. */
export function stateDirectory({ model, documentFolder }: BuildContext): string {
  const { stateDirectory: declared } = model.local;
  return declared === undefined ? resolve(PROJECT, ".gateway", pulumi.getStack()) : resolve(documentFolder, declared);
}
