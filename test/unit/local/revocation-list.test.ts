import assert from "node:assert/strict";
import type { Materials } from "../../../components/backends/local/envoy/materials.ts";
import { renderFiles } from "../../../components/backends/local/envoy/render.ts";
import { revocationListUri } from "../../../components/backends/local/revocation-list.ts";
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
});
