import { undeclared } from "../undeclared.ts";

export const awsDeclaration = undeclared("aws");
