import type { CloudFolder, StoredResource } from "./cloud-folder.ts";
import type { SdkType } from "./sdk.ts";
import type { Values } from "./values.ts";

/** Who the simulated account is: what a provider's configuration says, or the simulator's own constants. */
export interface Account {
  /** Configuration of the provider instance, such as `region`, `project`, `location`. */
  readonly config: Values;
}

/** What a rule sees when it answers. */
export interface RuleContext {
  readonly type: string;
  /** Name the program gave the resource. */
  readonly name: string;
  readonly urn: string;
  readonly inputs: Values;
  /** Provider id; empty while `id` itself is asked. */
  readonly id: string;
  /** Outputs before this operation; empty on create. */
  readonly previous: Values;
  /** Inputs before this operation; empty on create. */
  readonly before: Values;
  readonly operation: "create" | "update" | "delete" | "read";
  readonly account: Account;
  readonly cloud: CloudFolder;
  /** Time in the simulated cloud. */
  readonly now: Date;
  /** Hexadecimal digits that belong to this resource: the same at every call, others after a replacement. */
  hex(length: number, ...salt: readonly unknown[]): string;
  /** Resources of a type that exist in the cloud now. */
  all(type: string): readonly StoredResource[];
}

/** A fault of the cloud, as its API would word it. */
export class CloudError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CloudError";
  }
}

/** What refers to a resource and so keeps the cloud from deleting it. */
export interface Holder {
  /** Type of the resource that refers. */
  readonly type: string;
  /** True when the reference may stand inside a longer text, such as an API definition. */
  readonly contained?: true;
  /** What the cloud answers to the delete. */
  readonly message: (context: RuleContext, holder: StoredResource) => string;
}

/** How one type of resource behaves, from a named source. */
export interface Rule {
  /** Pulumi type token. */
  readonly type: string;
  /** Where the facts below come from. */
  readonly source: string;
  /** Inputs whose change forces a replacement; `[*]` stands for any index, and what lies under a path counts. */
  readonly replaceOn?: readonly string[];
  /** Further ones, decided by the provider's configuration. */
  readonly replaceOnToo?: (account: Account, inputs: Values) => readonly string[];
  /** Set when the provider deletes before it creates on a replacement. */
  readonly deleteBeforeReplace?: (before: Values, after: Values) => boolean;
  /** The provider makes up this input when it is absent: the resource's name and random digits. */
  readonly autoName?: { readonly property: string; readonly digits?: number; readonly maxLength?: number; readonly unless?: string };
  /** Inputs the provider fills in; they become part of the inputs in the state. */
  readonly defaults?: (inputs: Values, account: Account) => Values;
  /** Inputs the cloud answers with when the program gives none; they are outputs only. */
  readonly computedDefaults?: (context: RuleContext) => Values;
  /** Inputs the provider refuses, before anything is written; by property. */
  readonly check?: (inputs: Values, account: Account) => readonly { readonly property: string; readonly reason: string }[];
  /** The provider id, decided by the context and nothing else. */
  readonly id: (context: RuleContext) => string;
  /** What the cloud computes; of what did not change, the same as before. */
  readonly outputs?: (context: RuleContext) => Values | Promise<Values>;
  /** Outputs that change when one of these inputs changes; what a preview cannot know. Other outputs stay through an update. */
  readonly volatile?: Readonly<Record<string, readonly string[]>>;
  /** Declared outputs that such a resource does not have, each for a reason the rule gives. */
  readonly absent?: readonly string[];
  /** What keeps the cloud from a create or an update: throws CloudError. */
  readonly admit?: (context: RuleContext) => void;
  /** What keeps the cloud from a delete, beyond references `heldBy` finds: throws CloudError. */
  readonly forbidDelete?: (context: RuleContext) => void;
  /** What must be unique among the living resources of this type, undefined for one that is exempt; the message a second one gets. */
  readonly unique?: { readonly key: (context: RuleContext) => string | undefined; readonly message: (context: RuleContext) => string };
  readonly heldBy?: readonly Holder[];
  /** What else changes in the cloud once a create, update or delete went through. */
  readonly effect?: (context: RuleContext) => void;
  /** Writes that have a key in common must not overlap: the cloud answers the second with this message. */
  readonly serialized?: { readonly keys: (context: RuleContext) => readonly string[]; readonly message: (context: RuleContext) => string };
  /** The name stays taken after a delete. */
  readonly hold?: {
    readonly key: (context: RuleContext) => string;
    readonly days: number;
    /** True when this resource gives its name back at once. */
    readonly released?: (context: RuleContext) => boolean;
    readonly message: (context: RuleContext) => string;
    /** True when this create takes the held name back instead of failing. */
    readonly recovers?: (context: RuleContext) => boolean;
    /** What is taken back keeps the properties it had; those of the create are ignored. */
    readonly keepsInputs?: true;
  };
  /** The output that says a replacement is due although no input changed, such as a certificate's in its renewal window; undefined when none is. */
  readonly expired?: (context: RuleContext) => string | undefined;
  /** Outputs a change in place is due to renew although no input changed; nobody knows them before it ran. Undefined when nothing is due. */
  readonly due?: (context: RuleContext) => readonly string[] | undefined;
  /** Creating it again takes over what exists instead of failing or making a second one. */
  readonly adopts?: boolean;
  /** Further strings by which others refer to the resource, next to its id, `arn` and `selfLink`. */
  readonly identifiers?: (resource: StoredResource) => readonly string[];
}

/** How a function of a provider is answered. Throws CloudError when there is nothing to find. */
export type FunctionRule = (
  args: Values,
  context: { readonly account: Account; readonly cloud: CloudFolder; readonly now: Date },
) => Values;

/** Rules of one provider package. */
export interface RuleSet {
  /** Name of the package, such as `azure-native`. */
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly functions: Readonly<Record<string, FunctionRule>>;
  /** Outputs every type has whose SDK class declares them. */
  readonly common?: (context: RuleContext) => Values;
  /** Checks the provider's own configuration; a sentence when it is wrong. */
  readonly configure?: (config: Values) => string | undefined;
  /** Rules that apply to a type no single rule names, such as custom resources of Kubernetes. */
  readonly ruleFor?: (type: string) => Rule | undefined;
  /** Properties of a type no single class of the SDK describes. */
  readonly sdkTypeFor?: (type: string) => SdkType | undefined;
}
