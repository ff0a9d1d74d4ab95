import { noGateway } from "../../automation/errors.ts";
import { isRecord } from "../../automation/project.ts";
import { type Answer, UsageError, type Verb } from "../command-line.ts";
import { openStack, withStack } from "../stack.ts";
import { columns } from "../text/style.ts";

export const outputs: Verb = {
  name: "outputs",
  declare: (command) =>
    withStack(command)
      .description("The stack's outputs: url, hostname, certificate, DNS records, controls, API keys.")
      .argument("[path]", "one value, such as `url` or `certificate.caCertificate`")
      .option("--show-secrets", "decrypt API keys and the like instead of masking them"),
  async run(line, options, [path]): Promise<Answer> {
    const { readOutputs } = await import("../../automation/outputs.ts");
    const opened = await openStack(line, options);
    const all = await readOutputs({ ...opened, showSecrets: options.showSecrets === true });
    if (Object.keys(all).length === 0) {
      const { message, remedy } = noGateway(opened.stack);
      return { ok: true, document: all, text: `${message}; ${remedy}` };
    }
    if (path === undefined)
      return {
        ok: true,
        document: all,
        text: columns(
          Object.entries(all).map(([name, value]) => [name, shown(value)]),
          "",
        ).join("\n"),
      };
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (isRecord(at) || Array.isArray(at) ? (at as Record<string, unknown>)[key] : undefined), all);
    if (value === undefined)
      throw new UsageError(`there is no output ${JSON.stringify(path)}`, `choose one of ${Object.keys(all).join(", ")}`);
    return { ok: true, document: value, text: shown(value) };
  },
};

const shown = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
