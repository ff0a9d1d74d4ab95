import assert from "node:assert/strict";
import { vaultName } from "../../../../components/pki/distribution/key-vault.ts";

describe("the resource name of a Key Vault", () => {
  const RANDOM_DIGITS = 8;

  it("is the gateway's with what it is for, while there is room", () => {
    assert.equal(vaultName("shop-gateway1", "kv"), "shop-gateway1-kv");
    assert.equal(vaultName("shop-gateway", "svc"), "shop-gateway-svc");
  });

  it("tells long names that begin alike apart, and leaves the provider room for its digits", () => {
    const gateways = ["shop-gateway-internal", "shop-gateway-external", "shop-gateway-internal-2", "shop-----gateway-long"];
    const names = gateways.flatMap((gateway) => [vaultName(gateway, "kv"), vaultName(gateway, "svc")]);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) {
      assert.ok(name.length + RANDOM_DIGITS <= 24, name);
      assert.match(name, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    }
  });
});
