import { undeclared } from "../undeclared.ts";

export const gcpDeclaration = undeclared("gcp");
