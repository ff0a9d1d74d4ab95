import assert from "node:assert/strict";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createCatalog } from "../../../examples/shop/catalog/catalog.ts";
import { type TlsFiles, tlsFilesFromEnvironment } from "../../../examples/shop/common/mutual-tls.ts";
import { createService } from "../../../examples/shop/common/service.ts";
import { createOrders } from "../../../examples/shop/orders/orders.ts";
import { type Authority, createAuthority, issueLeaf } from "../../../verify/credentials/certificates.ts";
import { echoHeader, echoOf } from "../../../verify/echo.ts";
import type { Answer } from "../../../verify/wire/answer.ts";
import { HttpClient, type Request } from "../../../verify/wire/client.ts";
import type { KeyPair } from "../../../verify/wire/connect.ts";
import { WireError } from "../../../verify/wire/errors.ts";

const GATEWAY = "spiffe://shop/gateway";

describe("the shop's services", () => {
  let authority: Authority;
  let files: TlsFiles;
  let gateway: KeyPair;
  const servers: Server[] = [];
  const clients: HttpClient[] = [];

  before(async () => {
    authority = await createAuthority("internal");
    const server = await issueLeaf(authority, { commonName: "orders", dnsNames: ["localhost"], usages: ["server"] });
    files = {
      cert: Buffer.from(server.certificate),
      key: Buffer.from(server.privateKey),
      ca: Buffer.from(authority.certificate),
      allowedCallers: new Set([GATEWAY]),
    };
    gateway = await issueLeaf(authority, { commonName: "gateway", uris: [GATEWAY] });
  });

  after(() => {
    for (const client of clients) client.close();
    for (const server of servers) server.close();
  });

  async function start(server: Server, caller: KeyPair | undefined = gateway): Promise<(request: Partial<Request>) => Promise<Answer>> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = new HttpClient({
      endpoint: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
      serverName: "localhost",
      authority: "localhost",
      ca: authority.certificate,
      clientCertificate: caller,
      headers: [],
      timeoutMs: 5000,
      signal: undefined,
      onAnswer: () => {},
    });
    clients.push(client);
    return (request) => client.send({ method: "GET", target: "/", ...request });
  }

  const orders = () => createService({ name: "orders", files, answer: createOrders() });
  const body = (answer: Answer) => JSON.parse(answer.body.toString()) as Record<string, unknown>;

  it("refuse a connection without a certificate", async () => {
    const send = await start(orders());
    await assert.rejects(send({ target: "/orders", via: { clientCertificate: null } }), (error) => error instanceof WireError);
  });

  it("refuse a certificate of another authority", async () => {
    const foreign = await issueLeaf(await createAuthority("foreign"), { commonName: "gateway", uris: [GATEWAY] });
    const send = await start(orders(), foreign);
    await assert.rejects(send({ target: "/orders" }), (error) => error instanceof WireError);
  });

  it("refuse a caller of the same authority with another name", async () => {
    const neighbour = await issueLeaf(authority, { commonName: GATEWAY, uris: ["spiffe://shop/catalog"], dnsNames: ["gateway"] });
    const send = await start(orders(), neighbour);
    const answer = await send({ target: "/orders", headers: [["x-gateway-subject", "alice"]] });
    assert.equal(answer.status, 403);
    assert.deepEqual(
      { ...body(answer), requestId: undefined },
      {
        type: "about:blank",
        title: "This caller is not allowed",
        status: 403,
        requestId: undefined,
      },
    );
  });

  it("keep one customer's orders from another", async () => {
    const send = await start(orders());
    const as = (subject: string) => [["x-gateway-subject", subject] as const];
    const placed = await send({
      method: "POST",
      target: "/orders",
      headers: as("alice"),
      body: JSON.stringify({ lines: [{ product: "teapot", quantity: 2 }] }),
    });
    assert.equal(placed.status, 201);
    const { id } = body(placed) as { id: string };
    const own = await send({ target: `/orders/${id}`, headers: as("alice") });
    assert.equal(own.status, 200);
    assert.deepEqual(body(own).lines, [{ product: "teapot", quantity: 2 }]);
    assert.equal((await send({ target: `/orders/${id}`, headers: as("mallory") })).status, 404);
    assert.deepEqual(body(await send({ target: "/orders", headers: as("mallory") })), { orders: [] });
    assert.equal((await send({ target: "/orders" })).status, 401);
  });

  it("say what is wrong with an order", async () => {
    const send = await start(orders());
    const place = async (content: string) =>
      body(await send({ method: "POST", target: "/orders", headers: [["x-gateway-subject", "alice"]], body: content })).title;
    assert.equal(await place("{"), "The body is not JSON");
    assert.equal(await place("{}"), "lines: give 1 to 100 of them");
    assert.equal(await place('{"lines":[{"product":"Tea pot","quantity":1}]}'), "lines[0].product: give a product's id");
    assert.equal(await place('{"lines":[{"product":"teapot","quantity":0}]}'), "lines[0].quantity: give a whole number from 1 to 1000");
  });

  it("refuse a body that is too large", async () => {
    const send = await start(orders());
    const answer = await send({
      method: "POST",
      target: "/orders",
      headers: [["x-gateway-subject", "alice"]],
      body: JSON.stringify({ lines: "x".repeat(300_000) }),
    });
    assert.equal(answer.status, 413);
  });

  it("show the catalogue to everybody and the feed to partners", async () => {
    const send = await start(createService({ name: "catalog", files, answer: createCatalog() }));
    const list = await send({ target: "/products" });
    assert.equal(list.status, 200);
    assert.equal((body(list).products as unknown[]).length, 3);
    const etag = list.headers.find(([name]) => name === "etag")?.[1] ?? "";
    assert.equal((await send({ target: "/products", headers: [["if-none-match", etag]] })).status, 304);
    assert.equal((await send({ target: "/products/teapot" })).status, 200);
    assert.equal((await send({ target: "/products/none" })).status, 404);
    assert.equal((await send({ target: "/feed/products" })).status, 401);
    const feed = await send({ target: "/feed/products", headers: [["x-gateway-consumer", "acme"]] });
    assert.equal(body(feed).partner, "acme");
    assert.equal((await send({ method: "POST", target: "/products" })).status, 405);
  });

  it("show nothing of a failure inside", async () => {
    const fault = () => {
      throw new Error("connection to db-7.internal failed");
    };
    const send = await start(createService({ name: "broken", files, answer: fault }));
    const answer = await send({ target: "/" });
    assert.equal(answer.status, 500);
    assert.equal(body(answer).title, "The request could not be answered");
    assert.ok(!answer.body.includes("db-7"));
  });

  it("repeat what they receive only when told to", async () => {
    const silent = await start(orders());
    assert.equal((await silent({ target: "/echo", headers: [["x-gateway-subject", "alice"]] })).status, 404);
    const send = await start(createService({ name: "orders", files, answer: createOrders(), echo: true }));
    const answer = await send({
      target: "/echo?gateway-echo=fail:503:1,nonce:a",
      headers: [
        ["X-Test", "1"],
        ["X-Test", "2"],
      ],
    });
    assert.equal(answer.status, 503);
    const echo = echoOf(
      await send({
        target: "/echo?gateway-echo=fail:503:1,nonce:a",
        headers: [
          ["X-Test", "1"],
          ["X-Test", "2"],
        ],
      }),
    );
    assert.ok(echo);
    assert.equal(echo.attempt, 2);
    assert.equal(echo.received["/echo"], 2);
    assert.deepEqual(echoHeader(echo, "x-test"), ["1", "2"]);
    assert.deepEqual(echo.tls, { serverName: "localhost", clientNames: [GATEWAY] });
  });

  it("do not start without their certificates", () => {
    assert.throws(() => tlsFilesFromEnvironment({}), {
      message: "TLS_ALLOWED_CALLERS is not set; the gateway sets it for its services",
    });
    assert.throws(() => tlsFilesFromEnvironment({ TLS_ALLOWED_CALLERS: "a" }), {
      message: "TLS_CERT_FILE is not set; the gateway sets it for its services",
    });
  });
});
