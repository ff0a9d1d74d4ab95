import type { GatewayModel } from "../../../components/spec/model.ts";
import { type OpenPlan, withSecrets } from "../../open-plan.ts";
import type { Observations } from "../../verdicts.ts";
import { seconds } from "../envoy/front.ts";
import { type Json, parsed } from "../json.ts";

/** What stands around Envoy: its start, its secrets, the agent's counters, the certificates the stack issues. */
export function observeHost(
  plan: OpenPlan,
  inputs: Json,
  files: Json,
  listeners: readonly Json[],
  model: GatewayModel,
  o: Observations,
): void {
  const bootstrap = parsed(inputs.bootstrap ?? "{}");
  o.same("host.only", "local", ["run/admin.sock", 0o600], [bootstrap.admin?.address?.pipe?.path, bootstrap.admin?.address?.pipe?.mode]);
  o.same("host.only", "local", "run/admin.sock", inputs.adminSocket);
  const { lds_config: lds, cds_config: cds } = bootstrap.dynamic_resources ?? {};
  o.same(
    "host.only",
    "local",
    ["config/listeners.json", "config/clusters.json"],
    [lds?.path_config_source?.path, cds?.path_config_source?.path],
  );
  observeOverload(bootstrap.overload_manager, o);
  observeListeners(listeners, model, o);
  observeSecrets(files, model, o);
  const quotas = Object.values(model.consumers).flatMap(({ name, plan }) => {
    const quota = plan === undefined || model.apiKeys === undefined ? undefined : model.plans[plan]?.quota;
    return quota ? [{ consumer: name, per: quota.per, requests: quota.requests }] : [];
  });
  o.sameSet(
    "plan.quota",
    "plans",
    quotas,
    (inputs.quotas ?? []).map(({ consumer, per, requests }: Json) => ({ consumer, per, requests })),
  );
  const days = model.observability.accessLogs?.retentionDays;
  if (days !== undefined) o.same("observe.accessLogs", "observability.accessLogs.retentionDays", days, inputs.logRetentionDays);
  observeIssued(plan, model, o);
}

/** Memory and connections are bounded, and what the bounds do is switched on. */
function observeOverload(overload: Json, o: Observations): void {
  const monitor = (name: string) => overload?.resource_monitors?.find((one: Json) => one.name.endsWith(name))?.typed_config;
  o.holds("ddos.standard", "ddos", "memory is bounded", Number(monitor("fixed_heap")?.max_heap_size_bytes) <= 2 ** 31);
  o.holds(
    "ddos.standard",
    "ddos",
    "connections are bounded",
    Number(monitor("global_downstream_max_connections")?.max_active_downstream_connections) <= 50_000,
  );
  o.holds("ddos.standard", "ddos", "the bounds are looked at four times a second", seconds(overload?.refresh_interval) <= 0.25);
  const threshold = (list: string, name: string) => {
    const trigger = overload?.[list]?.find((one: Json) => one.name.endsWith(name))?.triggers?.[0];
    return trigger?.name?.endsWith("fixed_heap") ? Number(trigger.threshold?.value ?? trigger.scaled?.scaling_threshold) : Number.NaN;
  };
  for (const name of ["shrink_heap", "disable_http_keepalive", "stop_accepting_requests", "reduce_timeouts"])
    o.holds("ddos.standard", "ddos", `${name} before memory is full`, threshold("actions", name) <= 0.95);
  for (const name of ["tcp_listener_accept", "http_connection_manager_decode_headers"])
    o.holds("ddos.standard", "ddos", `${name} before memory is full`, threshold("loadshed_points", name) <= 0.97);
  const reduce = overload?.actions?.find((one: Json) => one.name.endsWith("reduce_timeouts"));
  o.holds(
    "ddos.standard",
    "ddos",
    "idle connections go first",
    seconds(reduce?.typed_config?.timer_scale_factors?.[0]?.min_timeout) <= 5 &&
      reduce?.typed_config?.timer_scale_factors?.[0]?.timer === "HTTP_DOWNSTREAM_CONNECTION_IDLE" &&
      reduce.triggers[0].scaled.saturation_threshold <= 1,
  );
}

/** The door, the redirect where it is asked for, and the metrics on loopback: nothing else listens. */
function observeListeners(listeners: readonly Json[], model: GatewayModel, o: Observations): void {
  const names = ["https", ...(model.http === "redirect" ? ["http"] : []), "admin"];
  o.sameSet(
    "host.only",
    "local",
    names,
    listeners.map(({ name }) => name),
  );
  const admin = listeners.find(({ name }) => name === "admin");
  o.same(
    "observe.metrics",
    "observability.metrics",
    `127.0.0.1:${model.local.adminPort}`,
    `${admin?.address?.socket_address?.address}:${admin?.address?.socket_address?.port_value}`,
  );
  const routes: Json[] =
    admin?.filter_chains?.[0]?.filters?.[0]?.typed_config?.route_config?.virtual_hosts?.flatMap((one: Json) => one.routes) ?? [];
  for (const { match, route, direct_response } of routes) {
    const readOnly =
      direct_response !== undefined ||
      (match.path !== undefined && ["/stats/prometheus", "/ready"].includes(route?.prefix_rewrite ?? match.path));
    o.holds("host.only", "local", `${JSON.stringify(match)} reads metrics only`, readOnly);
    if (route) o.holds("host.only", "local", "by GET only", JSON.stringify(match.headers ?? []).includes("GET"));
  }
}

/** Each secret's name, its file and what is in it belong together. */
function observeSecrets(files: Json, model: GatewayModel, o: Observations): void {
  for (const [path, content] of Object.entries(files as Record<string, Json>)) {
    const name = /^config\/secrets\/(.+)\.json$/.exec(path)?.[1];
    if (name === undefined) continue;
    const [secret, ...more] = content.resources ?? [];
    o.same("tls.certificate.internal", path, [name, 0], [secret?.name, more.length]);
    if (name === "authority")
      o.holds(
        "backend.tls.internal",
        path,
        "the stack's own authority",
        /authority\.bundlePem\}$/.test(secret?.validation_context?.trusted_ca?.inline_string ?? ""),
      );
    if (name === "gateway")
      o.holds(
        "backend.clientCertificate.internal",
        path,
        "the gateway's own certificate and its key",
        /gateway-certificate\.chainPem\}$/.test(secret?.tls_certificate?.certificate_chain?.inline_string ?? "") &&
          /gateway-certificate\.privateKeyPem\}$/.test(secret?.tls_certificate?.private_key?.inline_string ?? ""),
      );
  }
  for (const { name, tls } of Object.values(model.backends)) {
    if (typeof tls.clientCertificate === "string") continue;
    const secret = files[`config/secrets/client-${name}.json`]?.resources?.[0];
    const leaf = tls.clientCertificate.certificate.replace(/\s/g, "").slice(0, 200);
    o.holds(
      "backend.clientCertificate.imported",
      `backends.${name}.tls.clientCertificate`,
      "the document's certificate is shown",
      String(secret?.tls_certificate?.certificate_chain?.inline_string).replace(/\s/g, "").startsWith(leaf),
    );
  }
}

/** Certificates the stack issues: for whom, for what, how long, signed by the stack's own authority. */
function observeIssued(plan: OpenPlan, model: GatewayModel, o: Observations): void {
  const issued = plan.resources.filter(({ type }) => type === "localgateway:index:Certificate");
  for (const { name, inputs: sealed } of issued) {
    const inputs = withSecrets(sealed) as Json;
    o.holds(
      "tls.certificate.internal",
      name,
      "signed by the stack's own authority",
      /authority\.certificatePem\}$/.test(inputs.authorityCertificatePem) &&
        /authority\.privateKeyPem\}$/.test(inputs.authorityPrivateKeyPem),
    );
    if (name === `${model.name}-certificate`) {
      o.sameSet("tls.certificate.internal", "hostname", [model.hostname], inputs.dnsNames);
      o.same("tls.certificate.internal", "hostname", ["server"], inputs.usages);
      if (model.tls.certificate.source === "internal")
        o.atMost("tls.certificate.internal", "tls.certificate.validity", model.tls.certificate.validityMs, inputs.validityMs);
      o.same("tls.certificate.internal", "hostname", [[], []], [inputs.ipAddresses, inputs.uris]);
    } else if (name.endsWith("-gateway-certificate")) {
      o.same(
        "backend.clientCertificate.internal",
        name,
        [["client"], [`spiffe://${model.hostname}/gateway`], []],
        [inputs.usages, inputs.uris, inputs.dnsNames],
      );
      o.holds("backend.clientCertificate.internal", name, "90 days at most", inputs.validityMs <= 90 * 86_400_000);
    } else
      o.holds(
        "backend.tls.internal",
        name,
        "a local service's certificate is for this machine only",
        inputs.dnsNames.join() === "localhost" && inputs.validityMs <= 90 * 86_400_000,
      );
  }
  for (const { inputs } of plan.resources.filter(({ type }) => type === "localgateway:index:ApiKeys")) {
    const { consumers } = withSecrets(inputs) as Json;
    const asked = Object.values(model.consumers).map(({ name, keyGeneration, keepPreviousKey }) => ({
      name,
      keyGeneration,
      keepPreviousKey,
    }));
    o.sameSet(
      "require.apiKey",
      "consumers",
      asked,
      Object.entries(consumers as Record<string, Json>).map(([name, { generation, keepPrevious }]) => ({
        name,
        keyGeneration: generation,
        keepPreviousKey: keepPrevious,
      })),
    );
  }
}
