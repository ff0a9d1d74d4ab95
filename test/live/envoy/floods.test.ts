import assert from "node:assert/strict";
import { connect as connectHttp2, type Settings } from "node:http2";
import { connect, type TLSSocket } from "node:tls";
import { statusOf } from "../../support/live/client.ts";
import { removeControl } from "../../support/live/mutations.ts";
import { type LiveGateway, startGateway } from "../../support/live-gateway.ts";

const DOCUMENT = {
  name: "floods",
  hostname: "api.test",
  tls: { certificate: { source: "internal" } },
  backends: { nobody: { url: "https://127.0.0.1:9", tls: { trust: "internal" } } },
  routes: { hello: { path: "/hello", methods: ["GET"], backend: "nobody", public: true } },
  local: { maxConnections: 16 },
};

describe("Envoy withstands floods", () => {
  let gateway: LiveGateway;
  let open: LiveGateway;

  before(async () => {
    [gateway, open] = await Promise.all([
      startGateway(DOCUMENT),
      startGateway(DOCUMENT, { edit: (config, model) => removeControl(config, "ddos.standard", model) }),
    ]);
  });
  after(() => Promise.all([gateway?.stop(), open?.stop()]));

  it("takes the declared number of connections and no more; its health can still be seen", async () => {
    assert.equal(await connections(gateway, 20), 16);
    assert.equal(await connections(open, 20), 20);
  });

  it("does not wait longer than 10 seconds for the headers of a request", async () => {
    const slow = (of: LiveGateway) => of.raw("GET /hello HTTP/1.1\r\nhost: api.test\r\nx-slow: ", { silenceMs: 12_000 });
    const [limited, patient] = await Promise.all([slow(gateway), slow(open)]);
    assert.equal(statusOf(limited), 408);
    assert.equal(statusOf(patient), 0);
  }).timeout(20_000);

  it("lets a client have 100 streams at a time on a connection", async () => {
    assert.equal((await settings(gateway)).maxConcurrentStreams, 100);
  });
});

/** How many of `count` connections at the same time get a handshake. */
async function connections(gateway: LiveGateway, count: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: count }, () => handshake(gateway)));
  try {
    const health = await fetch(`http://127.0.0.1:${gateway.adminPort}/ready`);
    assert.equal(health.status, 200);
    return sockets.filter((socket) => socket !== undefined).length;
  } finally {
    for (const socket of sockets) socket?.destroy();
  }
}

function handshake({ address, port, hostname, ca }: LiveGateway): Promise<TLSSocket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, servername: hostname, ca });
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
    socket.once("close", () => resolve(undefined));
  });
}

function settings({ address, port, hostname, ca }: LiveGateway): Promise<Settings> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`https://${hostname}`, {
      createConnection: () => connect({ host: address, port, servername: hostname, ca, ALPNProtocols: ["h2"] }),
    });
    session.once("error", reject);
    session.once("remoteSettings", (received) => {
      session.close();
      resolve(received);
    });
  });
}
