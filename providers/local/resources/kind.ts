import type * as z from "zod";
import type { Path } from "../rpc/values.ts";

/** A bad input: the property it concerns and what is wrong with it, for the user. */
export interface Failure {
  /** Such as `commonName` or `files["xds/lds.json"]`. */
  readonly property: string;
  readonly reason: string;
}

/** An error whose message is meant for the user; it holds no secret. */
export class ResourceError extends Error {
  override readonly name = "ResourceError";
}

/** How the wanted properties differ from those in place. */
export interface Difference {
  /**
   * What changes, by property. `input`: the program asks for something else; `output`: what is in place has to be made anew, such as a
   * certificate near its end; `replace`: only another resource can have the new value.
   */
  readonly changes: Readonly<Record<string, "input" | "output" | "replace">>;
  /** The old resource has to go before the new one can be made. */
  readonly deleteBeforeReplace?: boolean;
}

/** What every operation gets besides the properties. */
export interface Operation {
  readonly urn: string;
  /** Fires when the user cancels, or when the time given to the operation is over. */
  readonly signal: AbortSignal;
  /** Tells the user something, in the engine's own output. */
  readonly log: (severity: "info" | "warning", message: string) => void;
}

/** A resource as it stands. */
export interface Standing<Inputs, Outputs> {
  readonly inputs: Inputs;
  readonly outputs: Outputs;
}

/**
 * One type of resource: everything the provider knows about it. `Inputs` have passed the schema and `check`;
 * `Outputs` are the properties added to the inputs in the resource's state.
 */
export interface ResourceKind<Inputs, Outputs> {
  /** Such as `localgateway:index:Certificate`. */
  readonly token: string;
  readonly description: string;
  readonly inputs: z.ZodType<Inputs>;
  readonly outputs: z.ZodType<Outputs>;
  readonly secretInputs: readonly Path[];
  readonly secretOutputs: readonly Path[];
  /** Inputs that the state does not repeat among the outputs. */
  readonly omitFromState?: readonly (keyof Inputs & string)[];
  /** What the schema cannot say. Called only with inputs that passed the schema and hold nothing unknown. */
  readonly check?: (inputs: Inputs, before: Partial<Inputs>) => Failure[];
  readonly diff: (id: string, before: Standing<Inputs, Outputs>, wanted: Inputs, operation: Operation) => Promise<Difference>;
  readonly create: (inputs: Inputs, operation: Operation) => Promise<{ id: string; outputs: Outputs }>;
  readonly update: (id: string, before: Standing<Inputs, Outputs>, wanted: Inputs, operation: Operation) => Promise<Outputs>;
  /** What is there now; undefined when it is gone. */
  readonly refresh: (id: string, before: Standing<Inputs, Outputs>, operation: Operation) => Promise<Standing<Inputs, Outputs> | undefined>;
  /** Takes over something that exists. The first argument is what the user names. */
  readonly import: (name: string, operation: Operation) => Promise<Standing<Inputs, Outputs> & { id: string }>;
  readonly delete?: (id: string, before: Standing<Inputs, Outputs>, operation: Operation) => Promise<void>;
}
