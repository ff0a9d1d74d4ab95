import { DECLARATIONS } from "../../components/backends/registry.ts";
import type { GeneratedFile } from "../tasks/generated.ts";
import { matrixText } from "./matrix/text.ts";

/** docs/capabilities.md, from what the backends declare. */
export const generatedFiles = (): GeneratedFile[] => [{ path: "docs/capabilities.md", content: matrixText(DECLARATIONS) }];
