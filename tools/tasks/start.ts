import { dirname, join, relative } from "node:path";
import { openProject } from "../../automation/project.ts";
import type { Streams } from "../../cli/command-line.ts";
import { main } from "../../cli/main.ts";
import { ensureEnvoy } from "../setup/envoy.ts";
import { duration, say } from "../setup/progress.mjs";
import { ensurePulumi } from "../setup/pulumi.ts";
import { type Proof, startText } from "./start-text.ts";

const STACK = "local";

/** Brings the example gateway up on this machine and proves it. Safe to repeat: what is there is left alone. */
export async function start(root: string): Promise<number> {
  const began = Date.now();
  const engine = await ensurePulumi(root);
  await ensureEnvoy(root);
  const streams = { root, stdout: process.stdout, stderr: process.stderr };
  say("Bringing up the example shop (gateways/shop.yaml, stack local) on this machine");
  const up = await main(["up", "-s", STACK], streams);
  if (up !== 0) return up;
  say("Proving it: live probes for every control the document asks for (under a minute)");
  const proof = await prove(streams);
  if (proof === undefined) return 1;

  const { readOutputs } = await import("../../automation/outputs.ts");
  const { url } = (await readOutputs({ project: openProject(root), stack: STACK, engine })) as { url: string };
  process.stdout.write(startText({ stack: STACK, url, authority: relative(process.cwd(), await authorityFile(root)), proof }));
  say(`Ready in ${duration(Date.now() - began)}.`);
  return proof.failed === 0 && proof.passed > 0 ? 0 : 1;
}

/** Where the gateway keeps the authority to trust: in its own folder, so that it goes with the gateway. */
async function authorityFile(root: string): Promise<string> {
  const [{ readStackFile, settingsOf }, { overlaysOf }, { loadDocument }, { stateDirectoryOf }, { FILES }] = await Promise.all([
    import("../../automation/stack-file.ts"),
    import("../../components/stack-settings.ts"),
    import("../../components/spec/load.ts"),
    import("../../components/backends/local/state-directory.ts"),
    import("../../components/backends/local/envoy/layout.ts"),
  ]);
  const project = openProject(root);
  const settings = settingsOf(project, readStackFile(project, STACK));
  const { model } = await loadDocument({ file: settings.document, overlays: overlaysOf(settings, STACK) });
  if (model === undefined) throw new Error(`${settings.document} was changed while the gateway was brought up: run npm start again`);
  return join(stateDirectoryOf(model, dirname(settings.document), STACK), FILES.authority);
}

/** Runs `gateway verify`, shows its report, and answers with what it counted; undefined when it could not run. */
async function prove(streams: Streams): Promise<Proof | undefined> {
  let answer = "";
  const stdout = {
    write: (text: string) => {
      answer += text;
    },
  };
  await main(["verify", "-s", STACK, "--json"], { ...streams, stdout });
  const report = JSON.parse(answer);
  if (report.error !== undefined) {
    say(`error: ${report.error.message}\nWhat to do: ${report.error.remedy}.`);
    return undefined;
  }
  const { textReport } = await import("../../verify/report/text.ts");
  streams.stdout.write(textReport(report, { colour: streams.stdout.isTTY === true && !process.env.NO_COLOR }));
  return report;
}
