import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { envoyArgument, readEnvoyRecord } from "../../../providers/local/agent/envoy-record.ts";
import { rotateLogs } from "../../../providers/local/agent/logs.ts";
import { agentArgument } from "../../../providers/local/agent/protocol.ts";
import type { HostInputs } from "../../../providers/local/host/inputs.ts";
import { hasEnded, signal, withArgument } from "../../../providers/local/machine/processes.ts";
import { host } from "../../../providers/local/resources/host.ts";
import { isRunning } from "../../../tools/setup/process.mjs";
import { freePorts } from "../../support/live/ports.ts";
import { operation } from "../../unit/provider/support/provider.ts";
import { bootstrap, hostInputs, routes, testFolder, withFiles } from "./support/gateway.ts";

const WITHIN_MS = 60_000;
const DAY_MS = 86_400_000;
const call = operation("Host");

describe("a Host and its agent, without the engine", function () {
  this.timeout(2 * WITHIN_MS);
  const folder = testFolder();
  const directory = join(folder.path, "gateway");
  let wanted: HostInputs;
  let port: number;
  let outputs: Awaited<ReturnType<typeof host.create>>["outputs"];
  const envoys = () => withArgument(envoyArgument(directory));
  const agents = () => withArgument(agentArgument(directory));
  const body = async () => (await fetch(`http://127.0.0.1:${port}/`)).text();
  const log = (name: string) => readFileSync(join(directory, "logs", name), "utf8");

  async function update(next: HostInputs): Promise<void> {
    outputs = await host.update(directory, { inputs: wanted, outputs }, next, call);
    wanted = next;
  }

  async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + WITHIN_MS;
    while (!(await holds())) {
      assert.ok(Date.now() < end, `waited in vain for ${what}`);
      await sleep(20);
    }
  }

  before(async () => {
    [port = 0] = await freePorts(1);
    wanted = hostInputs(directory, port);
    ({ outputs } = await host.create(wanted, call));
  });

  after(async () => {
    await host.delete?.(directory, { inputs: wanted, outputs }, call);
    for (const { pid } of [...agents(), ...envoys()]) process.kill(pid, "SIGKILL");
    folder.remove();
  });

  it("starts Envoy once, ready to answer", async () => {
    assert.equal(await body(), "one");
    assert.deepEqual([agents().length, envoys().length, outputs.state], [1, 1, "ready"]);
    assert.deepEqual((await host.diff(directory, { inputs: wanted, outputs }, wanted, call)).changes, {});
  });

  it("exchanges a watched file in the running Envoy", async () => {
    const before = envoys();
    await update(withFiles(wanted, { "xds/rds.json": routes("two") }));
    await until("the new answer", async () => (await body()) === "two");
    assert.deepEqual(envoys(), before);
  });

  it("leaves everything as it was when Envoy refuses what is wanted", async () => {
    const before = envoys();
    const broken = withFiles(wanted, {
      "xds/rds.json": { resources: [{ ...routes("three").resources[0], virtual_hosts: [{ name: "all" }] }] },
    });
    await assert.rejects(update(broken), /^ResourceError: .*domains/i);
    assert.equal(await body(), "two");
    assert.deepEqual(envoys(), before);
    assert.deepEqual((await host.diff(directory, { inputs: wanted, outputs }, wanted, call)).changes, {});
  });

  it("replaces Envoy by a hot restart when its bootstrap changes, and no request fails", async () => {
    const [before] = envoys();
    const epoch = readEnvoyRecord(directory).current?.epoch ?? 0;
    const stop = new AbortController();
    let answers = 0;
    const asking = (async () => {
      while (!stop.signal.aborted) {
        assert.equal(await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).text(), "two");
        answers += 1;
      }
    })();
    asking.catch(() => {});
    await update({ ...wanted, bootstrap: JSON.stringify(bootstrap({ stats_flush_interval: "60s" })) });
    await until("the end of the Envoy before", () => envoys().length === 1);
    const soFar = answers;
    await until("answers of the successor", () => answers > soFar + 5);
    stop.abort();
    await asking;
    assert.notEqual(envoys()[0]?.pid, before?.pid);
    assert.equal(readEnvoyRecord(directory).current?.epoch, epoch + 1);
  });

  it("outlives its agent, and gets another", async () => {
    const [agent] = agents();
    const before = envoys();
    assert.ok(agent);
    signal(agent, "SIGKILL");
    assert.equal(await hasEnded(agent, WITHIN_MS), true);
    assert.equal(await body(), "two");
    assert.deepEqual((await host.diff(directory, { inputs: wanted, outputs }, wanted, call)).changes, { state: "output" });
    await update(wanted);
    assert.deepEqual(envoys(), before);
    assert.deepEqual([agents().length, agents()[0]?.pid === agent.pid], [1, false]);
  });

  it("puts logs aside without losing a line, and removes old ones", async () => {
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).then((answer) => answer.text());
    await ask("/before");
    await until("the first line", () => log("access.log").includes("/before"));
    const aside = () => readdirSync(join(directory, "logs")).filter((name) => name.startsWith("access.log."));
    const own = (name: string) => name === "envoy.log" || name === "agent.log";
    const reopen = () => envoys().forEach((envoy) => void signal(envoy, "SIGUSR1"));
    rotateLogs(directory, 2, reopen, own);
    assert.deepEqual(aside(), [], "the day is not over");

    rotateLogs(directory, 2, reopen, own, Date.now() + DAY_MS);
    const [first = ""] = aside();
    assert.match(first, /^access\.log\.\d{8}T\d{6}Z$/);
    await until("a new file", () => existsSync(join(directory, "logs", "access.log")));
    await ask("/after");
    await until("a line in the new file", () => log("access.log").includes("/after"));
    assert.deepEqual([log(first).includes("/before"), log("access.log").includes("/before")], [true, false]);
    // Held open by descriptor: copied and emptied, and written to as before.
    assert.equal(readdirSync(join(directory, "logs")).filter((name) => name.startsWith("agent.log.")).length, 1);
    assert.equal(log("agent.log").includes("begins"), false);

    rotateLogs(directory, 2, reopen, own, Date.now() + 5 * DAY_MS);
    assert.equal(aside().includes(first), false);
  });

  it("says which service does not take in its new certificate, and goes on as before", async () => {
    const [servicePort = 0] = await freePorts(1);
    const deaf = join(folder.path, "deaf.mjs");
    writeFileSync(deaf, DEAF);
    const service = {
      command: ["node", deaf],
      cwd: folder.path,
      env: { PORT: String(servicePort) },
      port: servicePort,
      onFileChange: "SIGHUP" as const,
    };
    const withPair = async () => ({ ...wanted, services: { deaf: { ...service, files: await pair() } } });
    await update(await withPair());
    const running = (await inspectServices()).deaf;
    await assert.rejects(update(await withPair()), {
      name: "ResourceError",
      message: `services.deaf: it was told by SIGHUP to read its files again and does not show its new certificate on port ${servicePort} after 10 s: have it read them on SIGHUP, or set its onFileChange to "restart"`,
    });
    assert.equal((await inspectServices()).deaf, running);
    assert.equal(await body(), "two");
    const changed = await withPair();
    await update({ ...changed, services: { deaf: { ...changed.services.deaf, onFileChange: "restart" } } });
    assert.notEqual((await inspectServices()).deaf, running);
  });

  it("ends with everything it has started", async () => {
    const processes = [...agents(), ...envoys()].map(({ pid }) => pid);
    await host.update(directory, { inputs: wanted, outputs }, { ...wanted, services: {} }, call);
    // As in another process: this one has made the folder and would take it for a successor's.
    const { removeFolder, removeHost } = await import("../../../providers/local/host/remove.ts");
    const { inFolder } = await import("../../../providers/local/host/folder.ts");
    await inFolder(directory, call, () => removeHost(directory, call));
    removeFolder(directory);
    assert.deepEqual([processes.filter(isRunning), existsSync(directory)], [[], false]);
  });

  /** Process of each service. */
  async function inspectServices(): Promise<Record<string, number | undefined>> {
    const { inspect } = await import("../../../providers/local/host/inspect.ts");
    const services = (await inspect(directory))?.agent?.services ?? {};
    return Object.fromEntries(Object.entries(services).map(([name, { pid }]) => [name, pid]));
  }
});

/** A server that shows for ever the certificate it was started with. */
const DEAF = `import { readFileSync } from "node:fs";
import { createServer } from "node:tls";
const read = (name) => readFileSync(process.env.FILES_DIR + "/" + name);
process.on("SIGHUP", () => {});
createServer({ cert: read("tls.crt"), key: read("tls.key") }, (socket) => socket.end()).listen(Number(process.env.PORT), "127.0.0.1");
`;

async function pair(): Promise<Record<string, string>> {
  const { createAuthority, issueLeaf } = await import("../../../verify/credentials/certificates.ts");
  const leaf = await issueLeaf(await createAuthority("lab"), { commonName: "deaf", dnsNames: ["localhost"], usages: ["server"] });
  return { "tls.crt": leaf.certificate, "tls.key": leaf.privateKey };
}
