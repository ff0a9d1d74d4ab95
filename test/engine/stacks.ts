import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Cloud } from "../../components/backends/contract.ts";
import { SecureGateway } from "../../components/secure-gateway.ts";
import { mergePatch } from "../../components/spec/overlay.ts";
import { modelOf, type TestDocument } from "../support/plan.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Document and overlay of a stack. */
export interface StackDocument {
  readonly document: TestDocument;
  readonly overlay: unknown;
}

/** Document and overlay of one of the project's stacks, with a further patch on top. */
export function stackDocument(stack: string, patch: unknown = {}): StackDocument {
  const { config } = parse(readFileSync(join(ROOT, "stacks", `Pulumi.${stack}.yaml`), "utf8")) as { config: Record<string, unknown> };
  return {
    document: { file: join(ROOT, String(config["secure-gateway:document"])) },
    overlay: mergePatch(config["secure-gateway:overlay"], patch),
  };
}

/** The program of a stack as the engine runs it. */
export function gatewayOn(cloud: Cloud, { document, overlay }: StackDocument): () => Promise<Record<string, unknown>> {
  return async () => {
    const model = await modelOf(document, { overlays: [overlay] });
    return new SecureGateway(model.name, { cloud, model }).outputs();
  };
}
