import assert from "node:assert/strict";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { TlsFiles } from "../../../examples/shop/common/mutual-tls.ts";
import { Certificates, createInventory, serverCredentials } from "../../../examples/shop/inventory/inventory.ts";
import { type Authority, createAuthority, issueLeaf } from "../../../verify/credentials/certificates.ts";
import type { KeyPair } from "../../../verify/wire/connect.ts";

const GATEWAY = "spiffe://shop/gateway";
const folder = join(import.meta.dirname, "../../../examples/shop/inventory");
const packages = grpc.loadPackageDefinition(loadSync(["inventory.proto", "health.proto"].map((file) => join(folder, file)))) as unknown as {
  shop: { Inventory: grpc.ServiceClientConstructor };
  grpc: { health: { v1: { Health: grpc.ServiceClientConstructor } } };
};

describe("the shop's inventory", () => {
  let authority: Authority;
  let server: grpc.Server;
  let port: number;
  const clients: grpc.Client[] = [];

  before(async () => {
    authority = await createAuthority("internal");
    const pair = await issueLeaf(authority, { commonName: "inventory", dnsNames: ["localhost"], usages: ["server"] });
    const files: TlsFiles = {
      cert: Buffer.from(pair.certificate),
      key: Buffer.from(pair.privateKey),
      ca: Buffer.from(authority.certificate),
      allowedCallers: new Set([GATEWAY]),
    };
    server = createInventory(files);
    port = await new Promise((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", serverCredentials(new Certificates(files)), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
  });

  after(() => {
    for (const client of clients) client.close();
    server.forceShutdown();
  });

  const gateway = () => issueLeaf(authority, { commonName: "gateway", uris: [GATEWAY] });

  function client<T extends grpc.Client>(service: grpc.ServiceClientConstructor, pair: KeyPair | undefined): T {
    const ca = Buffer.from(authority.certificate);
    const credentials = pair
      ? grpc.credentials.createSsl(ca, Buffer.from(pair.privateKey), Buffer.from(pair.certificate))
      : grpc.credentials.createSsl(ca);
    const made = new service(`localhost:${port}`, credentials) as unknown as T;
    clients.push(made);
    return made;
  }

  const call = (pair: KeyPair | undefined, method: string, request: object, service = packages.shop.Inventory) =>
    new Promise<{ error: grpc.ServiceError | null; reply: unknown }>((resolve) => {
      const stub = client(service, pair) as unknown as Record<string, (...args: unknown[]) => void>;
      const deadline = { deadline: Date.now() + 5000 };
      stub[method]?.(request, new grpc.Metadata(), deadline, (error: grpc.ServiceError | null, reply: unknown) =>
        resolve({ error, reply }),
      );
    });

  it("tells the gateway what is in stock", async () => {
    const { error, reply } = await call(await gateway(), "GetStock", { product: "teapot" });
    assert.equal(error, null);
    assert.deepEqual(reply, { product: "teapot", quantity: 12 });
  });

  it("says so when there is no such product", async () => {
    const { error } = await call(await gateway(), "GetStock", { product: "none" });
    assert.equal(error?.message, "5 NOT_FOUND: There is no such product");
  });

  it("streams the stock", async () => {
    const stub = client(packages.shop.Inventory, await gateway()) as unknown as {
      WatchStock(request: object): grpc.ClientReadableStream<unknown>;
    };
    const stream = stub.WatchStock({ product: "sencha" });
    const first = await new Promise((resolve, reject) => stream.once("data", resolve).once("error", reject));
    stream.on("error", () => {});
    stream.cancel();
    assert.deepEqual(first, { product: "sencha", quantity: 340 });
  });

  it("refuses a stream of an unknown product", async () => {
    const stub = client(packages.shop.Inventory, await gateway()) as unknown as {
      WatchStock(request: object): grpc.ClientReadableStream<unknown>;
    };
    const stream = stub.WatchStock({ product: "none" });
    const error = await new Promise<Error>((resolve) => stream.on("data", () => {}).once("error", resolve));
    assert.equal(error.message, "5 NOT_FOUND: There is no such product");
  });

  it("answers the health check", async () => {
    const { reply } = await call(await gateway(), "Check", {}, packages.grpc.health.v1.Health);
    assert.deepEqual(reply, { status: 1 });
  });

  it("refuses a caller without a certificate", async () => {
    const { error } = await call(undefined, "GetStock", { product: "teapot" });
    assert.equal(error?.code, grpc.status.UNAVAILABLE);
  });

  it("refuses a caller of the same authority with another name", async () => {
    const neighbour = await issueLeaf(authority, { commonName: GATEWAY, uris: ["spiffe://shop/catalog"] });
    for (const [method, service] of [
      ["GetStock", packages.shop.Inventory],
      ["Check", packages.grpc.health.v1.Health],
    ] as const) {
      const { error } = await call(neighbour, method, { product: "teapot" }, service);
      assert.equal(error?.message, "7 PERMISSION_DENIED: This caller is not allowed");
    }
  });
});
