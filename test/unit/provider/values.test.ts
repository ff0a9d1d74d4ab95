import assert from "node:assert/strict";
import { decode, encode, hasUnknown, UNKNOWN } from "../../../providers/local/rpc/values.ts";
import { secretOnWire, UNKNOWN_ON_WIRE } from "./support/provider.ts";

describe("provider: values on the wire", () => {
  it("takes the marks off and remembers where secrets were", () => {
    const decoded = decode({ plain: 1, key: secretOnWire("s"), deep: { list: [secretOnWire({ a: 1 }), UNKNOWN_ON_WIRE] } });
    assert.deepEqual(decoded.values, { plain: 1, key: "s", deep: { list: [{ a: 1 }, UNKNOWN] } });
    assert.deepEqual(decoded.secrets, [["key"], ["deep", "list", "0"]]);
    assert.equal(hasUnknown(decoded.values), true);
  });

  it("finds an unknown inside a secret", () => {
    const decoded = decode({ key: secretOnWire(UNKNOWN_ON_WIRE) });
    assert.equal(decoded.values.key, UNKNOWN);
    assert.deepEqual(decoded.secrets, [["key"]]);
  });

  it("puts the marks back on, one mark per secret however deep", () => {
    const values = { services: { a: { files: { "key.pem": "k" }, port: 1 } }, top: { x: UNKNOWN }, gone: undefined };
    assert.deepEqual(encode(values, [["services", "*", "files"], ["services", "a", "files", "key.pem"], ["top"], ["absent"]]), {
      services: { a: { files: secretOnWire({ "key.pem": "k" }), port: 1 } },
      top: secretOnWire({ x: UNKNOWN_ON_WIRE }),
    });
  });

  it("reads no properties as none", () => {
    assert.deepEqual(decode(undefined), { values: {}, secrets: [] });
  });
});
