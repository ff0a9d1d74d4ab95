import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CloudFolder } from "../../simulator/core/cloud-folder.ts";
import { SimulatedProvider } from "../../simulator/core/provider.ts";
import { serve } from "../../simulator/core/server.ts";
import { loadRules } from "../../simulator/registry.ts";

/** Providers served by this very process, ready to be taken over by the plugins the engine starts (test/simulator/plugins/start). */
export class ServedProviders {
  /** Folder of the port files; the engine's plugins find it in SIMULATOR_PORTS. */
  readonly folder: string;
  readonly #cloud: CloudFolder;
  readonly #servers: { close(): Promise<void> }[] = [];
  #batch = 0;

  constructor(folder: string, cloud: CloudFolder) {
    this.folder = folder;
    this.#cloud = cloud;
  }

  /** Serves `each` fresh providers of every package: one per provider instance that the next run of the engine may start. */
  async offer(packages: readonly string[], each: number): Promise<void> {
    await this.withdraw();
    this.#batch++;
    for (const name of packages) {
      const rules = loadRules(name);
      mkdirSync(join(this.folder, name), { recursive: true });
      for (let index = 0; index < each; index++) {
        const server = await serve(new SimulatedProvider(rules, this.#cloud));
        this.#servers.push(server);
        writeFileSync(join(this.folder, name, `${this.#batch}-${index}.port`), `${server.port}\n`);
      }
    }
  }

  /** Stops every provider, taken over or not. */
  async withdraw(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
