import { undeclared } from "../undeclared.ts";

export const azureDeclaration = undeclared("azure");
