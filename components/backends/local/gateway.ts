import * as pulumi from "@pulumi/pulumi";
import type { GatewayModel } from "../../spec/model.ts";
import { milliseconds } from "../../spec/resolve/units.ts";
import type { BuildContext } from "../contract.ts";
import { FILES } from "./envoy/layout.ts";
import type { KeyPair, Materials, RenderOptions } from "./envoy/materials.ts";
import { quotasOf } from "./envoy/quota.ts";
import { filePaths, renderBootstrap, renderFiles, writeOrder } from "./envoy/render.ts";
import { Host, type HostAcme, type HostService } from "./resources.ts";

/** What Envoy is given, as far as it is known only when the gateway is deployed. */
export interface MaterialInputs {
  readonly front: pulumi.Input<KeyPair> | undefined;
  readonly authority: pulumi.Input<string> | undefined;
  readonly revocationList: pulumi.Input<string> | undefined;
  readonly rootRevocationList: pulumi.Input<string> | undefined;
  readonly gateway: pulumi.Input<KeyPair> | undefined;
  readonly clients: Readonly<Record<string, pulumi.Input<KeyPair>>>;
  readonly apiKeys: pulumi.Input<Readonly<Record<string, readonly string[]>>>;
  readonly issuerKeyId: pulumi.Input<string> | undefined;
}

/** Envoy and what runs next to it: one resource, however many routes there are. */
export function gatewayHost(
  { name, model, parent }: BuildContext,
  directory: string,
  materials: MaterialInputs,
  services: pulumi.Input<Record<string, HostService>>,
  publicRoots: RenderOptions["publicRoots"],
  acme: HostAcme | undefined,
): Host {
  const { local, observability } = model;
  // Envoy runs in the folder, so its configuration is the same wherever that is.
  const options = { folder: "", publicRoots };
  return new Host(
    `${name}-host`,
    {
      directory,
      bootstrap: renderBootstrap(model, options),
      files: pulumi.secret(pulumi.output(materials).apply((known) => renderFiles(model, known as unknown as Materials, options))),
      writeOrder: writeOrder(filePaths(model, options)),
      workers: local.workers ?? 0,
      adminSocket: FILES.adminSocket,
      listeners: listenersOf(model),
      drainMs: milliseconds(local.drainTime),
      services,
      quotas: quotasOf(model),
      logRetentionDays: observability.accessLogs?.retentionDays ?? 0,
      ...(acme === undefined ? {} : { acme }),
    },
    { parent },
  );
}

/** Where the gateway can be reached from this machine, `host:port`. */
export function reachableAt({ local }: GatewayModel, port: number): string {
  const address = { "0.0.0.0": "127.0.0.1", "::": "::1" }[local.address] ?? local.address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

const listenersOf = (model: GatewayModel): string[] => [
  reachableAt(model, model.local.httpsPort),
  ...(model.http === "redirect" ? [reachableAt(model, model.local.httpPort)] : []),
  `127.0.0.1:${model.local.adminPort}`,
];
