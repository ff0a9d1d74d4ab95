import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../../tools/setup/find.ts";
import { ensurePythonTool } from "../../../tools/setup/python.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

/** What answers must keep, whatever is sent. That valid values may still be refused, as a plan nobody made, no schema can say. */
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "unsupported_method",
  "allow_header_conformance",
  "ignored_auth",
];

export interface SchemathesisOptions {
  /** The portal, without path. */
  readonly url: string;
  readonly token: string;
  /** What stands in paths, so that most calls find something. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Of each operation. */
  readonly examples: number;
  readonly phases: string;
  /** Operations that are left out: regular expression of their paths. */
  readonly without?: string;
}

export interface SchemathesisReport {
  readonly code: number | null;
  /** Calls that were made, and operations they were made to. */
  readonly cases: number;
  readonly operations: number;
  readonly output: string;
}

/** Why it cannot run here, if it cannot. */
export const missing = () => (onPath("python3").length === 0 ? "this machine has no python3" : undefined);

export const ensureSchemathesis = () =>
  ensurePythonTool(ROOT, "schemathesis", "schemathesis, which calls an API by its description (60 MB)");

/** Calls every operation of the portal's OpenAPI document with what its schemas allow and forbid. */
export async function schemathesis({
  url,
  token,
  parameters,
  examples,
  phases,
  without,
}: SchemathesisOptions): Promise<SchemathesisReport> {
  const { bin } = await ensureSchemathesis();
  const folder = mkdtempSync(join(tmpdir(), "gateway-schemathesis-"));
  try {
    const fixed = Object.entries(parameters).map(([name, value]) => `"path.${name}" = ${JSON.stringify(value)}`);
    writeFileSync(
      join(folder, "schemathesis.toml"),
      [`headers = { Authorization = "Bearer ${token}" }`, "[parameters]", ...fixed].join("\n"),
    );
    const report = join(folder, "report.xml");
    const args = [
      "run",
      `${url}/api/v1/openapi.json`,
      "--checks",
      CHECKS.join(","),
      "--phases",
      phases,
      "--max-examples",
      String(examples),
    ];
    args.push("--seed", "1", "--continue-on-failure", "--no-color", "--request-timeout", "15", "--report-junit-path", report);
    if (without !== undefined) args.push("--exclude-path-regex", without);
    const { code, output } = await run(join(bin, "st"), ["--config-file", join(folder, "schemathesis.toml"), ...args], folder);
    return {
      code,
      cases: Number(/^\s+(\d+) generated/m.exec(output)?.[1] ?? 0),
      operations: new Set(readFileSync(report, "utf8").match(/testcase name="[^"]+"/g)).size,
      output,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[], cwd: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
