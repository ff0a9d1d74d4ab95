import { readFileSync, statSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Format } from "../../import/formats.ts";
import { type Answer, UsageError, type Verb } from "../command-line.ts";
import { importText } from "../text/import.ts";
import { stylist } from "../text/style.ts";

const append = (value: string, before: readonly string[]) => [...before, value];

export const importVerb: Verb = {
  name: "import",
  declare: (command) =>
    command
      .description(
        "Make a gateway document of what another gateway is described with, and list everything that could not be carried over. Needs no network.",
      )
      .option("-f, --file <file>", "what to import; again for more files, such as an API and its policies", append, [])
      .option("--from <format>", "openapi, aws, azure, gcp, kong or gateway-api; guessed when not given")
      .option("--out <document>", "write the document there; without it, it is the answer")
      .option("--set <field=value>", "answer a question, such as hostname=api.example.com; again for more", append, [])
      .option("--accept-public", "routes that ask for no credential in the input are meant for anyone")
      .option("--force", "write over a document that is there"),
  async run(line, options): Promise<Answer> {
    const { file: files, set, out } = options as { file: string[]; set: string[]; out?: string };
    if (files.length === 0) throw new UsageError("there is nothing to import", "give a file with -f");
    const { FORMATS } = await import("../../import/formats.ts");
    const format = options.from as Format | undefined;
    if (format !== undefined && !Object.hasOwn(FORMATS, format))
      throw new UsageError(`--from is ${JSON.stringify(format)}`, `choose one of ${Object.keys(FORMATS).join(", ")}`);
    const { importGateway, documentText } = await import("../../import/import.ts");
    const { readAnswers } = await import("../../import/answers.ts");
    const { OperationError } = await import("../../automation/errors.ts");
    const answers = readAnswers(set);
    if ("wrong" in answers)
      throw new UsageError(`--set: ${answers.wrong}`, "write a field and its value, such as hostname=api.example.com");
    const result = importGateway({
      files: files.map((file) => ({ name: shown(file), text: readInput(file) })),
      format,
      answers: answers.fields,
      acceptPublic: options.acceptPublic === true,
    });
    if (result.imported === undefined)
      throw new OperationError("document", "the input cannot be read", "correct it", { faults: result.faults });

    const { imported } = result;
    const text = documentText(imported, files.map(shown));
    const { loadDocument } = await import("../../components/spec/load.ts");
    const faults = imported.questions.length > 0 ? [] : (await loadDocument({ file: out ?? "gateway.yaml", text })).faults;
    if (out !== undefined) write(out, text, options.force === true);
    const ok = imported.questions.length === 0 && faults.length === 0;
    const report = importText({ ...imported, faults }, out, stylist(out === undefined ? line.streams.stderr : line.streams.stdout));
    if (out === undefined && !("json" in options)) line.note(report);
    return { ok, document: { ok, ...imported, faults }, text: out === undefined ? text : report };
  },
};

const shown = (file: string) => relative(process.cwd(), resolve(file)) || file;

/** Largest file read, in bytes. */
const MAX_BYTES = 32 * 1024 * 1024;

function readInput(file: string): string {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw new UsageError(`-f: ${file} is not an ordinary file`, "give a file");
    if (stats.size > MAX_BYTES) throw new UsageError(`-f: ${file} is larger than ${MAX_BYTES} bytes`, "import parts of it");
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`-f: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, "give the path of a readable file");
  }
}

function write(out: string, text: string, force: boolean): void {
  try {
    writeFileSync(out, text, { flag: force ? "w" : "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new UsageError(`--out: ${out} is there already`, "choose another name, or say --force");
    throw new UsageError(`--out: ${out} cannot be written (${code})`, "give a file in a folder that is there");
  }
}
