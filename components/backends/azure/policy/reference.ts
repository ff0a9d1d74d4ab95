import type { PolicyNode } from "./xml.ts";

/**
 * The part of API Management's policy reference that the compiler writes: which attributes an element has, which are required, and what may
 * stand in it in which order. Source: the vendor's policy reference, page of each policy.
 */

interface ElementRule {
  readonly required?: readonly string[];
  readonly optional?: readonly string[];
  /** Child elements in their order; `*` any number, `+` at least one, `?` at most one, none exactly one. Default: no child elements. */
  readonly children?: readonly string[];
  /** Any policies in any order. */
  readonly policies?: true;
  /** Text instead of children. */
  readonly text?: "required" | "optional";
}

type Section = "inbound" | "backend" | "outbound" | "on-error";
const EVERYWHERE: readonly Section[] = ["inbound", "backend", "outbound", "on-error"];
const INBOUND: readonly Section[] = ["inbound"];

/** Policies, and the sections each may stand in; inside fragments the section of the including document counts. */
const POLICIES: Readonly<Record<string, readonly Section[]>> = {
  choose: EVERYWHERE,
  "forward-request": ["backend"],
  "include-fragment": EVERYWHERE,
  "ip-filter": INBOUND,
  "limit-concurrency": EVERYWHERE,
  "quota-by-key": INBOUND,
  "rate-limit-by-key": INBOUND,
  retry: EVERYWHERE,
  "return-response": EVERYWHERE,
  "rewrite-uri": INBOUND,
  "set-backend-service": ["inbound", "backend"],
  "set-header": EVERYWHERE,
  "set-variable": EVERYWHERE,
  "validate-client-certificate": INBOUND,
  "validate-jwt": INBOUND,
};

const ELEMENTS: Readonly<Record<string, ElementRule>> = {
  policies: { children: ["inbound", "backend", "outbound", "on-error"] },
  inbound: { policies: true },
  backend: { policies: true },
  outbound: { policies: true },
  "on-error": { policies: true },
  fragment: { policies: true },
  choose: { children: ["when+", "otherwise?"] },
  when: { required: ["condition"], policies: true },
  otherwise: { policies: true },
  "forward-request": {
    optional: ["timeout", "timeout-ms", "follow-redirects", "buffer-request-body", "fail-on-error-status-code"],
  },
  "include-fragment": { required: ["fragment-id"] },
  "ip-filter": { required: ["action"], children: ["address*", "address-range*"] },
  address: { text: "required" },
  "address-range": { required: ["from", "to"] },
  "limit-concurrency": { required: ["key", "max-count"], policies: true },
  "quota-by-key": { required: ["calls", "renewal-period", "counter-key"], optional: ["first-period-start"] },
  "rate-limit-by-key": { required: ["calls", "renewal-period", "counter-key"], optional: ["retry-after-variable-name"] },
  retry: { required: ["condition", "count", "interval"], optional: ["first-fast-retry"], policies: true },
  "return-response": { children: ["set-status?", "set-header*", "set-body?"] },
  "set-status": { required: ["code", "reason"] },
  "set-body": { text: "required" },
  "rewrite-uri": { required: ["template"], optional: ["copy-unmatched-params"] },
  "set-backend-service": { required: ["backend-id"] },
  "set-header": { required: ["name", "exists-action"], children: ["value*"] },
  value: { text: "optional" },
  "set-variable": { required: ["name", "value"] },
  "validate-client-certificate": {
    optional: ["validate-revocation", "validate-trust", "validate-not-before", "validate-not-after", "ignore-error"],
    children: ["identities?"],
  },
  identities: { children: ["identity+"] },
  identity: { optional: ["thumbprint", "serial-number", "common-name", "subject", "dns-name", "issuer-subject", "issuer-thumbprint"] },
  "validate-jwt": {
    required: ["token-value"],
    optional: ["failed-validation-httpcode", "require-expiration-time", "require-signed-tokens", "clock-skew"],
    children: ["openid-config*", "issuer-signing-keys?", "audiences?", "issuers?"],
  },
  "openid-config": { required: ["url"] },
  "issuer-signing-keys": { children: ["key+"] },
  key: { optional: ["id"], required: ["n", "e"] },
  audiences: { children: ["audience+"] },
  audience: { text: "required" },
  issuers: { children: ["issuer+"] },
  issuer: { text: "required" },
};

/** Compares a document with the reference. @throws naming the element, because only a fault of the compiler can lead there. */
export function checkPolicy(root: PolicyNode): void {
  if (root.name !== "policies" && root.name !== "fragment") throw new Error(`a policy document cannot begin with <${root.name}>`);
  check(root, root.name, undefined);
}

function check(node: PolicyNode, path: string, section: Section | undefined): void {
  const rule = ELEMENTS[node.name];
  if (rule === undefined) throw new Error(`${path}: the policy reference has no <${node.name}>`);
  checkAttributes(node, rule, path);
  const { children } = node;
  if (!Array.isArray(children)) {
    if (rule.text === undefined) throw new Error(`${path}: <${node.name}> takes no text`);
    return;
  }
  const nodes = children as readonly PolicyNode[];
  if (rule.text === "required") throw new Error(`${path}: <${node.name}> needs text`);
  const inner = path === `policies/${node.name}` ? (node.name as Section) : section;
  if (rule.policies) checkSection(nodes, path, inner);
  else checkOrder(nodes, rule.children ?? [], path);
  if (inner === "backend" && path === "policies/backend" && nodes.length !== 1)
    throw new Error(`${path}: the backend section holds exactly one policy`);
  for (const child of nodes) check(child, `${path}/${child.name}`, inner);
}

function checkAttributes({ name, attributes }: PolicyNode, { required = [], optional = [] }: ElementRule, path: string): void {
  for (const attribute of required) if (attributes[attribute] === undefined) throw new Error(`${path}: <${name}> needs ${attribute}`);
  for (const attribute of Object.keys(attributes))
    if (!required.includes(attribute) && !optional.includes(attribute)) throw new Error(`${path}: <${name}> has no attribute ${attribute}`);
}

function checkSection(nodes: readonly PolicyNode[], path: string, section: Section | undefined): void {
  for (const { name } of nodes) {
    const sections = POLICIES[name];
    if (sections === undefined) throw new Error(`${path}: <${name}> is no policy`);
    if (section !== undefined && !sections.includes(section)) throw new Error(`${path}: <${name}> cannot stand in ${section}`);
  }
}

function checkOrder(nodes: readonly PolicyNode[], expected: readonly string[], path: string): void {
  let at = 0;
  for (const item of expected) {
    const name = item.replace(/[*+?]$/, "");
    const many = /[*+]$/.test(item);
    let found = 0;
    while (nodes[at]?.name === name && (many || found === 0)) {
      at++;
      found++;
    }
    if (found === 0 && !/[*?]$/.test(item)) throw new Error(`${path}: <${name}> is missing or out of order`);
  }
  const extra = nodes[at];
  if (extra !== undefined) throw new Error(`${path}: <${extra.name}> is out of order or too many`);
}
