import { show } from "../../components/spec/show.ts";
import { corsOf } from "../cors.ts";
import type { Draft } from "../draft.ts";
import type { Weight } from "../leftovers.ts";
import { readApi } from "../openapi/api.ts";
import type { Field } from "../reader.ts";
import { backendUrl, headerPair, isComputed, milliseconds } from "../values.ts";
import { readIpFilter } from "./addresses.ts";
import { readLimit, readQuota } from "./limits.ts";
import { readEntraToken, readJwt } from "./tokens.ts";

/** The OpenAPI export of an API in API Management. Its address at Azure is not kept. */
export function readAzureApi(root: Field, draft: Draft): void {
  readApi(root, draft, {
    ownServer: (host, basePath, server, api) => {
      if (!host.endsWith(".azure-api.net")) return false;
      server.at(server.has("url") ? "url" : "host")?.leave("behaviour", `the service's own address ${host} stays closed`, "give hostname");
      api.basePath = basePath;
      return true;
    },
  });
}

type Rule = (policy: Field, draft: Draft, section: string) => void;

const RULES: Readonly<Record<string, Rule>> = {
  base: (policy, _draft, section) =>
    section === "inbound"
      ? policy.leave(
          "protection",
          "policies of outer scopes (product, all APIs) apply too and are not in this file",
          "import them with another -f",
        )
      : policy.leave("operation", "policies of outer scopes apply too", "nothing to do"),
  "validate-jwt": readJwt,
  "validate-azure-ad-token": readEntraToken,
  "ip-filter": readIpFilter,
  "rate-limit": readLimit,
  "rate-limit-by-key": readLimit,
  quota: readQuota,
  cors: readCors,
  "set-header": readHeader,
  "set-backend-service": readBackend,
  "forward-request": readForward,
};

/** Policies that cannot be carried over but whose meaning is known. All others are reported as not understood. */
const KNOWN: Readonly<Record<string, readonly [Weight, string, string]>> = {
  "quota-by-key": ["protection", "a quota by a key of its own", "say quota in plans"],
  "check-header": ["protection", "a header every request must have", "have the service check it"],
  "validate-client-certificate": [
    "protection",
    "client certificates are checked",
    "say tls.clientValidation and clientCertificate in require",
  ],
  "validate-content": ["protection", "bodies are validated", "have the service validate them"],
  "validate-parameters": ["protection", "parameters are validated", "have the service validate them"],
  "validate-headers": ["protection", "headers are validated", "have the service validate them"],
  "authentication-basic": ["protection", "the gateway shows the backend a password", "say tls.clientCertificate of the backend"],
  "authentication-certificate": ["protection", "the gateway shows the backend a certificate", "say tls.clientCertificate of the backend"],
  "authentication-managed-identity": [
    "protection",
    "the gateway shows the backend a token of its own",
    "say tls.clientCertificate of the backend",
  ],
  choose: ["behaviour", "a condition; what stands in it was not carried over", "say it with routes of their own"],
  "rewrite-uri": ["behaviour", "one path for every route", "say rewrite of the routes it is meant for"],
  "return-response": ["behaviour", "the gateway answers itself", "put a service behind the route"],
  "mock-response": ["behaviour", "the gateway answers itself", "put a service behind the route"],
  "cache-lookup": ["behaviour", "answers are cached at the gateway", "have the service or a CDN cache"],
  "cache-store": ["behaviour", "answers are cached at the gateway", "have the service or a CDN cache"],
  "set-query-parameter": ["behaviour", "the query is changed", "have the service read what the client writes"],
  retry: ["behaviour", "requests are repeated on a condition", "say retries of the backend"],
  trace: ["operation", "lines in the gateway's trace", "see observability"],
  "log-to-eventhub": ["operation", "requests are logged to an event hub", "see observability"],
};

/** A policy document: what it does to every route goes into the draft, in the order of its sections. */
export function readPolicies(root: Field, draft: Draft): void {
  const policies = root.map("policies");
  for (const [section, parts] of policies?.entries() ?? []) {
    if (!["inbound", "backend", "outbound", "on-error"].includes(section)) continue;
    for (const part of parts.items())
      for (const [name, list] of part.entries())
        for (const policy of list.items()) {
          const known = KNOWN[name];
          if (RULES[name] !== undefined) RULES[name](policy, draft, section);
          else if (known !== undefined) policy.leave(...known);
        }
  }
}

function readCors(policy: Field, draft: Draft): void {
  const texts = (list: string, entry: string) =>
    policy
      .items(list)
      .flatMap((owner) => owner.items(entry).flatMap((item) => item.entries().flatMap(([key, field]) => (key === "#text" ? field : []))));
  const age = policy.items("allowed-methods").flatMap((owner) => owner.text("@preflight-result-max-age") ?? [])[0];
  const credentials = policy.text("@allow-credentials");
  const unmatched = policy.text("@terminate-unmatched-request");
  if (unmatched === "false")
    policy
      .at("@terminate-unmatched-request")
      ?.leave("behaviour", "preflights from other origins reach the backend", "they get no CORS header");
  draft.fields.cors = corsOf({
    origins: texts("allowed-origins", "origin"),
    methods: texts("allowed-methods", "method"),
    headers: texts("allowed-headers", "header"),
    expose: texts("expose-headers", "header"),
    credentials: credentials === "true",
    maxAgeSeconds: age !== undefined && /^[0-9]{1,7}$/.test(age) ? Number(age) : undefined,
  });
}

function readHeader(policy: Field, draft: Draft, section: string): void {
  const name = policy.text("@name") ?? "";
  const action = policy.text("@exists-action") ?? "override";
  const values = policy.items("value").flatMap((value) => value.text("#text") ?? []);
  const [value = ""] = values;
  const way = section === "outbound" ? "response" : section === "inbound" || section === "backend" ? "request" : undefined;
  const kind = ({ override: "set", append: "add", delete: "remove" } as Readonly<Record<string, "set" | "add" | "remove">>)[action];
  if (way === undefined || kind === undefined || values.some(isComputed) || isComputed(name) || values.length > 1) {
    policy.leave("behaviour", `the header ${show(name)} is changed in a way a document has no word for`, "say in headers what is constant");
    return;
  }
  const pair = headerPair(policy, name, value);
  const headers = draft.section("headers");
  headers[way] ??= {};
  const rules = headers[way] as Record<string, unknown>;
  if (kind === "remove") rules.remove = [...((rules.remove as string[] | undefined) ?? []), ...Object.keys(pair)];
  else rules[kind] = { ...(rules[kind] as object | undefined), ...pair };
}

function readBackend(policy: Field, draft: Draft): void {
  const url = policy.text("@base-url");
  const backend = draft.backends.get("api");
  if (url === undefined || backend === undefined || isComputed(url)) {
    policy.leave("behaviour", "where requests go is computed, or a backend by its identifier", "say url of the backend");
    return;
  }
  const at = draft.questions.findIndex(({ paths }) => paths[0] === "backends.api.url");
  if (at >= 0) draft.questions.splice(at, 1);
  const address = backendUrl(draft, "api", url);
  if (address !== undefined) backend.url = address;
}

function readForward(policy: Field, draft: Draft): void {
  const written = policy.text("@timeout");
  const timeout = written !== undefined && /^[0-9]{1,5}$/.test(written) ? milliseconds(Number(written) * 1000) : undefined;
  if (timeout !== undefined) for (const backend of draft.backends.values()) backend.timeout = timeout;
  else if (written !== undefined)
    policy.at("@timeout")?.leave("behaviour", `the time limit ${show(written)}`, "say timeout of the backend");
  if (policy.text("@follow-redirects") === "true")
    policy.at("@follow-redirects")?.leave("behaviour", "redirects of the backend are followed", "have the service answer itself");
}
