import { relative } from "node:path";
import type { GivenDocument } from "../../components/program.ts";
import type { EngineLocation, Patience } from "../engine.ts";
import { OperationError } from "../errors.ts";
import type { OperationEvent } from "../events.ts";
import type { DeadEngine } from "../locks.ts";
import { type Operation, startOperation } from "../operation.ts";
import { type Program, stackModel } from "../program.ts";
import type { Project } from "../project.ts";
import { readStackFile } from "../stack-file.ts";
import { forgetRecord, keepRecord, type RotationRecord, readRecord, writeSettings } from "./record.ts";
import { type Rotation, type RotationStep, rotationSteps } from "./steps.ts";

/** A rotation: its steps, and how many of them are done. */
export interface RotationPlan {
  readonly what: Rotation;
  readonly steps: readonly RotationStep[];
  readonly done: number;
  /** It was begun earlier and is not at its end. */
  readonly resumed: boolean;
}

export interface RotationResult extends RotationPlan {
  /** What people have to do before it goes on; undefined when it is at its end. */
  readonly waiting?: string;
}

export interface RotationOptions {
  readonly project: Project;
  readonly stack: string;
  readonly what: Rotation;
  readonly engine: EngineLocation;
  /** Whoever connects to the gateway trusts the new root already. @default false */
  readonly clientsReady?: boolean;
  /** @default the project's own */
  readonly program?: Program;
  /** The document, where it is not the one in the file the settings name. */
  readonly document?: GivenDocument;
  readonly patience?: Patience;
  /** As in `OperationOptions`, for the operation of each step. */
  readonly onEngine?: (pid: number) => void;
  readonly deadEngines?: readonly DeadEngine[];
  /** Called before each step, counted from 1. */
  readonly onStep?: (number: number, step: RotationStep) => void;
  readonly onEvent?: (event: OperationEvent) => void;
  /** Called with the operation of each step, which can be cancelled. */
  readonly onOperation?: (operation: Operation) => void;
}

/**
 * What a rotation would do, or what is left of one that is under way. Nothing is changed.
 *
 * @throws OperationError when there is nothing to rotate, another rotation is under way, or the stack cannot be read
 */
export async function planRotation({
  project,
  stack,
  what,
  document,
}: Pick<RotationOptions, "project" | "stack" | "what" | "document">): Promise<RotationPlan> {
  const record = readRecord(project, stack);
  if (record !== undefined) return planOf(required(record, what, stack));
  const { settings, model } = await stackModel(project, stack, document);
  const steps = rotationSteps(what, settings.cloud, model);
  // One whose record is gone, or that somebody has begun by hand, goes on where the document stands.
  const done = what === "root" && model.internal?.authority.rollover === "announce" ? 1 : 0;
  return { what, steps, done, resumed: done > 0 };
}

/**
 * Takes the steps of a rotation one after the other: settings into the stack's file, then an `up`. What was begun earlier goes on where it stopped,
 * whatever has stopped it.
 *
 * @throws OperationError
 */
export async function rotate(options: RotationOptions): Promise<RotationResult> {
  const { project, stack, what } = options;
  const { steps, done, resumed } = await planRotation(options);
  let record: RotationRecord = readRecord(project, stack) ?? { what, steps, step: done, begun: false };
  for (; record.step < steps.length; record = { ...record, step: record.step + 1, begun: false }) {
    const step = steps[record.step] as RotationStep;
    const waiting = steps[record.step - 1]?.before;
    keepRecord(project, stack, record);
    if (waiting !== undefined && !record.begun && options.clientsReady !== true)
      return { what, steps, done: record.step, resumed, waiting };
    options.onStep?.(record.step + 1, step);
    keepRecord(project, stack, { ...record, begun: true });
    writeSettings(project, stack, step.settings);
    await up(options, `rotate ${what}: step ${record.step + 1} of ${steps.length}`);
  }
  forgetRecord(project, stack);
  return { what, steps, done: steps.length, resumed };
}

const planOf = ({ what, steps, step }: RotationRecord): RotationPlan => ({ what, steps, done: step, resumed: true });

function required(record: RotationRecord, what: Rotation, stack: string): RotationRecord {
  if (record.what === what) return record;
  throw new OperationError(
    "usage",
    `A rotation of the ${record.what} is under way on stack "${stack}", at step ${record.step + 1} of ${record.steps.length}`,
    `finish it first: npx gateway rotate -s ${stack} --what ${record.what}`,
  );
}

async function up(options: RotationOptions, message: string): Promise<void> {
  const { project, stack, engine, program, patience, onEngine, deadEngines, onEvent, onOperation } = options;
  const operation = startOperation({
    kind: "up",
    project,
    stack,
    engine,
    message,
    ...(program === undefined ? {} : { program }),
    ...(patience === undefined ? {} : { patience }),
    ...(onEngine === undefined ? {} : { onEngine }),
    ...(deadEngines === undefined ? {} : { deadEngines }),
  });
  onOperation?.(operation);
  for await (const event of operation.events) onEvent?.(event);
  await operation.result;
}

/** The file whose settings a rotation changes, relative to the project. */
export const settingsFile = (project: Project, stack: string): string => relative(project.root, readStackFile(project, stack).file);
