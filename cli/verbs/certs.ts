import type { CertificateEntry } from "../../automation/certificates.ts";
import { type Answer, UsageError, type Verb } from "../command-line.ts";
import { openStack, withStack } from "../stack.ts";
import { columns, count, type Stylist, stylist } from "../text/style.ts";

const MOST_DAYS = 3650;

export const certs: Verb = {
  name: "certs",
  declare: (command) =>
    withStack(
      command.description(
        "Every certificate of the stack: names, chain, days left, what renews it, what needs it. The answer is no when one has expired or is about to.",
      ),
    ).option(
      "--warn-days <days>",
      "days before the end from which the answer is no; in proportion for certificates that live under 90 days",
      "30",
    ),
  async run(line, options): Promise<Answer> {
    const warnDays = Number(options.warnDays);
    if (!Number.isInteger(warnDays) || warnDays < 0 || warnDays > MOST_DAYS || String(options.warnDays).trim() === "")
      throw new UsageError(`--warn-days is ${JSON.stringify(options.warnDays)}`, `give 0 to ${MOST_DAYS} days`);
    const { readCertificates } = await import("../../automation/certificates.ts");
    return answer(
      await readCertificates({ ...(await openStack(line, options)), warnDays }),
      String(options.stack),
      stylist(line.streams.stdout),
    );
  },
};

/** The answer for the certificates found, which is no when one needs attention. */
export function answer(certificates: readonly CertificateEntry[], stack: string, style: Stylist): Answer {
  const urgent = certificates.filter(({ state }) => state !== "valid" && state !== "unknown");
  const ok = urgent.length === 0;
  const head = ok
    ? `${style.green("✓")} ${count(certificates.length, "certificate")}, none about to expire`
    : `${style.red("✗")} ${urgent.length} of ${count(certificates.length, "certificate")} expired or about to: ${remedy(urgent, stack)}`;
  return { ok, document: { ok, certificates }, text: [head, ...certificates.flatMap((entry) => entryLines(entry, style))].join("\n") };
}

/** What to do about the certificates that end: those the stack renews need an `up`, the others somebody who brings new ones. */
function remedy(urgent: readonly CertificateEntry[], stack: string): string {
  const up = `run \`npx gateway up -s ${stack}\``;
  if (urgent.some(({ renewal }) => renewal.by === "up"))
    return urgent.some(({ renewal }) => renewal.by === "you")
      ? `${up}, which renews what the stack issues itself, and bring new ones for the rest`
      : `${up}, which renews what the stack issues itself`;
  if (urgent.some(({ renewal }) => renewal.by === "gateway")) return `${up}, which says why the gateway has not got a new one`;
  return urgent.every(({ renewal }) => renewal.by === "cloud")
    ? "the cloud has not renewed it; see that its validation records are in DNS"
    : `bring new ones, then ${up}`;
}

function entryLines(entry: CertificateEntry, style: Stylist): string[] {
  const { resource, subject, names, issuer, chain, notAfter, daysLeft, state, authority, neededBy } = entry;
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
        ["renewed", renewalText(entry)],
        ...(neededBy.length === 0 ? [] : [["needed by", neededBy.join(", ")]]),
      ].filter(([, value]) => value !== ""),
    ),
  ];
}

function renewalText({ renewal: { by, from } }: CertificateEntry): string {
  const since = from === "" ? "when it is due" : `from ${from.slice(0, 10)} on`;
  return {
    up: `by \`up\`, ${since}`,
    cloud: "by the cloud",
    gateway: `by the gateway itself, ${since}`,
    issuer: "by its issuer, with what it signed",
    you: "by you",
  }[by];
}
