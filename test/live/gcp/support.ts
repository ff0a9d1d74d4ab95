import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiKeys, secretFile, sidecarConfig } from "../../../components/backends/gcp/sidecar/config.ts";
import { keyPairSecret, rootsSecret } from "../../../components/backends/local/envoy/secrets.ts";
import { TestAuthority } from "../../support/live/certificates.ts";
import { type Answer, callPlain } from "../../support/live/client.ts";
import { startEnvoy } from "../../support/live/envoy.ts";
import { freePorts } from "../../support/live/ports.ts";
import { modelOf } from "../../support/plan.ts";

export const HOST = "api.shop.example.com";

export interface Sidecar {
  readonly authority: TestAuthority;
  /** Calls Envoy as ESPv2 does: plain HTTP over the loopback interface, with the headers of the load balancer. */
  call(path: string, headers?: Record<string, string>, method?: string): Promise<Answer>;
  log(): string;
  stop(): Promise<void>;
}

/** Envoy with the configuration the Google backend renders for a document. */
export async function startSidecar(
  document: unknown,
  { authority, apiKeys = {}, metadataServer }: { authority?: TestAuthority; apiKeys?: ApiKeys; metadataServer?: string } = {},
): Promise<Sidecar> {
  const ca = authority ?? (await TestAuthority.create());
  const model = await modelOf(JSON.stringify(document));
  const folder = mkdtempSync(join(tmpdir(), "gcp-sidecar-"));
  const [port = 0] = await freePorts(1);
  const roots = join(folder, "roots.pem");
  writeFileSync(roots, ca.root);
  const client = await ca.issue({ dnsNames: ["gateway.example"], usages: ["client"] });
  const secrets = {
    authority: rootsSecret("authority", ca.root),
    gateway: keyPairSecret("gateway", { chain: client.chain, privateKey: client.privateKey }),
  };
  for (const [name, content] of Object.entries(secrets)) {
    const file = secretFile(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(content));
  }
  const options = { folder, publicRoots: roots, port, ...(metadataServer === undefined ? {} : { metadataServer }) };
  writeFileSync(join(folder, "bootstrap.json"), sidecarConfig(model, apiKeys, options));
  const envoy = await startEnvoy(folder);
  const call = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    callPlain("127.0.0.1", port, path, { host: HOST, "x-edge-client-ip": "203.0.113.7", ...headers }, method);
  for (let tries = 0; ; tries += 1) {
    const healthy = await call("/.well-known/gateway-health", { host: "127.0.0.1" }).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (healthy) break;
    if (tries === 100 || envoy.process.exitCode !== null) {
      await envoy.stop();
      throw new Error(`Envoy does not answer:\n${envoy.log()}`);
    }
    await sleep(50);
  }
  return { authority: ca, call, log: envoy.log, stop: () => envoy.stop() };
}

/** Stands for Google's metadata server: this ID token, whatever audience is asked for. */
export async function metadataServer(token: string): Promise<{ address: string; asked: string[]; stop(): Promise<void> }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.headers["metadata-flavor"]} ${request.url}`);
    response.end(token);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () => new Promise((done) => server.close(() => done())),
  };
}
