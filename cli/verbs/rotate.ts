import type { Operation } from "../../automation/operation.ts";
import type { RotationPlan, RotationResult } from "../../automation/rotation/rotate.ts";
import { ROTATIONS, type Rotation } from "../../automation/rotation/steps.ts";
import { type Answer, type CommandLine, UsageError, type Verb } from "../command-line.ts";
import { openStack, stackName, withStack } from "../stack.ts";
import { ProgressLines } from "../text/progress.ts";
import { type Stylist, stylist } from "../text/style.ts";

export const rotate: Verb = {
  name: "rotate",
  declare: (command) =>
    withStack(
      command.description(
        "Replace certificates, keys, the intermediate or the root, step by step and without an outage. Run again, it goes on where it stopped.",
      ),
    )
      .option("--what <what>", `what is replaced: ${ROTATIONS.join(", ")}`)
      .option("--plan", "only say which steps there are, and which is next")
      .option("--clients-ready", "everybody who connects to the gateway trusts the announced root by now"),
  async run(line, options): Promise<Answer> {
    const stack = stackName(line, options);
    const what = ROTATIONS.find((known) => known === options.what);
    if (what === undefined)
      throw new UsageError(
        options.what === undefined ? "--what is missing" : `--what is ${JSON.stringify(options.what)}`,
        `give one of ${ROTATIONS.join(", ")}`,
      );
    const { planRotation } = await import("../../automation/rotation/rotate.ts");
    const style = stylist(line.streams.stdout);
    if (options.plan === true) {
      const plan = await planRotation({ project: line.project, stack, what });
      return { ok: true, document: { ok: true, stack, ...documentOf(plan) }, text: stepLines(plan, style).join("\n") };
    }
    const result = await perform(line, stack, what, options);
    return { ok: true, document: { ok: true, stack, ...documentOf(result) }, text: resultText(result, stack, style) };
  },
};

async function perform(
  line: CommandLine,
  stack: string,
  what: Rotation,
  options: Readonly<Record<string, unknown>>,
): Promise<RotationResult> {
  const { readStackFile, settingsOf } = await import("../../automation/stack-file.ts");
  const { cloud } = settingsOf(line.project, readStackFile(line.project, stack));
  const { engine } = await openStack(line, options);
  if (cloud === "local") await line.envoy();
  const automation = await import("../../automation/rotation/rotate.ts");
  const progress = new ProgressLines(line.streams.stderr, false);
  let current: Operation | undefined;
  const stop = () => {
    line.note("Stopping after what is being worked on; run the same command again to go on.");
    current?.cancel();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    return await automation.rotate({
      project: line.project,
      stack,
      what,
      engine,
      clientsReady: options.clientsReady === true,
      onStep: (number, { title }) => line.note(`Step ${number}: ${title}`),
      onEvent: (event) => progress.show(event),
      onOperation: (operation) => {
        current = operation;
      },
    });
  } finally {
    progress.close();
    for (const signal of signals) process.removeListener(signal, stop);
  }
}

const documentOf = ({ what, steps, done, resumed, waiting }: RotationResult | (RotationPlan & { waiting?: undefined })) => ({
  what,
  done,
  resumed,
  steps: steps.map(({ title }, index) => ({ title, state: index < done ? "done" : index === done ? "next" : "later" })),
  ...(waiting === undefined ? {} : { waiting }),
});

function resultText(result: RotationResult, stack: string, style: Stylist): string {
  const { what, steps, waiting, done } = result;
  if (waiting === undefined) return `${style.green("✓")} ${what} rotated in ${steps.length} ${steps.length === 1 ? "step" : "steps"}`;
  return [
    `${style.yellow("…")} ${done} of ${steps.length} steps done; before it goes on, ${waiting}`,
    `Then run \`npx gateway rotate -s ${stack} --what ${what} --clients-ready\``,
    ...stepLines(result, style),
  ].join("\n");
}

const stepLines = ({ steps, done }: RotationPlan, style: Stylist): string[] =>
  steps.flatMap(({ title, before }, index) => [
    `${index < done ? style.green("✓") : index === done ? "→" : " "} ${index + 1}. ${title}`,
    ...(before === undefined ? [] : [`     then ${before}`]),
  ]);
