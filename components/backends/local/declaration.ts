import { undeclared } from "../undeclared.ts";

export const localDeclaration = undeclared("local");
