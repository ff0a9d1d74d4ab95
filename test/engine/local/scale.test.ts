import assert from "node:assert/strict";
import { call } from "../../support/live/client.ts";
import { Lab, type LabGateway } from "./support/lab.ts";

/** Routes of several forms, each with something of its own. */
const routes = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `route-${index}`,
      {
        path: `/area-${index % 50}/things-${index}${index % 3 === 0 ? "/{id}" : ""}`,
        methods: ["GET"],
        backend: "catalog",
        public: true,
        rewrite: { path: "/products" },
        ...(index % 5 === 0 ? { rateLimit: { requests: 100, per: "second", key: "clientIp" } } : {}),
      },
    ]),
  );

describe("a thousand routes on this machine", function () {
  this.timeout(120_000);
  let lab: Lab;
  let gateway: LabGateway;
  before(async () => {
    lab = await Lab.open();
    gateway = await lab.gateway("one");
  });
  after(() => lab.close());

  it("are as many resources as ten, and are served", async () => {
    const { changes: ten } = await gateway.up({ routes: routes(10) });
    const { changes: thousand } = await gateway.up({ routes: routes(1000) });
    assert.deepEqual(ten, { create: 7 });
    assert.deepEqual(thousand, { same: 6, update: 1 });
    const at = await gateway.address();
    assert.equal((await call(at, "/area-49/things-999/some")).status, 200);
    assert.equal((await call(at, "/area-48/things-998")).status, 200);
    assert.equal((await call(at, "/area-0/things-1000")).status, 404);
    assert.deepEqual((await gateway.up({ routes: routes(1000) })).changes, { same: 7 });
  });
});
