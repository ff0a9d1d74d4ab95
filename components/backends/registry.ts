import { createRequire } from "node:module";
import { awsDeclaration } from "./aws/declaration.ts";
import { azureDeclaration } from "./azure/declaration.ts";
import type { Backend, BackendDeclaration, Cloud } from "./contract.ts";
import { gcpDeclaration } from "./gcp/declaration.ts";
import { localDeclaration } from "./local/declaration.ts";

/** What each cloud can do; loading these loads no cloud SDK. */
export const DECLARATIONS: Readonly<Record<Cloud, BackendDeclaration>> = {
  aws: awsDeclaration,
  azure: azureDeclaration,
  gcp: gcpDeclaration,
  local: localDeclaration,
};

const require = createRequire(import.meta.url);

/** The backend of one cloud. Only now is that cloud's SDK loaded, and no other. */
export function loadBackend(cloud: Cloud): Backend {
  return (require(`./${cloud}/index.ts`) as { backend: Backend }).backend;
}
