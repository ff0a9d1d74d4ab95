import assert from "node:assert/strict";
import { judge } from "../../../components/backends/judge.ts";
import { localFindings } from "../../../components/backends/local/findings.ts";
import { TestAuthority } from "../../support/live/certificates.ts";
import { localModel } from "./support.ts";

const DAY = 86_400_000;
const faults = async (changes: Record<string, unknown>) =>
  judge("local", await localModel(changes)).faults.map(({ path, message }) => `${path}: ${message}`);
const findings = async (changes: Record<string, unknown>) =>
  localFindings(await localModel(changes)).map(({ id, path }) => `${id} at ${path}`);

const jwt = (more: object) => ({
  jwt: { providers: { login: { issuer: "https://login.test", audiences: ["api"], ...more } } },
  routes: { hello: { path: "/hello", methods: ["GET"], backend: "one", require: [{ jwt: "login" }] } },
});

describe("faults of the local backend", () => {
  it("has none for a small document", async () => {
    assert.deepEqual(await faults({}), []);
    assert.deepEqual(await findings({}), []);
  });

  it("wants names of services that can be names of folders", async () => {
    const service = { command: ["node", "x.ts"], port: 9000 };
    assert.deepEqual(await faults({ local: { services: { Orders: service, orders: { ...service, port: 9001 } } } }), [
      'local.services.Orders: "Orders" cannot be the name of a service',
    ]);
  });

  it("refuses an imported certificate that has ended or is for another name, and leaves one that soon ends to the findings of every cloud", async () => {
    const authority = await TestAuthority.create();
    const imported = async (dnsName: string, days: number) => {
      const notAfter = new Date(Date.now() + days * DAY);
      const { chain } = await authority.issue({ dnsNames: [dnsName], notBefore: new Date(Date.now() - 60 * DAY), notAfter });
      return { tls: { certificate: { source: "imported", fullchain: `${chain}\n${authority.root}`, privateKey: { secret: "key" } } } };
    };
    assert.deepEqual(await faults(await imported("api.test", 60)), []);
    assert.deepEqual(await findings(await imported("api.test", 60)), []);
    assert.deepEqual(await findings(await imported("api.test", 20)), []);
    const outcome = async (dnsName: string, days: number): Promise<string[]> => {
      try {
        return await faults(await imported(dnsName, days));
      } catch (error) {
        return [String(error)];
      }
    };
    for (const [dnsName, days] of [
      ["api.test", -1],
      ["other.test", 60],
    ] as const) {
      const found = await outcome(dnsName, days);
      assert.equal(found.length, 1);
      assert.match(found[0] ?? "", /tls\.certificate\.fullchain/);
    }
  });

  it("wants a service that publishes the keys of the stack's own issuer", async () => {
    const local = { issuer: { provider: "login" }, services: { issuer: { command: ["node", "x.ts"], port: 9443 } } };
    assert.deepEqual(await faults({ ...jwt({ jwksUri: "https://localhost:9443/keys", jwksTls: { trust: "internal" } }), local }), []);
    assert.deepEqual(await faults({ ...jwt({ jwksUri: "https://login.test/keys" }), local }), [
      "jwt.providers.login.jwksUri: no service of this stack publishes the keys: none listens where https://login.test/keys leads",
    ]);
    assert.deepEqual(await faults({ ...jwt({ jwksUri: "https://localhost:9443/keys", algorithms: ["PS256"] }), local }), [
      "jwt.providers.login.algorithms: the stack's own issuer signs with RS256 or ES256, and this provider accepts neither",
    ]);
  });
});

describe("findings of the local backend", () => {
  it("names what a reader must know", async () => {
    assert.deepEqual(
      await findings({
        clientIp: { trustedHops: 1 },
        rateLimit: { requests: 5, per: "second" },
        consumers: { acme: {} },
        backends: { one: { url: "https://one.test", tls: { trust: "unverified", reason: "replaced next week by the new one" } } },
        routes: { hello: { path: "/hello", methods: ["GET"], backend: "one", require: [{ apiKey: true }] } },
      }),
      [
        "backend-unverified at backends.one.tls.trust",
        "api-key-alone at routes.hello.require",
        "limits-per-host at rateLimit",
        "trusted-proxies at clientIp.trustedHops",
      ],
    );
  });
});
