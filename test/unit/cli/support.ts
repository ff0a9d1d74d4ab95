import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { main } from "../../../cli/main.ts";

export const ROOT = join(import.meta.dirname, "..", "..", "..");

/** What a run of the command left. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the `gateway` command as a process of its own, in `cwd`. `PATH` is empty unless given, so that no program of the machine can help it. */
export function gateway(
  args: readonly string[],
  cwd = ROOT,
  { command = join(ROOT, "cli", "gateway.mjs"), input = "", path = "" } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const { FORCE_COLOR: _, NO_COLOR: __, ...env } = process.env;
    const child = spawn(process.execPath, [command, ...args], { cwd, env: { ...env, PATH: path } });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdin.end(input);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs the command in this process, for what does not depend on being one. `terminal` makes both streams terminals. */
export async function inProcess(args: readonly string[], root = ROOT, terminal = false): Promise<Ran> {
  const ran = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    isTTY: terminal,
    write: (text: string) => {
      ran[name] += text;
    },
  });
  const code = await main(args, { root, stdout: stream("stdout"), stderr: stream("stderr") });
  return { code, ...ran };
}

/** A folder of documents for a test; removed by `close`. */
export class Documents {
  readonly folder = mkdtempSync(join(tmpdir(), "gateway-cli-"));

  write(name: string, content: string | Uint8Array): string {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return name;
  }

  /** Makes the folder a project of its own: the same code, other stacks. @returns its `gateway` command */
  project(): string {
    for (const part of ["cli", "automation", "components", "import", "policy-packs", "portal", "tools", "verify"])
      cpSync(join(ROOT, part), join(this.folder, part), { recursive: true });
    for (const part of ["index.ts", "package.json"]) cpSync(join(ROOT, part), join(this.folder, part));
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
    this.write("Pulumi.yaml", "name: lab\nruntime: nodejs\nstackConfigDir: stacks\n");
    return join(this.folder, "cli", "gateway.mjs");
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A small document without faults. */
export const GOOD = `name: small
hostname: api.example.com
tls: { certificate: { source: managed } }
http: redirect
backends:
  orders: { url: https://orders.example.com }
routes:
  list-orders: { path: /orders, methods: [GET], backend: orders, public: true }
`;
