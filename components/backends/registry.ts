import { awsDeclaration } from "./aws/declaration.ts";
import { azureDeclaration } from "./azure/declaration.ts";
import type { BackendDeclaration, Cloud } from "./contract.ts";
import { gcpDeclaration } from "./gcp/declaration.ts";
import { localDeclaration } from "./local/declaration.ts";

/** What each cloud can do; loading these loads no cloud SDK. */
export const DECLARATIONS: Readonly<Record<Cloud, BackendDeclaration>> = {
  aws: awsDeclaration,
  azure: azureDeclaration,
  gcp: gcpDeclaration,
  local: localDeclaration,
};
