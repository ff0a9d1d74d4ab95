import type * as pulumi from "@pulumi/pulumi";
import type { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import type { Options } from "./keys.ts";
import type { Lifetime } from "./settings.ts";

/**
 * Says when a certificate is due that its own provider never renews (AWS Private CA, Google's CA Service): a certificate nobody is shown, of the same
 * key and the same lifetime, which the `tls` provider replaces in time. What it hands out is a `replacementTrigger`.
 */
export function renewalClock(
  name: string,
  key: PrivateKey,
  { validityHours, earlyRenewalHours }: Lifetime,
  opts: Options,
): pulumi.Output<string> {
  return new SelfSignedCert(
    `${name}-clock`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName: "renewal clock, never shown" },
      allowedUses: [],
      validityPeriodHours: validityHours,
      earlyRenewalHours,
    },
    opts(),
  ).validityEndTime;
}
