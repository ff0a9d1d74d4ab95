import { buildAuthorizer } from "../../components/backends/aws/authorizer/build.ts";
import type { GeneratedFile } from "../tasks/generated.ts";

/** The AWS authorizer as Lambda runs it; committed, so that a deployment needs no bundler. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  return [{ path: "components/backends/aws/authorizer/authorizer.bundle", content: await buildAuthorizer() }];
}
