import { kubernetesName } from "../pki/distribution/kubernetes-name.ts";
import type { GatewayModel } from "../spec/model.ts";
import type { MeshSettings } from "./settings.ts";

/** The mesh of a document. */
export function meshSettings(model: GatewayModel): MeshSettings {
  const kubernetes = model.internal?.kubernetes;
  if (kubernetes?.mesh === undefined) throw new Error("the document has no mesh");
  const { trustDomain, systemNamespace, ingress } = kubernetes.mesh;
  return {
    namespace: kubernetes.namespace,
    trustDomain,
    systemNamespace,
    ingress,
    hostname: model.hostname,
    services: Object.values(model.internal?.services ?? {}).map(({ name, serviceAccount, port, dnsNames, callers }) => ({
      name: kubernetesName(name),
      serviceAccount,
      port,
      hosts: dnsNames,
      callers: callers.map(kubernetesName),
    })),
  };
}
