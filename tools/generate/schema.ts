import { documentJsonSchema } from "../../components/spec/json-schema/document.ts";
import { stackJsonSchema } from "../../components/spec/json-schema/stack.ts";
import type { GeneratedFile } from "../tasks/generated.ts";

/** The JSON Schemas editors complete and check documents and stack files with. */
export const generatedFiles = (): GeneratedFile[] => [
  { path: "docs/schema/gateway.schema.json", content: text(documentJsonSchema()) },
  { path: "docs/schema/stack.schema.json", content: text(stackJsonSchema()) },
];

const text = (schema: unknown) => `${JSON.stringify(schema, null, 1)}\n`;
