import { mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Materials } from "../../components/backends/local/envoy/materials.ts";
import { renderBootstrap, renderFiles, writeOrder } from "../../components/backends/local/envoy/render.ts";
import { loadModel } from "../../components/spec/load.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import { TestAuthority, type TestKeyPair } from "./live/certificates.ts";
import { type Answer, type CallOptions, call, type GatewayAddress, rawCall } from "./live/client.ts";
import { adminPage, type RunningEnvoy, ready, startEnvoy, taken } from "./live/envoy.ts";
import type { RenderedConfig } from "./live/mutations/config.ts";
import { freePorts } from "./live/ports.ts";

/** A gateway document as an object; ports and address of its `local` section are filled in. */
export type LiveDocument = Readonly<Record<string, unknown>>;

export interface LiveOptions {
  /** Issues the front certificate, and is the gateway's own authority. @default a new one */
  readonly authority?: TestAuthority;
  /** What differs from the materials a test gateway gets by itself. */
  readonly materials?: Partial<Materials>;
  /** Changes the rendered files before Envoy sees them, to show that a test fails without a control. */
  readonly tamper?: (files: Record<string, string>) => Record<string, string>;
  /** The same for the bootstrap and the files; `LiveGateway.edit` changes it while Envoy runs, but for the bootstrap. */
  readonly edit?: Edit;
  /** PEM of what stands for the public roots. @default those of this machine */
  readonly publicRoots?: string;
  /** Called with the gateway's folder before Envoy starts. */
  readonly prepare?: (folder: string) => Promise<void>;
}

export type Edit = (config: RenderedConfig, model: GatewayModel) => RenderedConfig;

export interface LiveGateway extends GatewayAddress {
  readonly model: GatewayModel;
  readonly authority: TestAuthority;
  readonly materials: Materials;
  /** Folder of its files; gone after `stop`. */
  readonly folder: string;
  readonly httpPort: number;
  readonly adminPort: number;
  call(path: string, options?: CallOptions): Promise<Answer>;
  raw(bytes: string | Buffer, options?: CallOptions & { silenceMs?: number }): Promise<string>;
  /** Replaces the configuration while it runs, file by file as the product does, and waits until Envoy has taken it over. */
  update(document: LiveDocument, materials?: Partial<Materials>): Promise<void>;
  /** Changes what was rendered, from now on; without an edit it is again as rendered. @throws when Envoy refuses it, with its reasons. */
  edit(change?: Edit): Promise<void>;
  /** A page of Envoy's admin interface. */
  admin(path: string): Promise<string>;
  /** Envoy's own messages so far. */
  log(): string;
  accessLog(): Record<string, unknown>[];
  stop(): Promise<void>;
}

/** The model of a document that stands in a test; `files` are the files it names. */
export async function modelOf(document: LiveDocument, files: Readonly<Record<string, string>> = {}): Promise<GatewayModel> {
  return loadModel({ file: "gateway.yaml", text: JSON.stringify(document), read: (path) => files[path] ?? fail(`no file ${path}`) });
}

/** Runs the rendered configuration of a document in a real Envoy. Every call needs a `stop`. */
export async function startGateway(document: LiveDocument, options: LiveOptions = {}): Promise<LiveGateway> {
  const [httpsPort = 0, httpPort = 0, adminPort = 0] = await freePorts(3);
  const placed = (changed: LiveDocument): LiveDocument => ({
    ...changed,
    local: { ...(changed.local as object), address: "127.0.0.1", httpsPort, httpPort, adminPort, workers: 1 },
  });
  const authority = options.authority ?? (await TestAuthority.create());
  let model = await modelOf(placed(document));
  let materials: Materials = { ...(await ownMaterials(model, authority)), ...options.materials };

  const folder = mkdtempSync(join(tmpdir(), "gateway-"));
  for (const name of ["run", "logs"]) mkdirSync(join(folder, name));
  const place = { folder: "", publicRoots: options.publicRoots === undefined ? MACHINE_ROOTS : { pem: options.publicRoots } };
  const tamper = options.tamper ?? ((files) => files);
  let edit: Edit = options.edit ?? ((config) => config);
  const render = () => edit({ bootstrap: renderBootstrap(model, place), files: tamper(renderFiles(model, materials, place)) }, model);
  const rendered = render();
  writeFileSync(join(folder, "bootstrap.json"), rendered.bootstrap);
  writeFiles(folder, rendered.files);
  await options.prepare?.(folder);
  const envoy = await startEnvoy(folder);
  try {
    await ready(adminPort, envoy);
  } catch (error) {
    await envoy.stop();
    throw error;
  }
  const address: GatewayAddress = { hostname: model.hostname, address: "127.0.0.1", port: httpsPort, ca: authority.root };
  return {
    ...address,
    get model() {
      return model;
    },
    get materials() {
      return materials;
    },
    authority,
    folder,
    httpPort,
    adminPort,
    call: (path, callOptions) => call(address, path, callOptions),
    raw: (bytes, callOptions) => rawCall(address, bytes, callOptions),
    async update(changed, more = {}) {
      model = await modelOf(placed(changed));
      materials = { ...materials, ...more };
      await writeAndSettle(folder, render().files, envoy);
    },
    async edit(change) {
      edit = change ?? ((config) => config);
      await writeAndSettle(folder, render().files, envoy);
    },
    admin: (path) => adminPage(folder, path),
    log: () => envoy.log(),
    accessLog: () =>
      readFileSync(join(folder, "logs", "access.log"), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: () => envoy.stop(),
  };
}

const MACHINE_ROOTS = { file: "/etc/ssl/certs/ca-certificates.crt" };

/** A front certificate with an intermediate, a certificate for backends, an API key for each consumer. */
async function ownMaterials(model: GatewayModel, authority: TestAuthority): Promise<Materials> {
  const intermediate = await authority.intermediate();
  const front = await intermediate.issue({ dnsNames: [model.hostname] });
  const gateway = await authority.issue({ commonName: `${model.name} gateway`, dnsNames: [`${model.name}.gateway`], usages: ["client"] });
  const pair = ({ chain, privateKey }: TestKeyPair) => ({ chain, privateKey });
  return {
    front: pair(front),
    authority: authority.root,
    gateway: pair(gateway),
    clients: {},
    apiKeys: Object.fromEntries(Object.keys(model.consumers).map((name) => [name, [apiKeyOf(name)]])),
  };
}

/** The key a consumer has in tests unless the materials say otherwise. */
export const apiKeyOf = (consumer: string): string => Buffer.from(consumer.padEnd(32, "*")).toString("base64url");

/** As the product does: each file whole, by rename, what others refer to first. Returns the files that changed. */
function writeFiles(folder: string, files: Readonly<Record<string, string>>): string[] {
  const changed: string[] = [];
  for (const path of writeOrder(Object.keys(files))) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (readText(file) === files[path]) continue;
    writeFileSync(`${file}.new`, files[path] ?? "", { mode: 0o600 });
    renameSync(`${file}.new`, file);
    changed.push(path);
  }
  return changed;
}

async function writeAndSettle(folder: string, files: Readonly<Record<string, string>>, envoy: RunningEnvoy): Promise<void> {
  const settled = await taken(folder, envoy);
  await settled(writeFiles(folder, files));
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function fail(message: string): never {
  throw new Error(message);
}
