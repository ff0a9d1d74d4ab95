import { CloudError, type Rule, type RuleSet } from "../../core/rule.ts";
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

const NETWORK_POLICY: SdkType = {
  token: "kubernetes:networking.k8s.io/v1:NetworkPolicy",
  inputs: new Set(["apiVersion", "kind", "metadata", "spec"]),
  required: new Set(),
  outputs: new Map(["apiVersion", "kind", "metadata", "spec"].map((name) => [name, { type: "object", optional: false, computed: false }])),
  secretInputs: new Set(),
  secretOutputs: new Set(),
  apiVersion: undefined,
};

export const ruleSet: RuleSet = {
  name: "kubernetes",
  rules: [
    object("core/v1:Namespace"),
    object("core/v1:ServiceAccount"),
    immutable("core/v1:ConfigMap", "data"),
    immutable("core/v1:Secret", "stringData"),
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
  // The class lies in a folder that is not called like the group.
  sdkTypeFor: (type) => (type === "kubernetes:networking.k8s.io/v1:NetworkPolicy" ? NETWORK_POLICY : undefined),
};
