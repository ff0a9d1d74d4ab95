import { PlainSecret } from "../../automation/plan/recorder.ts";

/** One way to weaken what stands at a place. */
export interface Operator {
  readonly name: string;
  /** What to put there instead; `REMOVED` takes it out, undefined when the operator has nothing to do here. */
  readonly apply: (value: unknown, key: string) => unknown;
}

export const REMOVED = Symbol("removed");

const CIDR = /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;
const REFERENCE = /^(\$\{)([^.}]+)(\..*)$/s;
/** Letters and digits of keys that carry nothing but a name for people. */
const URL_LIKE = /^https?:\/\//;

const TLS: readonly (readonly [RegExp, string])[] = [
  [/^TLSv1_[23]$/, "TLSv1_0"],
  [/^TLS_1_[23]$/, "TLS_1_0"],
  [/^TLSv1\.[23](_20\d\d)?$/, "TLSv1"],
  [/^SecurityPolicy_TLS13.*$/, "TLS_1_0"],
  [/^ELBSecurityPolicy-TLS13.*$/, "ELBSecurityPolicy-2016-08"],
  [/^(Tls12|TLS1_2|TLS12|1\.2|1\.3|TLS1_3)$/, "1.0"],
  [/^RESTRICTED$/, "COMPATIBLE"],
];

/** Words that say how strictly something is done, and the laxer word. */
const LAXER: Readonly<Record<string, unknown>> = {
  REJECT_REQUEST: "KEEP_UNCHANGED",
  DROP_HEADER: "ALLOW",
  SANITIZE: "ALWAYS_FORWARD_ONLY",
  DENY: "ALLOW",
  ALLOW: "DENY",
  REJECT_INVALID: "ALLOW_INVALID_OR_MISSING_CLIENT_CERT",
  required: "optional",
  block: "allow",
  "https-only": "allow-all",
  "redirect-to-https": "allow-all",
  "deny(403)": "allow",
  "deny(404)": "allow",
  "deny(429)": "allow",
  Deny: "Allow",
  GREATER: "LESS",
  INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER: "INGRESS_TRAFFIC_ALL",
  enforced: "inherited",
  HTTPS: "HTTP",
  Prevention: "Detection",
  Enabled: "Disabled",
  Disabled: "Enabled",
};

export const OPERATORS: readonly Operator[] = [
  { name: "remove", apply: () => REMOVED },
  { name: "flip a switch", apply: (value) => (typeof value === "boolean" ? !value : undefined) },
  { name: "widen an address block", apply: (value) => (typeof value === "string" && CIDR.test(value) ? "0.0.0.0/0" : undefined) },
  {
    name: "lower a TLS setting",
    apply: (value) => (typeof value === "string" ? TLS.find(([pattern]) => pattern.test(value))?.[1] : undefined),
  },
  { name: "take a laxer word", apply: (value) => (typeof value === "string" && Object.hasOwn(LAXER, value) ? LAXER[value] : undefined) },
  {
    name: "raise a limit",
    apply: (value) => (typeof value === "number" && Number.isFinite(value) && value > 0 ? value * 1000 + 7 : undefined),
  },
  { name: "lower a number to nothing", apply: (value) => (typeof value === "number" && value > 0 ? 0 : undefined) },
  {
    name: "refer to something else",
    apply: (value) => {
      const found = typeof value === "string" ? REFERENCE.exec(value) : null;
      return found ? `${found[1]}somebody-elses${found[3]}` : undefined;
    },
  },
  {
    name: "name another issuer or server",
    apply: (value) =>
      typeof value === "string" && URL_LIKE.test(value) ? value.replace(/^https?:\/\/[^/]+/, "https://evil.example") : undefined,
  },
  {
    name: "change a text",
    apply: (value) =>
      typeof value === "string" &&
      value !== "" &&
      !CIDR.test(value) &&
      !REFERENCE.test(value) &&
      !URL_LIKE.test(value) &&
      !Object.hasOwn(LAXER, value)
        ? `${value}x`
        : undefined,
  },
  { name: "blank a text", apply: (value) => (typeof value === "string" && value !== "" ? "" : undefined) },
  { name: "empty a list", apply: (value) => (Array.isArray(value) && value.length > 0 ? [] : undefined) },
  { name: "show a secret", apply: (value) => (value instanceof PlainSecret ? value.value : undefined) },
];
