import { readFileSync, writeFileSync } from "node:fs";
import { OperationError } from "../../automation/errors.ts";
import type { Outputs } from "../../automation/outputs.ts";
import type { VerifyOptions } from "../../verify/index.ts";
import { type Answer, type CommandLine, UsageError, type Verb } from "../command-line.ts";
import { type DocumentSource, documentSource } from "../source.ts";
import { openStack } from "../stack.ts";
import { count } from "../text/style.ts";

const collect = (pattern: string, before: readonly string[]) => [...before, pattern];

export const verify: Verb = {
  name: "verify",
  declare: (command) =>
    command
      .description("Prove the live gateway: probes for every control its document asks for, allowed and refused, over the network.")
      .option("-s, --stack <stack>", "a deployed stack; its outputs say where it is and how to sign tokens")
      .option("-f, --file <document>", "a document, for a gateway deployed elsewhere; needs --url")
      .option("--url <url>", "where clients call the gateway; default: the stack's own")
      .option("--address <host:port>", "connect here instead of resolving the host name")
      .option("--ca <file>", "PEM of the authorities the gateway's certificate must chain to; default: the stack's, else the public roots")
      .option("--client-certificate <file>", "PEM of a client certificate the gateway accepts")
      .option("--client-key <file>", "PEM of its key")
      .option("--client-authority <file>", "PEM of an authority whose client certificates the gateway accepts; of test stacks only")
      .option("--client-authority-key <file>", "PEM of its key")
      .option(
        "--access-log <file>",
        "the gateway's access log, to prove that requests are logged and secrets are not; default: the stack's own",
      )
      .option("--metrics <url>", "the gateway's metrics in Prometheus' text format; default: the stack's own")
      .option("--patience <seconds>", "longest deliberate wait of a probe; default: 5")
      .option("--only <pattern>", "only these probes, such as `cors` or `jwt.*`; repeat for several", collect, [])
      .option("--skip <pattern>", "all but these probes; repeat for several", collect, [])
      .option("--exact", "accept only the exact statuses of docs/semantics.md")
      .option("--unsafe-methods", "send authorized POST, PUT, PATCH and DELETE requests, too")
      .option("--exhaust-quotas", "use up the quota of one consumer per plan")
      .option("--junit <file>", "write the report as JUnit XML, too"),
  async run(line, options): Promise<Answer> {
    const source = await documentSource(line, options);
    if (source.stack === undefined && options.url === undefined)
      throw new UsageError("the document does not say where its gateway is", "give its address with --url");
    const { model, faults } = await source.load();
    if (model === undefined)
      throw new OperationError("document", `${source.shown} has ${count(faults.length, "fault")}`, "correct the document", { faults });
    const asked = { model, ...(await fromStack(line, source, options)), ...fromOptions(options) };

    const [{ verifyGateway, VerifyOptionsError }, { textReport }] = await Promise.all([
      import("../../verify/index.ts"),
      import("../../verify/report/text.ts"),
    ]);
    const abort = new AbortController();
    const stop = () => abort.abort();
    process.on("SIGINT", stop);
    try {
      const report = await verifyGateway({ ...asked, signal: abort.signal, onProbe: counter(line) });
      if (typeof options.junit === "string") {
        const { junitReport } = await import("../../verify/report/junit.ts");
        writeFileSync(options.junit, junitReport(report));
      }
      const ok = report.failed === 0 && report.passed > 0;
      return { ok, document: report, text: textReport(report, { colour: line.streams.stdout.isTTY === true && !process.env.NO_COLOR }) };
    } catch (error) {
      if (error instanceof VerifyOptionsError) throw new UsageError(error.message);
      throw error;
    } finally {
      process.removeListener("SIGINT", stop);
    }
  },
};

/** Where the stack's gateway is, and the credentials its outputs hold. */
async function fromStack(
  line: CommandLine,
  source: DocumentSource,
  options: Readonly<Record<string, unknown>>,
): Promise<Omit<VerifyOptions, "model">> {
  if (source.stack === undefined) return { url: options.url as string };
  const { readOutputs } = await import("../../automation/outputs.ts");
  let outputs: Outputs;
  try {
    outputs = await readOutputs({ ...(await openStack(line, options)), showSecrets: true });
  } catch (error) {
    if (error instanceof OperationError && error.code === "no-stack" && typeof options.url === "string") return { url: options.url };
    throw error;
  }
  const { verifyTarget } = await import("../../automation/verify-target.ts");
  return verifyTarget(source.stack, outputs);
}

function fromOptions(options: Readonly<Record<string, unknown>>): Partial<VerifyOptions> {
  const { url, address, ca, clientCertificate, clientKey, clientAuthority, clientAuthorityKey, accessLog, metrics, patience, only, skip } =
    options as Record<string, string | undefined> & {
      only: string[];
      skip: string[];
    };
  if ((clientCertificate === undefined) !== (clientKey === undefined))
    throw new UsageError("one of --client-certificate and --client-key is missing", "give both");
  if ((clientAuthority === undefined) !== (clientAuthorityKey === undefined))
    throw new UsageError("give --client-authority and --client-authority-key together");
  if (patience !== undefined && !/^[1-9]\d{0,2}$/.test(patience))
    throw new UsageError(`--patience ${patience} is not a whole number of seconds from 1 to 600`);
  return {
    ...(accessLog === undefined ? {} : { accessLog }),
    ...(metrics === undefined ? {} : { metricsUrl: metrics }),
    ...(patience === undefined ? {} : { patienceMs: Number(patience) * 1000 }),
    ...(clientAuthority === undefined || clientAuthorityKey === undefined
      ? {}
      : {
          clientAuthority: {
            certificate: contentOf(clientAuthority, "--client-authority"),
            privateKey: contentOf(clientAuthorityKey, "--client-authority-key"),
          },
        }),
    ...(url === undefined ? {} : { url }),
    ...(address === undefined ? {} : { address }),
    ...(ca === undefined ? {} : { caCertificate: contentOf(ca, "--ca") }),
    ...(clientCertificate === undefined || clientKey === undefined
      ? {}
      : {
          clientCertificate: {
            certificate: contentOf(clientCertificate, "--client-certificate"),
            privateKey: contentOf(clientKey, "--client-key"),
          },
        }),
    ...(only.length === 0 ? {} : { only }),
    ...(skip.length === 0 ? {} : { skip }),
    exact: options.exact === true,
    unsafeMethods: options.unsafeMethods === true,
    exhaustQuotas: options.exhaustQuotas === true,
  };
}

function contentOf(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${option} ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, "give the path of a readable file");
  }
}

/** Tells every few seconds how far it is. */
function counter(line: CommandLine): () => void {
  let done = 0;
  let told = Date.now();
  return () => {
    done += 1;
    if (Date.now() - told < 5000) return;
    told = Date.now();
    line.note(`  … ${count(done, "probe")} done`);
  };
}
