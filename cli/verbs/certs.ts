import type { CertificateEntry } from "../../automation/certificates.ts";
import type { Answer, Verb } from "../command-line.ts";
import { openStack, withStack } from "../stack.ts";
import { columns, count, type Stylist, stylist } from "../text/style.ts";

export const certs: Verb = {
  name: "certs",
  declare: (command) =>
    withStack(
      command.description("Every certificate of the stack: names, chain, days left. The answer is no when one has expired or is about to."),
    ),
  async run(line, options): Promise<Answer> {
    const { readCertificates } = await import("../../automation/certificates.ts");
    const certificates = await readCertificates(await openStack(line, options));
    const urgent = certificates.filter(({ state }) => state === "expired" || state === "alarm");
    const ok = urgent.length === 0;
    const style = stylist(line.streams.stdout);
    const head = ok
      ? `${style.green("✓")} ${count(certificates.length, "certificate")}, none about to expire`
      : `${style.red("✗")} ${urgent.length} of ${count(certificates.length, "certificate")} expired or about to: run \`npx gateway up -s ${options.stack}\`, which renews what the stack issues itself`;
    return { ok, document: { ok, certificates }, text: [head, ...certificates.flatMap((entry) => entryLines(entry, style))].join("\n") };
  },
};

function entryLines(entry: CertificateEntry, style: Stylist): string[] {
  const { resource, subject, names, issuer, chain, notAfter, daysLeft, state, authority } = entry;
  const colour = { valid: style.green, warning: style.yellow, alarm: style.red, expired: style.red, unknown: style.dim }[state];
  const left = daysLeft === undefined ? "known to the cloud only" : `${daysLeft} days left (${notAfter})`;
  return [
    `${style.bold(resource)}  ${colour(state)}, ${left}`,
    ...columns(
      [
        [authority ? "authority" : "subject", subject],
        ...(names.length === 0 ? [] : [["names", names.join(", ")]]),
        ["issuer", issuer],
        ...(chain.length === 0 ? [] : [["chain", chain.join(" ← ")]]),
      ].filter(([, value]) => value !== ""),
    ),
  ];
}
