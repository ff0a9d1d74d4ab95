import { relative } from "node:path";
import { CLOUDS, type Cloud } from "../components/backends/contract.ts";
import type { LoadResult } from "../components/spec/load.ts";
import { type CommandLine, UsageError } from "./command-line.ts";

/** Which document a verb looks at, and for which cloud. */
export interface DocumentSource {
  /** Path of the document as messages show it. */
  readonly shown: string;
  /** Absolute path, or as given. */
  readonly file: string;
  readonly cloud: Cloud | undefined;
  readonly stack: string | undefined;
  load(): Promise<LoadResult>;
}

/**
 * Reads `-f DOC [--cloud C]` or `-s STACK` (document, overlay and cloud of the stack).
 *
 * @throws UsageError when neither or both are given; OperationError when there is no such stack.
 */
export async function documentSource(line: CommandLine, options: Readonly<Record<string, unknown>>): Promise<DocumentSource> {
  const { file, stack } = options as { file?: string; stack?: string };
  const cloud = cloudOption(options.cloud);
  if ((file === undefined) === (stack === undefined))
    throw new UsageError("one of -f and -s is needed", "give either a document with -f or a stack with -s");
  const { loadDocument } = await import("../components/spec/load.ts");
  if (file !== undefined) return { shown: file, file, cloud, stack: undefined, load: () => loadDocument({ file }) };

  const { readStackFile, settingsOf } = await import("../automation/stack-file.ts");
  const { overlaysOf } = await import("../components/stack-settings.ts");
  const name = stack as string;
  const settings = settingsOf(line.project, readStackFile(line.project, name));
  return {
    shown: relative(process.cwd(), settings.document),
    file: settings.document,
    cloud: cloud ?? settings.cloud,
    stack: name,
    load: () => loadDocument({ file: settings.document, overlays: overlaysOf(settings, name) }),
  };
}

function cloudOption(value: unknown): Cloud | undefined {
  if (value === undefined) return undefined;
  const cloud = CLOUDS.find((known) => known === value);
  if (cloud === undefined) throw new UsageError(`--cloud is ${JSON.stringify(value)}`, `choose one of ${CLOUDS.join(", ")}`);
  return cloud;
}
