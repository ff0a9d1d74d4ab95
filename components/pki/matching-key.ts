import * as pulumi from "@pulumi/pulumi";
import { inspectKey } from "./preflight/key.ts";

/**
 * The key as it is, once it has been compared with the certificate; that is possible only where the secret's value is.
 *
 * @param chain The certificate the key is for, and what goes with it, PEM
 * @param path Where the document names the secret
 * @throws RunError when the secret is no usable private key, or another certificate's
 */
export function matchingKey(privateKey: pulumi.Output<string>, chain: string, path: string): pulumi.Output<string> {
  return privateKey.apply((pem) => {
    const [problem] = inspectKey(pem, chain);
    if (problem) throw new pulumi.RunError(`${path}: ${problem.message}; ${problem.remedy}`);
    return pem;
  });
}
