import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { SecureGateway } from "../../../components/secure-gateway.ts";
import { mergePatch } from "../../../components/spec/overlay.ts";
import { type JournalEntry, overlap } from "../../simulator/core/journal.ts";
import { modelOf, type TestDocument } from "../../support/plan.ts";

export const LOCATION = { "azure-native:location": { value: "westeurope" } };

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
export function gateway({ document, overlay }: ReturnType<typeof stackDocument>): () => Promise<Record<string, unknown>> {
  return async () => {
    const model = await modelOf(document, { overlays: [overlay] });
    return new SecureGateway(model.name, { cloud: "azure", model }).outputs();
  };
}

/** Writes to one API, or to its product links, that were under way at the same moment. */
export function overlaps(journal: readonly JournalEntry[]): string[] {
  const ofApi = /apimanagement:(Api|ApiPolicy|ApiDiagnostic|ProductApi|GatewayApiEntityTag)$/;
  const written = journal.filter(({ operation, type }) => operation !== "read" && operation !== "invoke" && ofApi.test(type));
  return written.flatMap((one, index) =>
    written.slice(index + 1).flatMap((other) => (overlap(one, other) ? [`${one.name} and ${other.name}`] : [])),
  );
}
