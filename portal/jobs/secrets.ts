import { StackNotFoundError } from "@pulumi/pulumi/automation/index.js";
import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import { type MaintenanceOptions, withSession } from "../../automation/maintenance.ts";
import { isRecord } from "../../automation/project.ts";

/** Secrets of the stack's configuration and state in plain, so that a runner can take them out of what it tells. @throws OperationError */
export function stackSecrets(options: MaintenanceOptions): Promise<string[]> {
  return withSession(options, async (session) => {
    const found: string[] = [];
    if (options.stackFile !== undefined && /^\s*secure:|\bsecure:\s/m.test(options.stackFile.text)) {
      const { stdout } = await session.run(["config", "--show-secrets", "--json"]);
      for (const entry of Object.values(JSON.parse(stdout) as Record<string, { value?: string; secret?: boolean }>))
        if (entry.secret === true && entry.value !== undefined) found.push(...textsOf(entry.value));
    }
    const exported = await session.run(["stack", "export", "--show-secrets"]).then(
      ({ stdout }) => JSON.parse(stdout) as unknown,
      (error: unknown) => {
        if (!(error instanceof StackNotFoundError)) throw error;
      },
    );
    collect(exported, found);
    return found;
  });
}

function collect(value: unknown, found: string[]): void {
  if (Array.isArray(value)) for (const entry of value) collect(entry, found);
  else if (isRecord(value)) {
    if (value[specialSigKey] === specialSecretSig) found.push(...textsOf(value.plaintext));
    else for (const entry of Object.values(value)) collect(entry, found);
  }
}

/** Words that stand in something that is secret as a whole, such as `request` in a configuration: hidden, they would make every sentence unreadable. */
const isWord = (text: string) => text.length < 12 || (text.length < 24 && /^[A-Za-z ,.:_/-]*$/.test(text));

/** Texts in a secret, which may be JSON of something larger. */
function textsOf(value: unknown, nested = false): string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => textsOf(entry, true));
  if (isRecord(value)) return Object.values(value).flatMap((entry) => textsOf(entry, true));
  if (typeof value !== "string" || (nested && isWord(value))) return [];
  try {
    const inner: unknown = JSON.parse(value);
    if (typeof inner === "string" || (typeof inner === "object" && inner !== null)) return [...textsOf(inner, nested), value];
  } catch {
    // It is a text of its own.
  }
  return [value];
}
