import { parseSource } from "../components/spec/source.ts";

/**
 * Answers such as `hostname=api.example.com` or `jwt.providers.login.audiences=[shop]`: a field of the document, and its value in YAML. The dots
 * part names; names of entries have none.
 */
export function readAnswers(lines: readonly string[]): { readonly fields: Record<string, unknown> } | { readonly wrong: string } {
  const fields: Record<string, unknown> = {};
  for (const line of lines) {
    const [, path, text] = /^([A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*)=(.+)$/s.exec(line) ?? [];
    if (path === undefined || text === undefined) return { wrong: `${JSON.stringify(line)} is not a field and its value` };
    const { source, faults } = parseSource(text, path);
    if (source === undefined) return { wrong: `the value of ${path} is no YAML: ${faults[0]?.message ?? ""}` };
    let owner = fields;
    const names = path.split(".");
    const last = names.pop() ?? "";
    for (const name of names) {
      const next = Object.hasOwn(owner, name) ? owner[name] : undefined;
      const map: Record<string, unknown> =
        typeof next === "object" && next !== null && !Array.isArray(next) ? (next as Record<string, unknown>) : {};
      owner[name] = map;
      owner = map;
    }
    owner[last] = source.value;
  }
  return { fields };
}
