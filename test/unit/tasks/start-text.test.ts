import assert from "node:assert/strict";
import { type Proof, startText } from "../../../tools/tasks/start-text.ts";

const PROOF: Proof = {
  passed: 3,
  failed: 0,
  skipped: 1,
  probes: [
    { control: "cors", result: "passed", attack: false },
    { control: "jwt", result: "passed", attack: true },
    { control: "jwt", result: "passed", attack: true },
    { control: "waf", result: "skipped", attack: true },
  ],
};

describe("the last words of npm start", () => {
  const text = (proof: Proof) =>
    startText({ stack: "local", url: "https://shop.localhost:8443", authority: ".gateway/local/authority.pem", proof });

  it("says where the gateway is, what is proven and how to call it", () => {
    const lines = text(PROOF).split("\n");
    assert.deepEqual(lines.slice(0, 8), [
      "",
      "url        https://shop.localhost:8443",
      "authority  .gateway/local/authority.pem",
      "proof      3 probes passed, 2 of them attacks, for 2 controls, 1 skipped (each with its reason above)",
      "",
      "Call it:",
      "  curl --cacert .gateway/local/authority.pem https://shop.localhost:8443/products",
      '  curl --cacert .gateway/local/authority.pem -H "authorization: Bearer $(npx gateway token -s local --scope orders.read)" https://shop.localhost:8443/orders',
    ]);
  });

  it("does not call a gateway proven that is not", () => {
    assert.match(text({ ...PROOF, failed: 2, skipped: 0 }), /\nproof {6}NOT PROVEN: 2 of 5 probes failed\n/);
  });
});
