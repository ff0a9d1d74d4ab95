import { newKey } from "../../core/pki.ts";
import type { Rule, RuleContext } from "../../core/rule.ts";
import { hex, text, type Values } from "../../core/values.ts";

export const SOURCE =
  "SDK typings of @pulumiverse/acme 0.16; vancluever/terraform-provider-acme (renewal in place under the same key, revocation on delete only); RFC 8555";
export const REGISTRATION = "acme:index/registration:Registration";

/** Directory of the provider instance. */
export const directoryOf = ({ account }: RuleContext): string =>
  text(account.config.serverUrl ?? "https://acme-v02.api.letsencrypt.org/directory");

/** Notes what the authority was asked besides the resource itself, such as a revocation; its name is the one of RFC 8555 §7.1. */
export function asked({ cloud, urn, name, id }: RuleContext, request: "newAccount" | "deactivate" | "newOrder" | "revokeCert"): void {
  const now = performance.timeOrigin + performance.now();
  cloud.note({ operation: "invoke", type: `acme:${request}`, name, urn, id, start: now, end: now });
}

function accountKey({ inputs, previous }: RuleContext): string {
  const kept = text(inputs.accountKeyPem ?? previous.accountKeyPem);
  if (kept !== "") return kept;
  const { accountKeyAlgorithm, accountKeyEcdsaCurve, accountKeyRsaBits } = { ...DEFAULTS, ...inputs } as typeof DEFAULTS;
  return accountKeyAlgorithm === "RSA"
    ? newKey({ algorithm: "RSA", bits: accountKeyRsaBits }).export({ format: "pem", type: "pkcs1" }).toString()
    : newKey({ algorithm: "ECDSA", curve: accountKeyEcdsaCurve }).export({ format: "pem", type: "sec1" }).toString();
}

const DEFAULTS = {
  accountKeyAlgorithm: "ECDSA" as "ECDSA" | "RSA",
  accountKeyEcdsaCurve: "P384" as "P256" | "P384",
  accountKeyRsaBits: 4096,
};

function allowed(inputs: Values, property: keyof typeof DEFAULTS, values: readonly unknown[]): { property: string; reason: string }[] {
  const value = inputs[property];
  return value === undefined || values.includes(value)
    ? []
    : [{ property, reason: `expected ${property} to be one of [${values.join(" ")}], got ${text(value)}` }];
}

/** An account at the authority; deleting it deactivates the account. */
export const registration: Rule = {
  type: REGISTRATION,
  source: SOURCE,
  replaceOn: [
    "accountKeyPem",
    "accountKeyAlgorithm",
    "accountKeyEcdsaCurve",
    "accountKeyRsaBits",
    "emailAddress",
    "externalAccountBinding",
  ],
  computedDefaults: () => DEFAULTS,
  check: (inputs) => [
    ...allowed(inputs, "accountKeyAlgorithm", ["RSA", "ECDSA"]),
    ...allowed(inputs, "accountKeyEcdsaCurve", ["P256", "P384"]),
    ...allowed(inputs, "accountKeyRsaBits", [2048, 3072, 4096]),
  ],
  // Whoever registers a key again is given the account that has it (RFC 8555 §7.3.1).
  adopts: true,
  id: (context) => {
    const { accountKeyPem } = context.inputs;
    const digits = accountKeyPem === undefined ? context.hex(8) : hex(8, accountKeyPem);
    return new URL(`/acme/acct/${Number.parseInt(digits, 16)}`, directoryOf(context)).href;
  },
  outputs: (context) => ({ accountKeyPem: accountKey(context), registrationUrl: context.id }),
  effect: (context) => {
    if (context.operation === "create") asked(context, "newAccount");
    if (context.operation === "delete") asked(context, "deactivate");
  },
};
