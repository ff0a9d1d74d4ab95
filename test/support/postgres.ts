import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A PostgreSQL server of its own in a temporary folder, for tests; stopped and removed by `close`. */
export class PostgresServer {
  readonly url: string;
  readonly #bin: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #user: { readonly uid: number; readonly gid: number } | undefined;
  #process: ReturnType<typeof spawn> | undefined;

  private constructor(bin: string, folder: string, port: number, user: { readonly uid: number; readonly gid: number } | undefined) {
    this.#bin = bin;
    this.#folder = folder;
    this.#port = port;
    this.#user = user;
    this.url = `postgresql://portal@127.0.0.1:${port}/postgres`;
  }

  /** @returns undefined when this machine has no PostgreSQL, or none that this user can run */
  static async start(): Promise<PostgresServer | undefined> {
    const bin = findServer();
    const user = process.getuid?.() === 0 ? userOf("postgres") : undefined;
    if (bin === undefined || (process.getuid?.() === 0 && user === undefined)) return undefined;
    const folder = mkdtempSync(join(tmpdir(), "gateway-postgres-"));
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    const port = await freePort();
    const server = new PostgresServer(bin, folder, port, user);
    execFileSync(join(bin, "initdb"), ["-D", join(folder, "data"), "-U", "portal", "-A", "trust", "--no-sync"], {
      stdio: "ignore",
      cwd: folder,
      ...user,
    });
    await server.boot();
    return server;
  }

  /** Starts the server, also after `kill`. */
  async boot(): Promise<void> {
    const args = ["-D", join(this.#folder, "data"), "-p", String(this.#port), "-h", "127.0.0.1", "-k", this.#folder, "-c", "fsync=off"];
    this.#process = spawn(join(this.#bin, "postgres"), args, { stdio: "ignore", cwd: this.#folder, ...this.#user });
    const { default: pg } = await import("pg");
    for (let tries = 0; ; tries++) {
      const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 2000 });
      client.on("error", () => {});
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        await client.end().catch(() => {});
        if (tries > 200) throw error;
        await sleep(100);
      }
    }
  }

  /** Ends it without warning, with every process it has. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    // Its helpers notice that it is gone and end; only then can it start again.
    const lock = join(this.#folder, "data", "postmaster.pid");
    await sleep(300);
    rmSync(lock, { force: true });
  }

  async close(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Folder of the server's programs: where Debian puts them, else beside `postgres` on PATH. */
function findServer(): string | undefined {
  const debian = "/usr/lib/postgresql";
  if (existsSync(debian)) {
    const versions = readdirSync(debian).sort((a, b) => Number(b) - Number(a));
    const found = versions.map((version) => join(debian, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
    if (found !== undefined) return found;
  }
  return (process.env.PATH ?? "").split(":").find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

/** The server refuses to run as root. */
function userOf(name: string): { readonly uid: number; readonly gid: number } | undefined {
  const fields = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .find(([entry]) => entry === name);
  return fields === undefined ? undefined : { uid: Number(fields[2]), gid: Number(fields[3]) };
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
      .once("error", reject)
      .listen(0, "127.0.0.1", () => {
        const { port } = server.address() as { port: number };
        server.close(() => resolve(port));
      });
  });
