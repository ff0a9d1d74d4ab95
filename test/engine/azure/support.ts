import { type JournalEntry, overlap } from "../../simulator/core/journal.ts";
import { gatewayOn, type StackDocument } from "../stacks.ts";

export { stackDocument } from "../stacks.ts";

export const LOCATION = { "azure-native:location": { value: "westeurope" } };

export const gateway = (stack: StackDocument) => gatewayOn("azure", stack);

/** Writes to one API, or to its product links, that were under way at the same moment. */
export function overlaps(journal: readonly JournalEntry[]): string[] {
  const ofApi = /apimanagement:(Api|ApiPolicy|ApiDiagnostic|ProductApi|GatewayApiEntityTag)$/;
  const written = journal.filter(({ operation, type }) => operation !== "read" && operation !== "invoke" && ofApi.test(type));
  return written.flatMap((one, index) =>
    written.slice(index + 1).flatMap((other) => (overlap(one, other) ? [`${one.name} and ${other.name}`] : [])),
  );
}
