import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsClient } from "aws4fetch";
import { ensurePythonTool, type PythonTool } from "../../../tools/setup/python.ts";
import { freePorts } from "../../support/live/ports.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const CREDENTIALS = { accessKeyId: "testing", secretAccessKey: "testing" };
const REGION = "eu-central-1";
const START_MS = 60_000;

export const ensureMoto = (): Promise<PythonTool> => ensurePythonTool(ROOT, "moto", "moto, an emulator of AWS (300 MB)");

/** AWS as moto emulates it, in a process of its own. */
export class Moto {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url;
    this.#process = child;
    this.#folder = folder;
  }

  static async start(): Promise<Moto> {
    const { python } = await ensureMoto();
    const [port = 0] = await freePorts(1);
    const folder = mkdtempSync(join(tmpdir(), "gateway-moto-"));
    const child = spawn(python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
    });
    const moto = new Moto(`http://127.0.0.1:${port}`, child, folder);
    const deadline = Date.now() + START_MS;
    while (!(await moto.#answers())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await moto.stop();
        throw new Error(`moto does not start:\n${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return moto;
  }

  /** Calls a service over HTTP as its clients do. @throws with the service's answer when it is an error */
  async call<T>(
    service: string,
    path: string,
    init: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<T> {
    const client = new AwsClient({ ...CREDENTIALS, service, region: REGION, retries: 0 });
    const response = await client.fetch(`${this.url}${path}`, {
      method: init.method ?? "GET",
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      headers: { "content-type": "application/json", ...init.headers },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? "GET"} ${path}: ${response.status} ${text.slice(0, 2000)}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** Environment of a function that runs against this AWS. */
  get environment(): Record<string, string> {
    return {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: this.url,
    };
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/moto-api/`)).ok;
    } catch {
      return false;
    }
  }
}
