import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "../policy-packs/secure-gateway/rules/index.ts";

/** Clouds whose plans are scanned by checkov in test/engine/<cloud>/policy-scan.test.ts, with the record the test keeps. */
const RECORDS = { aws: "AWS", azure: "Azure", gcp: "Google Cloud" } as const;

interface Check {
  readonly id: string;
  readonly name: string;
  /** Why it is not kept; undefined where it passes. */
  readonly reason: string | undefined;
}

/** The checks a scan evaluated, from the record its test compares. */
export function recordedChecks(root: string, cloud: keyof typeof RECORDS): Check[] {
  const file = join(root, "test", "golden", cloud, "policy-scan", "out", "checks.txt");
  if (!existsSync(file)) throw new Error(`there is no record ${file}; test/engine/${cloud}/policy-scan.test.ts writes it`);
  const checks: { id: string; name: string; reason: string | undefined }[] = [];
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [, id, name] = /^(CKV\w+) {2}(.*)$/.exec(line) ?? [];
    if (id && name) checks.push({ id, name, reason: undefined });
    const reason = /^ +not kept: (.*)$/.exec(line)?.[1];
    const last = checks.at(-1);
    if (reason && last) last.reason = reason;
  }
  return checks;
}

/** What the pack and checkov agree on; the report goes to docs/proof/checkov.md. */
export function scanReport(root: string): string {
  const sections = (Object.keys(RECORDS) as (keyof typeof RECORDS)[]).map((cloud) => {
    const checks = recordedChecks(root, cloud);
    const kept = checks.filter(({ reason }) => reason === undefined);
    const own = new Map<string, string[]>();
    for (const { id, sources } of rules)
      for (const source of sources)
        for (const check of source.match(/CKV2?_[A-Z]+_\d+/g) ?? []) own.set(check, [...(own.get(check) ?? []), id]);
    const shared = checks.filter(({ id }) => own.has(id));
    return `## ${RECORDS[cloud]}

checkov evaluated ${checks.length} checks over the backend's plans: ${kept.length} pass on every plan, ${checks.length - kept.length} do not, each for the reason below. ${shared.length} of them are rules of the pack as well.

| Check | Asks for | On the backend's plans | Rule of the pack |
| --- | --- | --- | --- |
${checks
  .map(
    ({ id, name, reason }) =>
      `| ${id} | ${name.replaceAll("|", "\\|")} | ${reason === undefined ? "passes" : `disagreement: ${reason.replaceAll("|", "\\|")}`} | ${
        own
          .get(id)
          ?.map((rule) => `\`${rule}\``)
          .join(", ") ?? "–"
      } |`,
  )
  .join("\n")}`;
  });
  return `# Agreement with checkov

<!-- Written by \`npm run proof -- scans\` from the records of test/engine/*/policy-scan.test.ts; change proof/ instead. -->

checkov is a scanner with rules of its own. The tests of each cloud translate the backend's plans into what it reads and compare its findings with the records below: a check that fails
without a reason fails the test, and so does a reason that nothing needs.

${sections.join("\n\n")}
`;
}

export function reportScans(root: string): number {
  const folder = join(root, "docs", "proof");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "checkov.md"), scanReport(root));
  return 0;
}
