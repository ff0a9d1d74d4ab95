import { join } from "node:path";
import type { PeerCertificate } from "node:tls";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { allowedName, type TlsFiles } from "../common/mutual-tls.ts";

interface StockRequest {
  readonly product: string;
}

interface Stock {
  readonly product: string;
  readonly quantity: number;
}

const SERVING = 1;
const definitions = loadSync(["inventory.proto", "health.proto"].map((file) => join(import.meta.dirname, file)));

/** What is in stock, over gRPC; the gateway calls with its client certificate like it calls the HTTP services. */
export function createInventory(files: TlsFiles): grpc.Server {
  const stock = new Map([
    ["teapot", 12],
    ["sencha", 340],
    ["matcha-whisk", 0],
  ]);
  const guard = callerCheck(files);
  const server = new grpc.Server();
  server.addService(definitions["shop.Inventory"] as grpc.ServiceDefinition, {
    GetStock: (call: grpc.ServerUnaryCall<StockRequest, Stock>, callback: grpc.sendUnaryData<Stock>) => {
      const refusal = guard(call) ?? unknownProduct(stock, call.request);
      if (refusal) callback(refusal);
      else callback(null, read(stock, call.request));
    },
    WatchStock: (call: grpc.ServerWritableStream<StockRequest, Stock>) => {
      const refusal = guard(call) ?? unknownProduct(stock, call.request);
      if (refusal) {
        call.emit("error", refusal);
        return;
      }
      call.write(read(stock, call.request));
      // Somebody buys one every now and then.
      const sale = setInterval(() => {
        const { product } = call.request;
        stock.set(product, Math.max(0, (stock.get(product) ?? 0) - 1));
        call.write(read(stock, call.request));
      }, 5000);
      call.on("cancelled", () => clearInterval(sale));
    },
  });
  server.addService(definitions["grpc.health.v1.Health"] as grpc.ServiceDefinition, {
    Check: (call: grpc.ServerUnaryCall<unknown, { status: number }>, callback: grpc.sendUnaryData<{ status: number }>) => {
      const refusal = guard(call);
      if (refusal) callback(refusal);
      else callback(null, { status: SERVING });
    },
  });
  return server;
}

/** Credentials under which nobody without a certificate of the internal authority gets a connection. */
export function serverCredentials(certificates: Certificates): grpc.ServerCredentials {
  return grpc.experimental.createCertificateProviderServerCredentials(certificates, certificates, true);
}

type Listener<Update> = (update: Update | null) => void;

/** A server's certificates, which may change while it serves: connections there go on, new ones get what is in the files then. */
export class Certificates implements grpc.experimental.CertificateProvider {
  readonly #files: TlsFiles;
  readonly #authority = new Set<Listener<grpc.experimental.CaCertificateUpdate>>();
  readonly #identity = new Set<Listener<grpc.experimental.IdentityCertificateUpdate>>();

  constructor(files: TlsFiles) {
    this.#files = files;
  }

  /** Puts in place what the files hold now. */
  renew(): void {
    for (const listener of this.#authority) this.#tellAuthority(listener);
    for (const listener of this.#identity) this.#tellIdentity(listener);
  }

  addCaCertificateListener(listener: Listener<grpc.experimental.CaCertificateUpdate>): void {
    this.#authority.add(listener);
    process.nextTick(() => this.#tellAuthority(listener));
  }

  removeCaCertificateListener(listener: Listener<grpc.experimental.CaCertificateUpdate>): void {
    this.#authority.delete(listener);
  }

  addIdentityCertificateListener(listener: Listener<grpc.experimental.IdentityCertificateUpdate>): void {
    this.#identity.add(listener);
    process.nextTick(() => this.#tellIdentity(listener));
  }

  removeIdentityCertificateListener(listener: Listener<grpc.experimental.IdentityCertificateUpdate>): void {
    this.#identity.delete(listener);
  }

  #tellAuthority(listener: Listener<grpc.experimental.CaCertificateUpdate>): void {
    listener({ caCertificate: this.#files.ca });
  }

  #tellIdentity(listener: Listener<grpc.experimental.IdentityCertificateUpdate>): void {
    listener({ certificate: this.#files.cert, privateKey: this.#files.key });
  }
}

type Authenticated = Pick<grpc.ServerUnaryCall<unknown, unknown>, "getAuthContext">;
type Refusal = Pick<grpc.StatusObject, "code" | "details">;

/** The handshake admits every service of the shop; this admits the gateway alone. */
function callerCheck(files: TlsFiles): (call: Authenticated) => Refusal | undefined {
  return (call) => {
    const certificate = call.getAuthContext()?.sslPeerCertificate as PeerCertificate | undefined;
    if (allowedName(certificate, files.allowedCallers) !== undefined) return undefined;
    return { code: grpc.status.PERMISSION_DENIED, details: "This caller is not allowed" };
  };
}

function unknownProduct(stock: ReadonlyMap<string, number>, { product }: StockRequest): Refusal | undefined {
  return stock.has(product) ? undefined : { code: grpc.status.NOT_FOUND, details: "There is no such product" };
}

function read(stock: ReadonlyMap<string, number>, { product }: StockRequest): Stock {
  return { product, quantity: stock.get(product) ?? 0 };
}
