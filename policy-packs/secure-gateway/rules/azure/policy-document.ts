import { DOMParser, type Document, type Element } from "@xmldom/xmldom";
import { fail, PASS, type Rule, shown, undecided, type Verdict } from "../rule.ts";
import { read, type Subject } from "../subject.ts";

const POLICIES = ["Policy", "ProductPolicy", "ApiPolicy", "ApiOperationPolicy", "PolicyFragment"].map(
  (name) => `azure-native:apimanagement:${name}`,
);

/** Elements of a policy document by name; undefined when the document is not known, empty when it has none. */
function elements(subject: Subject, name: string): Element[] | undefined {
  const value = read(subject, "value");
  if (!value.known) return undefined;
  return [...documentOf(String(value.value ?? "")).getElementsByTagName(name)];
}

/** Documents read last, oldest first; every rule asks for each document of a stack in turn. */
const parsed = new Map<string, Document>();
const KEPT = 32;

function documentOf(text: string): Document {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const document = new DOMParser({ onError: () => {} }).parseFromString(text.replace(/&(?![a-z#0-9]+;)/gi, "&amp;"), "text/xml");
  parsed.set(text, document);
  const [oldest] = parsed.keys();
  if (parsed.size > KEPT && oldest !== undefined) parsed.delete(oldest);
  return document;
}

/** A rule about one element of policy documents: every one has to hold. */
function element(name: string, problem: (element: Element) => string | undefined) {
  return (subject: Subject): Verdict => {
    let found: Element[] | undefined;
    try {
      found = elements(subject, name);
    } catch (error) {
      // The raw form lets expressions stand unescaped: only API Management itself reads all of it.
      const format = read(subject, "format");
      if (format.known && String(format.value ?? "").startsWith("rawxml")) return undecided("value");
      return fail("value", `is not well-formed XML: ${(error as Error).message.split("\n")[0]}`);
    }
    if (found === undefined) return undecided("value");
    for (const one of found) {
      const wrong = problem(one);
      if (wrong !== undefined) return fail("value", `<${name}> ${wrong}`);
    }
    return PASS;
  };
}

const isFalse = (one: Element, attribute: string) => one.getAttribute(attribute)?.trim().toLowerCase() === "false";

export const jwtChecks: Rule = {
  id: "azure-apim-jwt-checks",
  title: "Have tokens signed, and let them expire",
  why: "An unsigned token can be written by anybody; one without expiry is good for ever.",
  remedy: "Leave require-signed-tokens and require-expiration-time of validate-jwt true, and name issuer and audience.",
  severity: "critical",
  level: "mandatory",
  sources: ["RFC 8725"],
  types: POLICIES,
  judge: element("validate-jwt", (one) => {
    for (const attribute of ["require-signed-tokens", "require-expiration-time"])
      if (isFalse(one, attribute)) return `sets ${attribute} to false`;
    const names = ["openid-config", "issuer-signing-keys", "decryption-keys"];
    if (names.every((name) => one.getElementsByTagName(name).length === 0)) return "names no keys";
    if (one.getElementsByTagName("audience").length === 0) return "names no audience";
    return one.getElementsByTagName("issuer").length === 0 && one.getElementsByTagName("openid-config").length === 0
      ? "names no issuer"
      : undefined;
  }),
};

export const backendScheme: Rule = {
  id: "azure-apim-policy-backend-https",
  title: "Send requests to https:// addresses",
  why: "On plain HTTP whoever sits between reads and changes requests.",
  remedy: "Use https:// in base-url.",
  severity: "critical",
  level: "mandatory",
  sources: ["Azure Policy: API Management calls to API backends should be encrypted"],
  types: POLICIES,
  judge: element("set-backend-service", (one) => {
    const url = one.getAttribute("base-url") ?? "";
    return /^(http|ws):/i.test(url) ? `sends to ${shown(url)}` : undefined;
  }),
};

export const corsCredentials: Rule = {
  id: "azure-apim-cors-credentials",
  title: "Let no foreign page use a visitor's credentials",
  why: "Every origin together with credentials hands each visitor's session to any web page.",
  remedy: "Name the origins, or leave allow-credentials false.",
  severity: "high",
  level: "mandatory",
  sources: ["CWE-942"],
  types: POLICIES,
  judge: element("cors", (one) => {
    const credentials = one.getAttribute("allow-credentials")?.toLowerCase() === "true";
    const any = [...one.getElementsByTagName("origin")].some(({ textContent }) => textContent?.trim() === "*");
    return credentials && any ? "allows every origin with credentials" : undefined;
  }),
};

export const clientCertificateChecks: Rule = {
  id: "azure-apim-client-certificate-checks",
  title: "Check client certificates completely",
  why: "A certificate whose dates or chain nobody checks proves nothing.",
  remedy: "Leave validate-trust, validate-not-before and validate-not-after true, or name the accepted identities by thumbprint or issuer.",
  severity: "high",
  level: "mandatory",
  sources: ["Microsoft Learn: validate client certificate policy"],
  types: POLICIES,
  judge: element("validate-client-certificate", (one) => {
    for (const attribute of ["validate-not-before", "validate-not-after"]) if (isFalse(one, attribute)) return `sets ${attribute} to false`;
    return isFalse(one, "validate-trust") && one.getElementsByTagName("identity").length === 0
      ? "sets validate-trust to false and names no identity"
      : undefined;
  }),
};
