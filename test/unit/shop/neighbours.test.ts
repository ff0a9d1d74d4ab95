import assert from "node:assert/strict";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createCatalog } from "../../../examples/shop/catalog/catalog.ts";
import type { TlsFiles } from "../../../examples/shop/common/mutual-tls.ts";
import { Neighbour, type NeighbourOptions } from "../../../examples/shop/common/neighbour.ts";
import { type Call, createService, Problem } from "../../../examples/shop/common/service.ts";
import { createOrders } from "../../../examples/shop/orders/orders.ts";
import { type Authority, createAuthority, issueLeaf } from "../../../verify/credentials/certificates.ts";

const name = (service: string) => `spiffe://shop/service/${service}`;

describe("services that call each other", () => {
  let authority: Authority;
  let catalog: Server;
  let url: string;
  const seen: Call[] = [];
  const neighbours: Neighbour[] = [];

  const filesOf = async (service: string, callers: readonly string[] = [], signer: Authority = authority): Promise<TlsFiles> => {
    const leaf = await issueLeaf(signer, {
      commonName: service,
      dnsNames: ["localhost"],
      uris: [name(service)],
      usages: ["server", "client"],
    });
    return {
      cert: Buffer.from(leaf.certificate),
      key: Buffer.from(leaf.privateKey),
      ca: Buffer.from(authority.certificate),
      allowedCallers: new Set(callers),
    };
  };

  before(async () => {
    authority = await createAuthority("internal");
    const answer = createCatalog();
    catalog = createService({
      name: "catalog",
      files: await filesOf("catalog", ["spiffe://shop/gateway", name("orders")]),
      answer: (call) => {
        seen.push(call);
        return answer(call);
      },
    });
    await new Promise<void>((resolve) => catalog.listen(0, "localhost", resolve));
    url = `https://localhost:${(catalog.address() as AddressInfo).port}`;
  });
  after(() => {
    for (const neighbour of neighbours) neighbour.close();
    catalog.closeAllConnections();
    catalog.close();
  });

  const neighbour = (options: Omit<NeighbourOptions, "url"> & { url?: string }): Neighbour => {
    const made = new Neighbour({ url, ...options });
    neighbours.push(made);
    return made;
  };

  it("are known by the names in their certificates", async () => {
    const { status } = await neighbour({ files: await filesOf("orders"), identity: name("catalog") }).get("/products/teapot");
    assert.equal(status, 200);
    assert.equal(seen.at(-1)?.caller, name("orders"));
  });

  it("answer 403 to a service nobody has named", async () => {
    assert.equal((await neighbour({ files: await filesOf("inventory") }).get("/products")).status, 403);
  });

  it("do not speak for a customer: identity headers count from the gateway alone", async () => {
    const files = await filesOf("orders");
    const { request } = await import("node:https");
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(
        `${url}/feed/products`,
        { cert: files.cert, key: files.key, ca: files.ca, headers: { "x-gateway-consumer": "acme-mobile" }, agent: false },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      )
        .once("error", reject)
        .end();
    });
    assert.equal(status, 401);
    assert.equal(seen.at(-1)?.consumer, undefined);
  });

  it("call nobody who is somebody else, or of another authority, or without TLS", async () => {
    const files = await filesOf("orders");
    await assert.rejects(neighbour({ files, identity: name("billing") }).get("/products"), /is not spiffe:\/\/shop\/service\/billing$/);
    await assert.rejects(
      neighbour({ files, url: url.replace("localhost", "127.0.0.1") }).get("/products"),
      /ECONNREFUSED|altnames|does not match/,
    );
    const foreign = { ...files, ca: Buffer.from((await createAuthority("foreign")).certificate) };
    await assert.rejects(neighbour({ files: foreign }).get("/products"), /unable to verify|self-signed|unable to get/);
    assert.throws(
      () => new Neighbour({ files, url: "http://localhost" }),
      /^Error: http:\/\/localhost is not an https URL; there is no plain mode to fall back to$/,
    );
  });

  it("show a renewed certificate with the next connection", async () => {
    let files = await filesOf("inventory");
    const caller = new Neighbour({
      url,
      files: {
        allowedCallers: new Set(),
        get cert() {
          return files.cert;
        },
        get key() {
          return files.key;
        },
        get ca() {
          return files.ca;
        },
      },
    });
    neighbours.push(caller);
    assert.equal((await caller.get("/products")).status, 403);
    files = await filesOf("orders");
    assert.equal((await caller.get("/products")).status, 200);
  });

  it("orders: takes what is sold, refuses what is not, and says so when the catalogue cannot be asked", async () => {
    const place = (product: string, get: Pick<Neighbour, "get">) =>
      createOrders(get)({
        method: "POST",
        path: "/orders",
        query: new URLSearchParams(),
        caller: "spiffe://shop/gateway",
        subject: "alice",
        consumer: undefined,
        header: () => undefined,
        json: async () => ({ lines: [{ product, quantity: 1 }] }),
      });
    const asked = neighbour({ files: await filesOf("orders"), identity: name("catalog") });
    assert.equal((await place("teapot", asked)).status, 201);
    const problem = (status: number, message: string) => (error: unknown) =>
      error instanceof Problem && error.status === status && error.message === message;
    await assert.rejects(place("samovar", asked), problem(400, 'There is no product "samovar"'));
    const away = neighbour({ files: await filesOf("orders"), url: "https://localhost:9" });
    await assert.rejects(place("teapot", away), problem(503, "The catalogue cannot be asked now"));
  });
});
