import { setTimeout as wait } from "node:timers/promises";
import type { CloudFolder, StoredResource } from "./cloud-folder.ts";
import type { JournalEntry } from "./journal.ts";
import { complete, echo, previewed } from "./outputs.ts";
import { type Account, CloudError, type Rule, type RuleContext, type RuleSet } from "./rule.ts";
import { Sdk, type SdkType } from "./sdk.ts";
import { covers, type Difference, differences, equal, hasUnknown, hex, strings, UNKNOWN, type Values } from "./values.ts";

export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

export interface DiffAnswer {
  readonly differences: readonly (Difference & { readonly replaces: boolean })[];
  readonly deleteBeforeReplace: boolean;
}

/** Created, but not ready: the engine keeps the resource in its state and finishes it in the next run. */
export class UnreadyError extends Error {
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;

  constructor(message: string, id: string, inputs: Values, outputs: Values) {
    super(message);
    this.name = "UnreadyError";
    this.id = id;
    this.inputs = inputs;
    this.outputs = outputs;
  }
}

type Writing = "create" | "update" | "delete";

/** Answers for every resource of one provider from its rules; speaks no protocol. */
export class SimulatedProvider {
  readonly sdk: Sdk;
  readonly #rules: RuleSet;
  readonly #byType: ReadonlyMap<string, Rule>;
  readonly #cloud: CloudFolder;
  #account: Account = { config: {} };

  constructor(rules: RuleSet, cloud: CloudFolder) {
    this.#rules = rules;
    this.#byType = new Map(rules.rules.map((rule) => [rule.type, rule]));
    this.#cloud = cloud;
    this.sdk = new Sdk(rules.name);
  }

  /** Checks the provider's configuration: every sentence is a fault. */
  configurationFaults(config: Values): string[] {
    const fault = this.#rules.configure?.(config);
    return fault === undefined ? [] : [fault];
  }

  configure(config: Values): void {
    this.#account = { config };
  }

  check(urn: string, olds: Values, news: Values, seed: string): { inputs: Values; failures: CheckFailure[] } {
    const { rule, sdk } = this.#known(urn);
    const unknown = Object.keys(news).filter((property) => !sdk.inputs.has(property) && !property.startsWith("__"));
    const failures: CheckFailure[] = unknown.map((property) => ({ property, reason: `${rule.type} has no input "${property}"` }));
    const inputs: Values = { ...news };
    if (rule.autoName && inputs[rule.autoName.property] === undefined && inputs[rule.autoName.unless ?? ""] === undefined) {
      const { property, digits = 7, maxLength = 255 } = rule.autoName;
      inputs[property] = olds[property] ?? `${nameOf(urn).slice(0, maxLength - digits - 1)}-${hex(digits, urn, seed)}`;
    }
    for (const [property, value] of Object.entries(rule.defaults?.(inputs, this.#account) ?? {})) inputs[property] ??= value;
    for (const property of sdk.required) {
      if (inputs[property] === undefined) failures.push({ property, reason: `Missing required property '${property}'` });
    }
    failures.push(...(rule.check?.(inputs, this.#account) ?? []));
    return { inputs, failures };
  }

  diff(urn: string, id: string, oldInputs: Values, oldOutputs: Values, news: Values): DiffAnswer {
    const { rule } = this.#known(urn);
    const forcing = [...(rule.replaceOn ?? []), ...(rule.replaceOnToo?.(this.#account, oldInputs) ?? [])];
    const found = differences(oldInputs, news).map((difference) => ({
      ...difference,
      replaces: forcing.some((pattern) => covers(pattern, difference.path) || covers(difference.path, pattern)),
    }));
    const context = this.#context(rule, urn, "read", news, id, { previous: oldOutputs, before: oldInputs, seed: "" });
    const expired = rule.expired?.(context);
    if (expired !== undefined) found.push({ path: expired, kind: "update", replaces: true });
    for (const path of rule.due?.(context) ?? []) found.push({ path, kind: "update", replaces: false });
    return { differences: found, deleteBeforeReplace: rule.deleteBeforeReplace?.(oldInputs, news) ?? false };
  }

  async create(urn: string, inputs: Values, preview: boolean): Promise<{ id: string; outputs: Values }> {
    const { rule, sdk } = this.#known(urn);
    if (preview) return { id: "", outputs: previewed(sdk, inputs) };
    const seed = `${urn}#${this.#cloud.serial()}`;
    const context = this.#context(rule, urn, "create", inputs, "", { previous: {}, before: {}, seed });
    return this.#write("create", rule, context, async (fault) => {
      const recovered = this.#admitNew(rule, context);
      const identified = { ...context, ...(recovered && { inputs: recovered }), id: rule.id(context) };
      const existing = this.#cloud.get(rule.type, identified.id);
      if (existing && !rule.adopts) throw new CloudError(`the resource ${identified.id} already exists`);
      const outputs = await this.#complete(rule, sdk, identified);
      this.#store(rule, identified, outputs, seed);
      if (fault === "unready") throw new UnreadyError("it did not become ready in time", identified.id, inputs, outputs);
      return { id: identified.id, outputs };
    });
  }

  async update(urn: string, id: string, oldOutputs: Values, news: Values, preview: boolean): Promise<Values> {
    const { rule, sdk } = this.#known(urn);
    const stored = this.#cloud.get(rule.type, id);
    const context = this.#context(rule, urn, "update", news, id, past(stored, oldOutputs));
    if (preview) return this.#previewUpdate(rule, sdk, context);
    return this.#write("update", rule, context, async (fault) => {
      if (!stored) throw new CloudError(`${rule.type} ${id} was not found`);
      rule.admit?.(context);
      const outputs = await this.#complete(rule, sdk, context);
      this.#store(rule, context, outputs, stored.seed);
      if (fault === "unready") throw new UnreadyError("it did not become ready in time", id, news, outputs);
      return outputs;
    });
  }

  async delete(urn: string, id: string, inputs: Values, outputs: Values): Promise<void> {
    const { rule } = this.#known(urn);
    const stored = this.#cloud.get(rule.type, id);
    const context = this.#context(rule, urn, "delete", stored?.inputs ?? inputs, id, past(stored, outputs));
    await this.#write("delete", rule, context, async () => {
      if (!stored) return;
      rule.forbidDelete?.(context);
      this.#refuseWhileHeld(rule, context, stored);
      this.#cloud.remove(rule.type, id);
      rule.effect?.(context);
      if (rule.hold && !rule.hold.released?.(context)) this.#cloud.hold(rule.type, rule.hold.key(context), rule.hold.days, stored);
    });
  }

  /** What exists; undefined when the cloud has no such resource. */
  read(urn: string, id: string): { inputs: Values; outputs: Values } | undefined {
    const { rule } = this.#known(urn);
    const start = now();
    const fault = this.#cloud.strike("read", rule.type, nameOf(urn));
    this.#note("read", rule.type, urn, id, start, fault?.message);
    if (fault) throw new CloudError(fault.message);
    const stored = this.#cloud.get(rule.type, id);
    return stored && { inputs: { ...stored.inputs }, outputs: { ...stored.outputs } };
  }

  invoke(token: string, args: Values): Values {
    const rule = this.#rules.functions[token];
    if (!rule) throw new CloudError(this.#untold("function", token));
    const start = now();
    this.#note("invoke", token, "", "", start);
    if (hasUnknown(args)) throw new CloudError(`${token} was asked with a value nobody knows yet`);
    return rule(args, { account: this.#account, cloud: this.#cloud, now: this.#cloud.now() });
  }

  #known(urn: string): { rule: Rule; sdk: SdkType } {
    const type = typeOf(urn);
    const rule = this.#byType.get(type) ?? this.#rules.ruleFor?.(type);
    if (!rule) throw new CloudError(this.#untold("resource type", type));
    const sdk = this.sdk.type(type) ?? this.#rules.sdkTypeFor?.(type);
    if (!sdk) throw new CloudError(`${this.#rules.name} ${this.sdk.version} has no resource type "${type}"`);
    return { rule, sdk };
  }

  #untold(kind: string, name: string): string {
    return `The simulator (test equipment, not a cloud) has no rule for the ${kind} "${name}": add one under test/simulator/rules/${this.#rules.name}`;
  }

  #context(
    rule: Rule,
    urn: string,
    operation: RuleContext["operation"],
    inputs: Values,
    id: string,
    { previous, before, seed }: { readonly previous: Values; readonly before: Values; readonly seed: string },
  ): RuleContext {
    return {
      type: rule.type,
      name: nameOf(urn),
      urn,
      inputs,
      id,
      previous,
      before,
      operation,
      account: this.#account,
      cloud: this.#cloud,
      now: this.#cloud.now(),
      hex: (length, ...salt) => hex(length, seed, ...salt),
      all: (type) => this.#cloud.all(type),
    };
  }

  async #write<T>(
    operation: Writing,
    rule: Rule,
    context: RuleContext,
    work: (fault: "refused" | "lost" | "unready" | undefined) => Promise<T>,
  ): Promise<T> {
    const start = now();
    let error: string | undefined;
    let { id } = context;
    const releases: (() => void)[] = [];
    try {
      for (const key of rule.serialized?.keys(context) ?? []) {
        const release = this.#cloud.beginWriting(`${rule.type.split(":")[0]} ${key}`);
        if (!release) throw new CloudError((rule.serialized as NonNullable<Rule["serialized"]>).message(context));
        releases.push(release);
      }
      const fault = this.#cloud.strike(operation, rule.type, context.name);
      const kind = fault && (fault.kind ?? "refused");
      const { latencyMs } = this.#cloud.settings;
      if (latencyMs > 0) await wait(latencyMs);
      if (kind === "refused") throw new CloudError((fault as { message: string }).message);
      const result = await inTurn(`${this.#cloud.path}\n${rule.type}`, () => work(kind));
      if (operation === "create") id = (result as { id: string }).id;
      if (kind === "lost") throw new CloudError((fault as { message: string }).message);
      return result;
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown);
      throw thrown;
    } finally {
      for (const release of releases) release();
      this.#note(operation, rule.type, context.urn, id, start, error);
    }
  }

  /** The inputs of what a create takes back, where those count; undefined for anything new. */
  #admitNew(rule: Rule, context: RuleContext): Values | undefined {
    rule.admit?.(context);
    if (rule.unique) {
      const key = rule.unique.key(context);
      const taken =
        key !== undefined && this.#cloud.all(rule.type).some((other) => rule.unique?.key({ ...context, inputs: other.inputs }) === key);
      if (taken) throw new CloudError(rule.unique.message(context));
    }
    if (!rule.hold) return undefined;
    const key = rule.hold.key(context);
    const held = this.#cloud.held(rule.type, key);
    if (!held) return undefined;
    if (!rule.hold.recovers?.(context)) throw new CloudError(rule.hold.message(context));
    this.#cloud.release(rule.type, key);
    return rule.hold.keepsInputs ? held.inputs : undefined;
  }

  #refuseWhileHeld(rule: Rule, context: RuleContext, stored: StoredResource): void {
    const own = new Set(
      [stored.id, stored.outputs.arn, stored.outputs.selfLink, ...(rule.identifiers?.(stored) ?? [])].filter(
        (value): value is string => typeof value === "string" && value !== "",
      ),
    );
    for (const holder of rule.heldBy ?? []) {
      for (const other of this.#cloud.all(holder.type)) {
        if (other.type === stored.type && other.id === stored.id) continue;
        for (const text of strings(other.inputs)) {
          const refers = own.has(text) || (holder.contained && [...own].some((identifier) => text.includes(identifier)));
          if (refers) throw new CloudError(holder.message(context, other));
        }
      }
    }
  }

  #complete(rule: Rule, sdk: SdkType, context: RuleContext): Promise<Values> {
    return complete(rule, sdk, context, this.#rules.common?.(context) ?? {});
  }

  #store(rule: Rule, context: RuleContext, outputs: Values, seed: string): void {
    const { type, id, name, urn, inputs } = context;
    const createdAt = this.#cloud.get(rule.type, id)?.createdAt ?? context.now.getTime();
    this.#cloud.put({ type, id, name, urn, inputs, outputs, seed, createdAt });
    rule.effect?.(context);
  }

  /** Inputs as asked for; of what the cloud computes, everything that would change is not known yet. */
  async #previewUpdate(rule: Rule, sdk: SdkType, context: RuleContext): Promise<Values> {
    const echoed = { ...echo(sdk, context.inputs), ...Object.fromEntries((rule.due?.(context) ?? []).map((name) => [name, UNKNOWN])) };
    const isInput = (name: string) => sdk.inputs.has(name);
    if (!hasUnknown(context.inputs)) {
      const after = await this.#complete(rule, sdk, context);
      const changed = Object.keys(after).filter((name) => !isInput(name) && !equal(after[name], context.previous[name]));
      return { ...context.previous, ...Object.fromEntries(changed.map((name) => [name, UNKNOWN])), ...echoed };
    }
    const changed = differences(context.before, context.inputs).map(({ path }) => path);
    const later = Object.entries(rule.volatile ?? {}).filter(([, inputs]) =>
      inputs.some((input) => changed.some((path) => covers(input, path) || covers(path, input))),
    );
    return { ...context.previous, ...echoed, ...Object.fromEntries(later.map(([name]) => [name, UNKNOWN])) };
  }

  #note(operation: JournalEntry["operation"], type: string, urn: string, id: string, start: number, error?: string): void {
    this.#cloud.note({ operation, type, name: nameOf(urn), urn, id, start, end: now(), ...(error === undefined ? {} : { error }) });
  }
}

const past = (stored: StoredResource | undefined, outputs: Values) => ({
  previous: stored?.outputs ?? outputs,
  before: stored?.inputs ?? {},
  seed: stored?.seed ?? "",
});

const turns = new Map<string, Promise<unknown>>();

/** What looks at a type's resources and then adds one does so without another getting in between; latency is not part of it. */
function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(key) ?? Promise.resolve()).then(work);
  const settled = turn.then(
    () => undefined,
    () => undefined,
  );
  turns.set(key, settled);
  void settled.then(() => {
    if (turns.get(key) === settled) turns.delete(key);
  });
  return turn;
}

const now = (): number => performance.timeOrigin + performance.now();

/** The last part of a URN. */
export const nameOf = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

/** The resource's own type in a URN, without its parents'. */
export const typeOf = (urn: string): string => {
  const qualified = urn.split("::")[2] ?? "";
  return qualified.slice(qualified.lastIndexOf("$") + 1);
};
