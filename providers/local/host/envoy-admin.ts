import { Agent, request } from "node:http";
import { connectUnix } from "../machine/sockets.ts";

const REQUEST_MS = 5000;

/** Which Envoy answers: `/server_info`. */
export interface ServerInfo {
  readonly state: string;
  readonly hot_restart_version: string;
  readonly command_line_options: { readonly base_id: string; readonly restart_epoch: number };
}

/** Envoy's administration interface on its Unix socket. Every call fails when nobody answers. */
export class EnvoyAdmin {
  readonly #agent: Agent;

  /**
   * @param socket relative to `folder`
   * @param hold keeps one connection open, by which this Envoy can be reached even after a successor has taken the socket's name; `close` ends it
   */
  constructor(folder: string, socket: string, hold = false) {
    this.#agent = new Agent({ keepAlive: hold, maxSockets: 1 });
    this.#agent.createConnection = (_options, done) => {
      connectUnix(folder, socket).then(
        (connection) => done?.(null, connection),
        (error: Error) => done?.(error, undefined as never),
      );
      return undefined;
    };
  }

  close(): void {
    this.#agent.destroy();
  }

  async serverInfo(): Promise<ServerInfo> {
    return JSON.parse(await this.call("GET", "/server_info")) as ServerInfo;
  }

  /** Statistics whose names match, by name; texts as they are, numbers as digits. */
  async stats(filter: string): Promise<Map<string, string>> {
    const text = await this.call("GET", `/stats?textReadouts&filter=${encodeURIComponent(filter)}`);
    const stats = new Map<string, string>();
    for (const line of text.split("\n")) {
      const [, name, value] = /^(.*?): "?(.*?)"?$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) stats.set(name, value);
    }
    return stats;
  }

  /** Requests that clients wait for now, on any listener. */
  async activeRequests(): Promise<number> {
    const stats = await this.stats("^http\\..*\\.downstream_rq_active$");
    return [...stats].filter(([name]) => !name.startsWith("http.admin.")).reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** Takes no new connections, and asks clients to close the ones they have. */
  async drain(): Promise<void> {
    await this.call("POST", "/healthcheck/fail");
    await this.call("POST", "/drain_listeners");
  }

  /** File names and serial numbers of the certificates in use. */
  async certificates(): Promise<{ path: string; serial: string }[]> {
    type Entry = { cert_chain?: { path: string; serial_number: string }[] };
    const { certificates = [] } = JSON.parse(await this.call("GET", "/certs")) as { certificates?: Entry[] };
    return certificates.flatMap(({ cert_chain = [] }) => cert_chain.map(({ path, serial_number }) => ({ path, serial: serial_number })));
  }

  async call(method: "GET" | "POST", path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request({ agent: this.#agent, method, path, headers: { host: "admin" }, timeout: REQUEST_MS }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`Envoy's administration interface answers ${response.statusCode} to ${method} ${path}`));
        });
      });
      sent.on("timeout", () => sent.destroy(new Error(`Envoy's administration interface does not answer within ${REQUEST_MS} ms`)));
      sent.on("error", reject);
      sent.end();
    });
  }
}
