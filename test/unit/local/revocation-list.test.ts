import assert from "node:assert/strict";
import type { Materials } from "../../../components/backends/local/envoy/materials.ts";
import { renderFiles } from "../../../components/backends/local/envoy/render.ts";
import { revocationListUri, rootRevocationListUri } from "../../../components/backends/local/revocation-list.ts";
import { localModel } from "./support.ts";

const materials: Materials = {
  front: { chain: "CHAIN", privateKey: "KEY" },
  authority: "AUTHORITY",
  revocationList: "-----BEGIN X509 CRL-----\nTElT\nVA==\n-----END X509 CRL-----\n",
  clients: {},
  apiKeys: {},
};
const listenersOf = async (changes: Record<string, unknown>) =>
  renderFiles(await localModel(changes), materials, { folder: "", publicRoots: { pem: "ROOTS" } })["config/listeners.json"] ?? "";

describe("the authority's revocation list", () => {
  it("is where the certificate says, on the port of plain HTTP", async () => {
    assert.equal(revocationListUri(await localModel()), "http://api.test:8080/.well-known/gateway-authority.crl");
    assert.equal(revocationListUri(await localModel({ local: { httpPort: 80 } })), "http://api.test/.well-known/gateway-authority.crl");
    const listeners = await listenersOf({});
    assert.match(
      listeners,
      /"match":\{"path":"\/\.well-known\/gateway-authority\.crl"\},"direct_response":\{"status":200,"body":\{"inline_bytes":"TElTVA=="\}\}/,
    );
  });

  it("is nowhere when plain HTTP is closed", async () => {
    assert.equal(revocationListUri(await localModel({ http: "refuse" })), undefined);
    assert.equal((await listenersOf({ http: "refuse" })).includes("gateway-authority"), false);
  });

  it("has the root's next to it where an intermediate signs", async () => {
    const internal = { authority: { intermediate: {} } };
    assert.equal(rootRevocationListUri(await localModel()), undefined);
    assert.equal(rootRevocationListUri(await localModel({ internal })), "http://api.test:8080/.well-known/gateway-root.crl");
    const options = { folder: "", publicRoots: { pem: "ROOTS" } };
    const rootRevocationList = materials.revocationList?.replace("TElT", "Uk9P") ?? "";
    const files = renderFiles(await localModel({ internal }), { ...materials, rootRevocationList }, options);
    assert.match(
      files["config/listeners.json"] ?? "",
      /"path":"\/\.well-known\/gateway-root\.crl"\},"direct_response":\{"status":200,"body":\{"inline_bytes":"Uk9PVA=="\}\}/,
    );
    assert.equal((await listenersOf({})).includes("gateway-root"), false);
  });
});

describe("the challenges of an ACME authority", () => {
  const acme = { tls: { certificate: { source: "acme", email: "ops@example.com" } } };

  it("lead from the port of plain HTTP to the agent, and only with source: acme", async () => {
    const rendered = async (changes: Record<string, unknown>) =>
      renderFiles(await localModel(changes), { ...materials, front: undefined } as unknown as Materials, {
        folder: "",
        publicRoots: { pem: "ROOTS" },
      });
    const files = await rendered(acme);
    assert.match(
      files["config/listeners.json"] ?? "",
      /"match":\{"safe_regex":\{"regex":"\/\\\\\.well-known\/acme-challenge\/\[A-Za-z0-9_-\]\{1,128\}"\}.*?"route":\{"cluster":"acme-challenges"/,
    );
    assert.match(files["config/clusters.json"] ?? "", /"acme-challenges".*?"pipe":\{"path":"run\/acme\.sock"\}/);
    assert.match(files["config/listeners.json"] ?? "", /"path_config_source":\{"path":"acme\/front\.json"\}/);
    assert.equal("config/secrets/front.json" in files, false);
    assert.equal((await listenersOf({})).includes("acme"), false);
  });
});
