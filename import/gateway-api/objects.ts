import { show } from "../../components/spec/show.ts";
import type { Field } from "../reader.ts";

/** A Kubernetes object of the input. */
export interface KubeObject {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly root: Field;
  readonly spec: Field | undefined;
}

const GROUPS = /^(gateway\.networking\.k8s\.io|gateway\.envoyproxy\.io|v1$)/;

/** Lists are opened; what is bookkeeping of the cluster is reported as such. */
export function readObjects(roots: readonly Field[]): KubeObject[] {
  return roots.flatMap((root) => {
    if (root.text("kind") === "List") {
      root.text("apiVersion");
      root.leaveAll(["metadata"], "operation", "bookkeeping of the cluster", "nothing to do");
      return readObjects(root.maps("items"));
    }
    const version = root.text("apiVersion") ?? "";
    const kind = root.text("kind") ?? "";
    const metadata = root.map("metadata");
    for (const [key, field] of metadata?.entries() ?? [])
      if (key !== "name" && key !== "namespace") field.leave("operation", "bookkeeping of the cluster", "nothing to do");
    const [name, namespace] = [metadata?.text("name") ?? "", metadata?.text("namespace") ?? "default"];
    root.label(`${kind}/${name}`);
    root.leaveAll(["status"], "operation", "what the cluster says about the object", "nothing to do");
    if (!GROUPS.test(version)) {
      root.leave("unknown", `${show(kind)} of ${show(version)} is not known`, "see what it does and say it in the document");
      return [];
    }
    return [{ kind, name, namespace, root, spec: root.map("spec") }];
  });
}

/** Whether the policy is about an object: by `targetRefs` or the older `targetRef`. */
export interface Target {
  readonly kind: string;
  readonly name: string;
  readonly section: string | undefined;
}

export function targetsOf(object: KubeObject): Target[] {
  const { spec } = object;
  const listed = spec?.maps("targetRefs") ?? [];
  const one = spec?.map("targetRef");
  return [...listed, ...(one ? [one] : [])].map((ref) => {
    ref.leaveAll(["group", "namespace"], "operation", "how objects name one another", "nothing to do");
    return { kind: ref.text("kind") ?? "", name: ref.text("name") ?? "", section: ref.text("sectionName") };
  });
}
