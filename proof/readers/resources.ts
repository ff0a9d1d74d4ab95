import { type OpenPlan, withSecrets } from "../open-plan.ts";
import type { Json } from "./json.ts";

/** A resource with its inputs opened. */
export interface Read {
  readonly type: string;
  readonly name: string;
  readonly inputs: Json;
}

/** The resources of a plan by type; a reference reads `${name.output}`. */
export class Resources {
  readonly all: readonly Read[];
  readonly #byType = new Map<string, Read[]>();

  constructor(plan: OpenPlan) {
    this.all = plan.resources.map(({ type, name, inputs }) => ({ type, name, inputs: withSecrets(inputs) }));
    for (const one of this.all) this.#byType.set(one.type, [...(this.#byType.get(one.type) ?? []), one]);
  }

  of(type: string): Read[] {
    return this.#byType.get(type) ?? [];
  }

  /** The one of a type whose name ends so. */
  named(type: string, suffix: string): Read | undefined {
    return this.of(type).find(({ name }) => name.endsWith(suffix));
  }

  /** The resource a reference leads to. */
  behind(reference: unknown, type?: string): Read | undefined {
    const name = /\$\{([^.}]+)\./.exec(String(reference))?.[1];
    return this.all.find((one) => one.name === name && (type === undefined || one.type === type));
  }
}
