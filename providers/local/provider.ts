import { type AnyKind, checkInputs } from "./resources/inputs.ts";
import { type Difference, type Failure, type Operation, ResourceError } from "./resources/kind.ts";
import { kindOf } from "./resources/registry.ts";
import { decode, encode, type Path, UNKNOWN } from "./rpc/values.ts";

/** Properties as the engine sends them. */
export type Wire = Record<string, unknown>;

/** Old inputs and old state of a resource. */
export interface Before {
  readonly inputs: Wire | undefined;
  readonly state: Wire;
}

/** The provider without its transport: what each call of the engine does. */
export const provider = {
  /** Judges inputs and fills in defaults; secrets stay marked. */
  async check(urn: string, before: Wire, wanted: Wire): Promise<{ inputs: Wire; failures: Failure[] }> {
    const kind = await kindOf(typeOf(urn));
    const properties = decode(wanted);
    const { values, failures } = checkInputs(kind, properties, decode(before).values);
    return { inputs: encode(values, [...properties.secrets, ...kind.secretInputs]), failures };
  },

  async diff(id: string, before: Before, wanted: Wire, operation: Operation): Promise<Difference> {
    const kind = await kindOf(typeOf(operation.urn));
    return kind.diff(id, standing(before), decode(wanted).values, operation);
  },

  /** @param preview nothing is made; what making it would yield is unknown */
  async create(wanted: Wire, operation: Operation, preview = false): Promise<{ id: string; state: Wire }> {
    const kind = await kindOf(typeOf(operation.urn));
    const { values, secrets } = decode(wanted);
    if (preview) return { id: "", state: stateOf(kind, values, unknownOutputs(kind), secrets) };
    const { id, outputs } = await kind.create(values, operation);
    return { id, state: stateOf(kind, values, outputs, secrets) };
  },

  async update(id: string, before: Before, wanted: Wire, operation: Operation, preview = false): Promise<Wire> {
    const kind = await kindOf(typeOf(operation.urn));
    const { values, secrets } = decode(wanted);
    const outputs = preview ? unknownOutputs(kind) : await kind.update(id, standing(before), values, operation);
    return stateOf(kind, values, outputs, secrets);
  },

  /** What is there now, for a refresh or, without a state before, an import; undefined when it is gone. */
  async read(id: string, before: Before, operation: Operation): Promise<{ id: string; inputs: Wire; state: Wire } | undefined> {
    const kind = await kindOf(typeOf(operation.urn));
    const known = Object.keys(before.state).length > 0;
    const found = known
      ? await kind.refresh(id, standing(before), operation).then((now) => now && { id, ...now })
      : await kind.import(id, operation);
    if (found === undefined) return undefined;
    const secrets = decode(before.inputs).secrets;
    return {
      id: found.id,
      inputs: encode(found.inputs, [...secrets, ...kind.secretInputs]),
      state: stateOf(kind, found.inputs, found.outputs, secrets),
    };
  },

  async delete(id: string, before: Before, operation: Operation): Promise<void> {
    const kind = await kindOf(typeOf(operation.urn));
    await kind.delete?.(id, standing(before), operation);
  },
};

/** Type of a resource from its URN: `urn:pulumi:<stack>::<project>::<parents>$<type>::<name>`. */
export function typeOf(urn: string): string {
  const qualified = urn.split("::")[2];
  if (qualified === undefined) throw new ResourceError(`"${urn}" is not the URN of a resource`);
  return qualified.slice(qualified.lastIndexOf("$") + 1);
}

function standing(before: Before) {
  const state = decode(before.state).values;
  return { inputs: before.inputs === undefined ? state : decode(before.inputs).values, outputs: state };
}

function stateOf(kind: AnyKind, inputs: object, outputs: object, secrets: readonly Path[]): Wire {
  const kept = Object.entries(inputs).filter(([key]) => !kind.omitFromState?.includes(key));
  return encode({ ...Object.fromEntries(kept), ...outputs }, [...secrets, ...kind.secretInputs, ...kind.secretOutputs]);
}

function unknownOutputs(kind: AnyKind): Wire {
  const shape = (kind.outputs as unknown as { shape: object }).shape;
  return Object.fromEntries(Object.keys(shape).map((key) => [key, UNKNOWN]));
}
