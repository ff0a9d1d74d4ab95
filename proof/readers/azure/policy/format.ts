import { unreadable } from "./csharp.ts";
import { everything, expressions, isExpression, type Node } from "./nodes.ts";

/**
 * The policy language as its reader understands it: every element, every attribute and what may stand in it. What is not here is reported,
 * so that nothing in a policy passes unread. Source: the vendor's policy reference, page of each policy. Attributes whose default is another
 * value than the one wanted here have to be written.
 */
interface Element {
  /** What an attribute may say; all have to be there but those of `optional`. */
  readonly attributes?: Readonly<Record<string, RegExp>>;
  readonly optional?: Readonly<Record<string, RegExp>>;
  /** Elements inside, any number of each unless `exactly`. */
  readonly children?: readonly string[];
  /** Fewest elements inside. @default 0 */
  readonly least?: number;
  /** Text inside. */
  readonly text?: RegExp;
  /** Sections it may stand in. @default all */
  readonly sections?: readonly string[];
}

const ANY = /^[\s\S]+$/;
const CODE = /^@[({][\s\S]*[)}]$/;
const NAME = /^[A-Za-z]\w*$/;
const WHOLE = /^[1-9]\d{0,9}$/;
const ADDRESS = /^(\d{1,3}\.){3}\d{1,3}$/;
const TRUE = /^true$/;
const FALSE = /^false$/;
/** Lower case, as HTTP/2 writes names of headers. */
const HEADER = /^[a-z0-9-]+$/;

const POLICIES = [
  "choose",
  "forward-request",
  "include-fragment",
  "ip-filter",
  "limit-concurrency",
  "quota-by-key",
  "rate-limit-by-key",
  "retry",
  "return-response",
  "rewrite-uri",
  "set-backend-service",
  "set-header",
  "set-variable",
  "validate-client-certificate",
  "validate-jwt",
];
const INBOUND = ["inbound"];

const ELEMENTS: Readonly<Record<string, Element>> = {
  policies: { children: ["inbound", "backend", "outbound", "on-error"], least: 4 },
  inbound: { children: POLICIES, least: 1 },
  backend: { children: POLICIES, least: 1 },
  outbound: { children: POLICIES },
  "on-error": { children: POLICIES, least: 1 },
  fragment: { children: POLICIES, least: 1 },
  choose: { children: ["when", "otherwise"], least: 1 },
  when: { attributes: { condition: CODE }, children: POLICIES, least: 1 },
  otherwise: { children: POLICIES, least: 1 },
  "forward-request": {
    attributes: { "timeout-ms": CODE, "follow-redirects": FALSE, "fail-on-error-status-code": FALSE },
    optional: { "buffer-request-body": TRUE },
    sections: ["backend"],
  },
  "include-fragment": { attributes: { "fragment-id": ANY } },
  "ip-filter": { attributes: { action: /^(allow|forbid)$/ }, children: ["address", "address-range"], least: 1, sections: INBOUND },
  address: { text: ADDRESS },
  "address-range": { attributes: { from: ADDRESS, to: ADDRESS } },
  "limit-concurrency": { attributes: { key: CODE, "max-count": WHOLE }, children: POLICIES, least: 1 },
  "quota-by-key": {
    attributes: { calls: WHOLE, "renewal-period": /^(0|[1-9]\d*)$/, "counter-key": CODE },
    optional: { "first-period-start": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/ },
    sections: INBOUND,
  },
  "rate-limit-by-key": {
    // The platform counts over 300 seconds at most.
    attributes: { calls: WHOLE, "renewal-period": /^([1-9]\d?|[12]\d\d|300)$/, "counter-key": CODE, "retry-after-variable-name": NAME },
    sections: INBOUND,
  },
  retry: {
    attributes: { condition: CODE, count: /^([1-9]|[1-4]\d|50)$/, interval: WHOLE, "first-fast-retry": TRUE },
    children: POLICIES,
    least: 1,
  },
  "return-response": { children: ["set-status", "set-header", "set-body"], least: 1 },
  "set-status": { attributes: { code: /^\d{3}$|^@[({]/, reason: ANY } },
  "set-body": { text: CODE },
  "rewrite-uri": { attributes: { template: CODE, "copy-unmatched-params": TRUE }, sections: INBOUND },
  "set-backend-service": { attributes: { "backend-id": CODE }, sections: INBOUND },
  "set-header": { attributes: { name: HEADER, "exists-action": /^(override|append|delete)$|^@[({]/ }, children: ["value"] },
  value: { text: ANY },
  "set-variable": { attributes: { name: NAME, value: CODE } },
  "validate-client-certificate": {
    // Revocation lists are not among what the document offers on Azure.
    attributes: {
      "validate-revocation": FALSE,
      "validate-trust": TRUE,
      "validate-not-before": TRUE,
      "validate-not-after": TRUE,
      "ignore-error": FALSE,
    },
    children: ["identities"],
    least: 1,
    sections: INBOUND,
  },
  identities: { children: ["identity"], least: 1 },
  identity: { attributes: { "issuer-thumbprint": /^[0-9A-F]{40}$/ }, optional: { "dns-name": ANY } },
  "validate-jwt": {
    attributes: {
      "token-value": CODE,
      "failed-validation-httpcode": /^401$/,
      "require-expiration-time": TRUE,
      "require-signed-tokens": TRUE,
      "clock-skew": /^([0-9]|[1-5]\d|60)$/,
    },
    children: ["openid-config", "issuer-signing-keys", "audiences", "issuers"],
    least: 3,
    sections: INBOUND,
  },
  "openid-config": { attributes: { url: /^https:\/\/[^/]+\/\S*$/ } },
  "issuer-signing-keys": { children: ["key"], least: 1 },
  key: { attributes: { n: /^[\w-]{300,}$/, e: /^[\w-]+$/ }, optional: { id: /^[\w.~+/=-]{1,200}$/ } },
  audiences: { children: ["audience"], least: 1 },
  audience: { text: CODE },
  issuers: { children: ["issuer"], least: 1 },
  issuer: { text: CODE },
};

/**
 * What in a policy document is not understood, or would not be taken by the service; fragments are read where they are included. A policy that
 * answers every request itself has a bare `forward-request`, because the section must not be empty.
 */
export function formatFaults(root: Node, fragments: Readonly<Record<string, Node>>, answersAll = false): string[] {
  const faults: string[] = [];
  visit(root, "policies", undefined, fragments, faults);
  const bare = answersAll ? attributeFaults(BARE) : [];
  return faults.filter((fault) => !bare.includes(fault));
}

function visit(
  node: Node,
  expected: string,
  section: string | undefined,
  fragments: Readonly<Record<string, Node>>,
  faults: string[],
  depth = 0,
): void {
  const element = ELEMENTS[node.name];
  if (element === undefined || (depth === 0 && node.name !== expected)) {
    faults.push(`no reader knows <${node.name}> here`);
    return;
  }
  const { children = [], least = 0, text, sections } = element;
  if (sections && section !== undefined && !sections.includes(section)) faults.push(`<${node.name}> stands in ${section}`);
  attributesOf(node, element, faults);
  if (node.name === "retry" && everything(node).some((one) => one.name === "forward-request" && !one.attributes["buffer-request-body"]))
    faults.push("<forward-request> is repeated without its body");
  if (node.children.length < least) faults.push(`<${node.name}> has ${node.children.length} elements inside`);
  for (const child of node.children) if (!children.includes(child.name)) faults.push(`<${child.name}> stands in <${node.name}>`);
  const own = node.text.trim();
  if (text === undefined ? own !== "" : !text.test(own)) faults.push(`<${node.name}> says ${own.slice(0, 60) || "nothing"}`);
  if (node.name === "set-header") valuesOf(node, faults);
  const inner = node.name in SECTIONS ? node.name : section;
  for (const child of node.children) visit(child, "", inner, fragments, faults, depth + 1);
  if (node.name === "include-fragment") {
    const fragment = fragments[node.attributes["fragment-id"] ?? ""];
    if (fragment === undefined || fragment.name !== "fragment")
      faults.push(`${node.attributes["fragment-id"]} is no fragment of this service`);
    else visit(fragment, "fragment", inner, fragments, faults, depth + 1);
  }
}

const BARE: Node = { name: "forward-request", attributes: {}, children: [], text: "" };

function attributeFaults(node: Node): string[] {
  const faults: string[] = [];
  attributesOf(node, ELEMENTS[node.name] ?? {}, faults);
  return faults;
}

const SECTIONS: Readonly<Record<string, true>> = { inbound: true, backend: true, outbound: true, "on-error": true };

function attributesOf({ name, attributes }: Node, { attributes: required = {}, optional = {} }: Element, faults: string[]): void {
  for (const [attribute, pattern] of Object.entries({ ...optional, ...required })) {
    const value = attributes[attribute];
    if (value === undefined ? attribute in required : !pattern.test(value.trim())) faults.push(`${attribute} of <${name}> is ${value}`);
  }
  for (const attribute of Object.keys(attributes))
    if (!(attribute in required) && !(attribute in optional)) faults.push(`no reader knows ${attribute} of <${name}>`);
}

/** A header that is set has a value, one that is removed has none. */
function valuesOf({ attributes, children }: Node, faults: string[]): void {
  const removes = attributes["exists-action"] === "delete";
  if (removes ? children.length > 0 : children.length !== 1)
    faults.push(`<set-header name="${attributes.name}"> has ${children.length} values`);
}

/** Expressions this reader cannot read, variables nobody sets or nobody reads. `unset`: those that may be missing where they are asked for. */
export function expressionFaults(roots: readonly Node[], unset: readonly string[]): string[] {
  const faults: string[] = [];
  const read = new Set<string>();
  const set = new Set<string>();
  for (const root of roots) {
    for (const code of expressions(root)) {
      const fault = unreadable(code);
      if (fault !== undefined) faults.push(fault);
      for (const [, name = ""] of code.matchAll(/Variables(?:\.GetValueOrDefault<string>\(|\.ContainsKey\(|\[)"(\w+)"/g)) read.add(name);
    }
    for (const { attributes, name } of everything(root)) {
      if (name === "set-variable") set.add(attributes.name ?? "");
      const after = attributes["retry-after-variable-name"];
      if (after !== undefined) set.add(after);
      for (const value of Object.values(attributes))
        if (!isExpression(value) && /@[({]|\{\{/.test(value)) faults.push(`<${name}> mixes text and code: ${value.slice(0, 60)}`);
    }
  }
  for (const name of set) if (!read.has(name)) faults.push(`nobody reads the variable ${name}`);
  for (const name of read) if (!set.has(name) && !unset.includes(name)) faults.push(`nobody sets the variable ${name}`);
  return faults;
}
