import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Provider } from "@pulumi/aws/provider.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { after, before, describe, it } from "mocha";
import { changed, Lab } from "../../support/engine.ts";

const REGION = { "aws:region": { value: "eu-central-1" } };

describe("engine against the simulator: plugins", function () {
  this.timeout(120_000);
  const program = async () => {
    const key = new PrivateKey("key", { algorithm: "ED25519" });
    const here = new LogGroup("here", {});
    const there = new LogGroup("there", {}, { provider: new Provider("global", { region: "us-east-1" }) });
    return { key: key.publicKeyPem, here: here.arn, there: there.arn };
  };

  for (const inProcess of [true, false]) {
    describe(inProcess ? "served by the test" : "as processes of their own", () => {
      let lab: Lab;
      before(async () => {
        lab = await Lab.open({ inProcess, packages: ["aws", "tls"] });
      });
      after(() => lab?.close());

      it("keeps instances of one provider apart, and leaves no process behind", async () => {
        const stack = await lab.stack("test", REGION);
        const run = await stack.up(program);
        assert.equal(changed(run).length, 3);
        assert.match(String(run.outputs.here), /^arn:aws:logs:eu-central-1:/);
        assert.match(String(run.outputs.there), /^arn:aws:logs:us-east-1:/);
        assert.deepEqual(changed(await stack.up(program)), []);
        await stack.destroy();
        assert.deepEqual(lab.cloud.everything(), []);
        assert.deepEqual(processesOf(lab.folder), []);
      });
    });
  }
});

/** Processes whose environment or arguments name a folder. */
function processesOf(folder: string): string[] {
  const lines = execFileSync("ps", ["axeww", "-o", "pid=,command="], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }).split("\n");
  return lines.filter((line) => line.includes(folder) && !/\bps axeww\b/.test(line)).map((line) => line.slice(0, 120));
}
