import { type Account, CloudError, type Rule, type RuleSet } from "../../core/rule.ts";
import type { SdkType } from "../../core/sdk.ts";
import { text, type Values } from "../../core/values.ts";

const SOURCE = "Kubernetes API reference: an object is its namespace and name; immutable objects and selectors cannot be changed";

const metadataOf = (inputs: Values): Values => (inputs.metadata ?? {}) as Values;

function object(type: string, facts: Partial<Rule> = {}): Rule {
  return {
    source: SOURCE,
    replaceOn: ["metadata.name", "metadata.namespace"],
    id: ({ inputs }) => {
      const { namespace, name } = metadataOf(inputs);
      return namespace === undefined ? text(name) : `${text(namespace)}/${text(name)}`;
    },
    ...facts,
    type: `kubernetes:${type}`,
  };
}

/** Contents of an immutable object are part of what it is. */
const immutable = (type: string, content: string): Rule => object(type, { replaceOn: ["metadata.name", "metadata.namespace", content] });

/** Secrets change in place where the provider is told so and they do not forbid it themselves (pulumi-kubernetes, enableSecretMutable). */
const secretContents = ({ config }: Account, { immutable }: Values): string[] =>
  String(config.enableSecretMutable) === "true" && immutable !== true ? [] : ["stringData", "data"];

/** Two objects of one name cannot exist, so the provider deletes the one before first. */
const sameName = (before: Values, after: Values): boolean => metadataOf(before).name === metadataOf(after).name;

/** Pods start only with everything they mount. */
function needMounts(inputs: Values, all: (type: string) => readonly { id: string }[]): void {
  const { namespace } = metadataOf(inputs);
  const spec = (((inputs.spec as Values).template as Values).spec as Values).volumes as Values[] | undefined;
  for (const volume of spec ?? []) {
    const map = (volume.configMap as Values | undefined)?.name;
    const secret = (volume.secret as Values | undefined)?.secretName;
    const wanted = `${text(namespace)}/${text(map ?? secret)}`;
    const type = map === undefined ? "kubernetes:core/v1:Secret" : "kubernetes:core/v1:ConfigMap";
    if (!all(type).some(({ id }) => id === wanted))
      throw new CloudError(`MountVolume.SetUp failed for volume "${text(volume.name)}": ${wanted} not found`);
  }
}

/** An object of which no class of the SDK is found by its name. */
function looseObject(type: string, ...properties: string[]): SdkType {
  const names = ["apiVersion", "kind", "metadata", ...properties];
  return {
    token: type,
    inputs: new Set(names),
    required: new Set(),
    outputs: new Map(names.map((name) => [name, { type: "object", optional: false, computed: false }])),
    secretInputs: new Set(),
    secretOutputs: new Set(),
    apiVersion: undefined,
  };
}

/** Their classes lie in folders that are not called like the group. */
const LOOSE: Readonly<Record<string, SdkType>> = {
  "kubernetes:networking.k8s.io/v1:NetworkPolicy": looseObject("kubernetes:networking.k8s.io/v1:NetworkPolicy", "spec"),
  "kubernetes:rbac.authorization.k8s.io/v1:Role": looseObject("kubernetes:rbac.authorization.k8s.io/v1:Role", "rules"),
  "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": looseObject(
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "roleRef",
    "subjects",
  ),
};

/** Custom resources of these groups; a cluster knows them once Istio and cert-manager are installed. */
const CUSTOM = /^kubernetes:((security|networking)\.istio\.io|cert-manager\.io)\/v1:[A-Z][A-Za-z]+$/;

export const ruleSet: RuleSet = {
  name: "kubernetes",
  rules: [
    object("core/v1:Namespace"),
    object("rbac.authorization.k8s.io/v1:Role"),
    object("rbac.authorization.k8s.io/v1:RoleBinding", { replaceOn: ["metadata.name", "metadata.namespace", "roleRef"] }),
    object("core/v1:ServiceAccount"),
    immutable("core/v1:ConfigMap", "data"),
    object("core/v1:Secret", { replaceOnToo: secretContents, deleteBeforeReplace: sameName }),
    object("core/v1:Service"),
    object("apps/v1:Deployment", {
      replaceOn: ["metadata.name", "metadata.namespace", "spec.selector"],
      admit: ({ inputs, all }) => needMounts(inputs, all),
    }),
    object("networking.k8s.io/v1:NetworkPolicy"),
    object("policy/v1:PodDisruptionBudget"),
  ],
  functions: {},
  common: () => ({ status: {} }),
  ruleFor: (type) => (CUSTOM.test(type) ? object(type.slice("kubernetes:".length)) : undefined),
  sdkTypeFor: (type) => LOOSE[type] ?? (CUSTOM.test(type) ? looseObject(type, "spec") : undefined),
};
