import { main } from "../../cli/main.ts";
import { ensureEnvoy } from "../setup/envoy.ts";
import { say } from "../setup/progress.mjs";
import { ensurePulumi } from "../setup/pulumi.ts";

const STACK = "local";

/** Brings the example gateway up on this machine and proves it. Safe to repeat: what is there is left alone. */
export async function start(root: string): Promise<number> {
  await ensurePulumi(root);
  await ensureEnvoy(root);
  const streams = { root, stdout: process.stdout, stderr: process.stderr };
  say("Bringing up the example gateway (gateways/shop.yaml, stack local) on this machine");
  const up = await main(["up", "-s", STACK], streams);
  if (up !== 0) return up;
  say("Proving it with live probes");
  const verified = await main(["verify", "-s", STACK], streams);
  if (verified !== 0) return verified;
  process.stdout.write(
    [
      "",
      "Next:",
      `  npx gateway outputs -s ${STACK}                       where it is, API keys masked`,
      `  npx gateway token -s ${STACK} --scope orders.read     a token to call it with`,
      `  npx gateway plan -f gateways/shop.yaml --cloud aws  the same document on a cloud`,
      `  npx gateway destroy -s ${STACK}                       stop it and remove everything it made`,
      "",
    ].join("\n"),
  );
  return 0;
}
