import { show } from "../../components/spec/show.ts";
import { Backends } from "../backends.ts";
import type { Draft } from "../draft.ts";
import { prefixPaths, type RoutePath, regexPaths } from "../paths.ts";
import type { Field } from "../reader.ts";
import { ALL_METHODS, isMethod, milliseconds, publicName, remarkAllMethods } from "../values.ts";
import { readConsumers } from "./consumers.ts";
import { callersOf, fieldsOf, type PluginEffects, readPlugins } from "./plugins.ts";

/** A declarative configuration of Kong, as decK writes it. */
export function readKong(root: Field, draft: Draft): void {
  const version = root.text("_format_version");
  if (version !== undefined && !/^[123]\.[0-9]$/.test(version))
    root.at("_format_version")?.leave("unknown", `version ${show(version)} is not known`, "look at every route");
  root.leaveAll(["_transform", "_workspace", "_konnect"], "operation", "how decK handles the file", "nothing to do");
  root
    .map("_info")
    ?.leaveAll(
      ["select_tags", "defaults"],
      "behaviour",
      "defaults and tags decK puts into entries",
      "let deck file render write them out first",
    );
  const credentials = readConsumers(root, draft);
  const around = readPlugins(root, { draft, credentials, level: "gateway" });
  const backends = new Backends(draft);
  for (const service of root.maps("services")) readService(service, { draft, backends, credentials, around, root });
  root.leaveAll(["routes"], "behaviour", "routes that stand outside their service", "write them below the service and import again");
  root.leaveAll(
    ["certificates", "snis"],
    "behaviour",
    "the gateway's certificates; keys are never copied",
    "say tls.certificate: managed, acme or imported",
  );
  root.leaveAll(
    ["ca_certificates"],
    "behaviour",
    "authorities trusted for backends and clients",
    "say them in caCertificates of the backend or tls.clientValidation",
  );
  root.leaveAll(["vaults"], "operation", "where Kong keeps secrets", "see secrets in docs/operations.md");
}

interface Around {
  readonly draft: Draft;
  readonly backends: Backends;
  readonly credentials: ReturnType<typeof readConsumers>;
  readonly around: PluginEffects;
  readonly root: Field;
}

const TAGS = ["id", "tags", "created_at", "updated_at", "ws_id"];

function readService(service: Field, here: Around): void {
  const { draft, backends, credentials } = here;
  const name = service.text("name") ?? service.text("host") ?? "service";
  service.leaveAll(TAGS, "operation", "bookkeeping of Kong", "nothing to do");
  const target = addressOf(service, here.root);
  const backend = backends.of(`service ${name} ${target.url ?? target.why}`, name, target.url, target.why);
  const fields = backends.fields(backend);
  if (target.grpc) fields.protocol = "grpc";
  const [connect, read, write] = ["connect_timeout", "read_timeout", "write_timeout"].map((key) => service.number(key));
  const [whole, opening] = [milliseconds(Math.max(read ?? 0, write ?? 0)), milliseconds(connect ?? 0)];
  if (whole !== undefined) fields.timeout = whole;
  if (opening !== undefined) fields.connectTimeout = opening;
  const attempts = service.number("retries");
  if (attempts !== undefined && attempts >= 1) fields.retries = { attempts: Math.min(5, attempts) };
  if (attempts !== undefined && attempts > 5) service.at("retries")?.leave("behaviour", "more than 5 further tries", "5 are made");
  if (service.flag("tls_verify") === false)
    service.at("tls_verify")?.leave("behaviour", "the backend's certificate was not verified; now it is", "say how in tls of the backend");
  service.leaveAll(
    ["ca_certificates", "client_certificate", "tls_verify_depth"],
    "protection",
    "certificates named by identifier",
    "say caCertificates and clientCertificate in tls of the backend",
  );
  if (service.flag("enabled") === false) {
    service.leave("behaviour", "the service is switched off; its routes are not in the document", "nothing to do");
    draft.backends.delete(backend);
    return;
  }
  const effects = readPlugins(service, { draft, credentials, level: "service" });
  for (const route of service.maps("routes")) readRoute(route, name, backend, effects, here);
}

/** The address of a service: its url, or protocol, host, port and path. A host that is an upstream stands for its one target. */
function addressOf(service: Field, root: Field): { url: string | undefined; why: string; grpc: boolean } {
  const written = service.text("url");
  const protocol = service.text("protocol") ?? "http";
  const [host, port, path] = [service.text("host"), service.number("port"), service.text("path") ?? ""];
  const grpc = protocol.startsWith("grpc");
  if (written !== undefined) return { url: written, why: "", grpc };
  const upstream = root.items("upstreams").find((field) => (field.peek() as { name?: unknown } | null)?.name === host);
  if (upstream !== undefined) {
    upstream.text("name");
    upstream.leaveAll(TAGS, "operation", "bookkeeping of Kong", "nothing to do");
    const targets = upstream.maps("targets").map((target) => {
      const weight = target.number("weight");
      return `${target.text("target") ?? "?"}${weight === undefined ? "" : ` (weight ${weight})`}`;
    });
    upstream.leaveAll(
      ["healthchecks"],
      "behaviour",
      "how endpoints are found healthy",
      "say healthCheck and circuitBreaker of the backend",
    );
    upstream.leaveAll(
      ["algorithm", "hash_on", "hash_fallback", "hash_on_header", "hash_on_cookie", "hash_on_cookie_path", "hash_fallback_header", "slots"],
      "behaviour",
      "how requests are spread over endpoints",
      "nothing to do where the backend has a load balancer of its own",
    );
    service.at("port")?.leave("operation", "an upstream's targets have ports of their own", "nothing to do");
    return {
      url: undefined,
      why: `the input has the upstream ${host} with ${targets.join(", ") || "no target"}, ${protocol}${path}`,
      grpc,
    };
  }
  const scheme = protocol === "https" || protocol === "grpcs" || protocol === "tls" ? "https" : "http";
  const shown = port === undefined || port === (scheme === "https" ? 443 : 80) ? "" : `:${port}`;
  return { url: host === undefined ? undefined : `${scheme}://${host}${shown}${path}`, why: "the input names none", grpc };
}

function readRoute(route: Field, service: string, backend: string, service_: PluginEffects, { draft, credentials, around }: Around): void {
  const name = route.text("name") ?? service;
  route.leaveAll(TAGS, "operation", "bookkeeping of Kong", "nothing to do");
  route.leaveAll(["regex_priority", "priority"], "operation", "which route is asked first", "the most specific path decides");
  route.leaveAll(["request_buffering", "response_buffering"], "operation", "how bodies are buffered", "nothing to do");
  route.leaveAll(["path_handling"], "behaviour", "how paths are joined", "see rewrite of the route");
  for (const host of route.items("hosts")) {
    const text = host.text();
    const found = text === undefined ? undefined : publicName(text);
    if (found !== undefined) draft.hostname(found);
    else if (text !== undefined) host.leave("behaviour", `${show(text)} is no host name; a document has exactly one`, "give hostname");
  }
  for (const protocol of route.items("protocols")) {
    const text = protocol.text();
    if (text === "http")
      protocol.leave("behaviour", "plain HTTP was served; it is redirected or refused", "choose http: redirect or refuse");
    else if (text !== undefined && !["https", "grpc", "grpcs"].includes(text))
      protocol.leave("behaviour", `the protocol ${text} is not carried`, "nothing to do");
  }
  route.leaveAll(["https_redirect_status_code"], "behaviour", "the status of the redirect", "it is 308");
  const effects = [around, service_, readPlugins(route, { draft, credentials, level: "route" })];
  const narrow = ["headers", "snis", "sources", "destinations", "expression"].filter((key) => route.has(key));
  if (narrow.length > 0) {
    route.leave(
      "behaviour",
      "requests are told apart by more than path and method; the route is not in the document",
      "add it when path and method suffice",
    );
    return;
  }
  const methods = route.texts("methods").map((method) => method.toUpperCase());
  for (const field of methods.some((method) => !isMethod(method)) ? route.items("methods") : [])
    if (!isMethod(field.text()?.toUpperCase() ?? "")) field.leave("behaviour", "this method is not carried", "nothing to do");
  if (methods.length === 0) remarkAllMethods(route);
  const strip = route.flag("strip_path") ?? true;
  if (route.flag("preserve_host") === true) {
    const fields = draft.backends.get(backend);
    if (fields !== undefined) fields.preserveHost = true;
  }
  const written = route.items("paths");
  if (written.length === 0)
    route.leave(
      "behaviour",
      "a route without a path; it is not in the document",
      "add it with the path /* when it is meant for every path",
    );
  for (const field of written) {
    const paths = pathsOf(field);
    for (const { path, suffix } of paths) {
      const stripped = strip ? rewriteOf(path) : undefined;
      const plain = Object.assign(
        { path, methods: methods.filter(isMethod), backend },
        stripped === undefined ? {} : { rewrite: { path: stripped } },
      );
      if (plain.methods.length === 0) plain.methods = [...ALL_METHODS];
      const merged = { ...plain, ...fieldsOf(effects) };
      const callers = callersOf(effects);
      draft.addRoute(`${name}${suffix}`, merged, callers);
    }
  }
}

/** Kong takes the path of the route off: what remains of a prefix is everything below it. */
const rewriteOf = (path: string): string | undefined =>
  path === "/*" ? undefined : path.endsWith("/*") ? "/*" : path.includes("{") ? undefined : "/";

/** Paths starting with ~ are regular expressions, all others prefixes. */
function pathsOf(field: Field): readonly RoutePath[] {
  const text = field.text() ?? "";
  const paths = text.startsWith("~") ? regexPaths(text.slice(1), false) : prefixPaths(text);
  if (paths === undefined)
    field.leave("behaviour", `the path ${show(text)} cannot be written in a document`, "say it with templates and a /* at its end");
  return paths ?? [];
}
