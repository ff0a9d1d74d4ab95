import assert from "node:assert/strict";
import type { Materials } from "../../../components/backends/local/envoy/materials.ts";
import { filePaths, renderBootstrap, renderFiles, writeOrder } from "../../../components/backends/local/envoy/render.ts";
import { REMOVABLE, removeControl } from "../../support/live/mutations.ts";
import { modelOf } from "../../support/live-gateway.ts";
import { localModel } from "./support.ts";

const OPTIONS = { folder: "", publicRoots: { pem: "ROOTS" } };
const KEY = "secret-api-key-of-acme".padEnd(43, "*");
const materials: Materials = {
  front: { chain: "FRONT-CHAIN", privateKey: "FRONT-KEY" },
  authority: "AUTHORITY",
  gateway: { chain: "GATEWAY-CHAIN", privateKey: "GATEWAY-KEY" },
  clients: { one: { chain: "CLIENT-CHAIN", privateKey: "CLIENT-KEY" } },
  apiKeys: { acme: [KEY] },
};

const document = {
  consumers: { acme: {} },
  jwt: { providers: { login: { issuer: "https://login.test", audiences: ["api"], jwksUri: "https://login.test/keys" } } },
  routes: {
    key: { path: "/key", methods: ["GET"], backend: "one", require: [{ apiKey: true }] },
    token: { path: "/token", methods: ["GET"], backend: "one", require: [{ jwt: "login" }] },
  },
};

describe("rendering Envoy's configuration", () => {
  it("keeps private keys in files of their own, and API keys out of all of them", async () => {
    const model = await localModel(document);
    const files = renderFiles(model, materials, OPTIONS);
    const everything = Object.values(files).join() + renderBootstrap(model, OPTIONS);
    assert.equal(everything.includes(KEY), false);
    const holding = Object.keys(files).filter((path) => files[path]?.includes("-KEY"));
    assert.deepEqual(holding, ["config/secrets/front.json"]);
  });

  it("knows its files before it knows what is in them", async () => {
    for (const changes of [
      {},
      document,
      { backends: { one: { url: "https://one.test", tls: { trust: "internal", clientCertificate: "internal" } } } },
      { tls: { certificate: { source: "internal" } } },
    ]) {
      const model = await localModel(changes);
      assert.deepEqual(Object.keys(renderFiles(model, materials, OPTIONS)).sort(), filePaths(model, OPTIONS).sort());
    }
  });

  it("writes what others refer to first: secrets, backends, listeners, routes", () => {
    const files = ["config/routes.json", "config/listeners.json", "config/secrets/front.json", "config/clusters.json"];
    assert.deepEqual(
      writeOrder(files),
      [...files].reverse().sort((a, b) => rank(a) - rank(b)),
    );
  });

  it("gives the same text for the same document, whatever the order in it", async () => {
    const { key, token } = document.routes;
    const texts = await Promise.all(
      [document, { ...document, routes: { token, key } }].map(async (changes) =>
        renderFiles(await localModel(changes), materials, OPTIONS),
      ),
    );
    assert.deepEqual(texts[0], texts[1]);
  });

  it("keeps token keys for less than ten minutes, and takes no answer without them", async () => {
    const { "config/listeners.json": listeners = "" } = renderFiles(await localModel(document), materials, OPTIONS);
    const { cache_duration } =
      /"remote_jwks":(\{.*?\}\})/.exec(listeners)?.[1]?.match(/"cache_duration":"(?<cache_duration>\d+)s"/)?.groups ?? {};
    assert.ok(Number(cache_duration) > 0 && Number(cache_duration) <= 600, String(cache_duration));
    assert.equal(listeners.includes("allow_missing"), false);
  });

  it("needs a material it was not given and says which", async () => {
    const model = await localModel({ backends: { one: { url: "https://one.test", tls: { trust: "internal" } } } });
    assert.throws(() => renderFiles(model, { ...materials, authority: undefined } as unknown as Materials, OPTIONS), {
      message: "the local backend has not provided the internal authority",
    });
  });

  it("grows by the routes and nothing else", async () => {
    const size = async (count: number) => {
      const route = (index: number) => ({ path: `/thing-${index}`, methods: ["GET"], backend: "one", public: true });
      const routes = Object.fromEntries(Array.from({ length: count }, (_, index) => [`r${index}`, route(index)]));
      const model = await modelOf({ name: "many", hostname: "api.test", backends: { one: { url: "https://one.test" } }, routes });
      const files = renderFiles(model, materials, OPTIONS);
      return {
        names: Object.keys(files),
        routes: files["config/routes.json"]?.length ?? 0,
        listeners: files["config/listeners.json"]?.length,
      };
    };
    const [few, many] = [await size(10), await size(1000)];
    assert.deepEqual(many.names, few.names);
    assert.equal(many.listeners, few.listeners);
    assert.ok(many.routes < few.routes * 110, `${few.routes} → ${many.routes}`);
  });
});

describe("taking controls out of a configuration", () => {
  it("refuses to take out what is not there", async () => {
    const model = await localModel();
    const config = { bootstrap: renderBootstrap(model, OPTIONS), files: renderFiles(model, materials, OPTIONS) };
    assert.throws(() => removeControl(config, "plan.quota", model), {
      message: "nothing in this configuration keeps the control plan.quota",
    });
    const without = removeControl(config, "tls.version", model);
    assert.notDeepEqual(without, config);
    assert.deepEqual(Object.keys(without.files).sort(), Object.keys(config.files).sort());
    assert.ok(REMOVABLE.length > 60);
  });
});

const rank = (path: string) => ["secrets", "clusters", "listeners", "routes"].findIndex((part) => path.includes(part));
