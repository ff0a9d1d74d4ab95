// The API written by hand as a process: it runs against an engine that only answers.
import * as pulumi from "@pulumi/pulumi";
import { byHand } from "./by-hand.ts";

let made = 0;
await pulumi.runtime.setMocks(
  {
    newResource: ({ name, inputs }) => {
      made++;
      return { id: `${name}-id`, state: { ...inputs, rootResourceId: "root", executionArn: "arn", arn: "arn" } };
    },
    call: ({ inputs }) => inputs,
  },
  "bench",
  "bench",
  true,
);

const count = Number(process.argv[2]);
await pulumi.runtime.runInPulumiStack(async () => byHand(count));
await pulumi.runtime.disconnect();
process.stdout.write(JSON.stringify({ resources: made }));
