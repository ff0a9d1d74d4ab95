import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";

/**
 * The cluster of the stack's configuration (`kubernetes:kubeconfig`, `kubernetes:context`; else the one of KUBECONFIG), with Secrets that are changed in
 * place. By default the provider deletes a changed Secret and makes another: for a moment the ingress gateway would have no certificate.
 */
export function cluster(name: string, opts: pulumi.CustomResourceOptions): Provider {
  const config = new pulumi.Config("kubernetes");
  const kubeconfig = config.getSecret("kubeconfig");
  const context = config.get("context");
  return new Provider(
    `${name}-cluster`,
    { enableSecretMutable: true, ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) },
    opts,
  );
}
