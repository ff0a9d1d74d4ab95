import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { SecureGateway } from "../../../components/secure-gateway.ts";
import { mergePatch } from "../../../components/spec/overlay.ts";
import { modelOf, type TestDocument } from "../../support/plan.ts";

export const REGION = { "aws:region": { value: "eu-central-1" } };

const ROOT = join(import.meta.dirname, "..", "..", "..");

/** Document and overlay of one of the project's stacks, with a further patch on top. */
export function stackDocument(stack: string, patch: unknown = {}): { document: TestDocument; overlay: unknown } {
  const { config } = parse(readFileSync(join(ROOT, "stacks", `Pulumi.${stack}.yaml`), "utf8")) as { config: Record<string, unknown> };
  return {
    document: { file: join(ROOT, String(config["secure-gateway:document"])) },
    overlay: mergePatch(config["secure-gateway:overlay"], patch),
  };
}

/** The program of a stack as the engine runs it. */
export function gateway(document: TestDocument, overlay: unknown = {}): () => Promise<Record<string, unknown>> {
  return async () => {
    const model = await modelOf(document, { overlays: [overlay] });
    return new SecureGateway(model.name, { cloud: "aws", model }).outputs();
  };
}
