import type { Cloud } from "../../../components/backends/contract.ts";
import { digest } from "../../../components/digest.ts";
import type { AccessLists, GatewayModel, RateLimit } from "../../../components/spec/model.ts";
import { limitText } from "../review/routes.ts";
import type { ControlFact } from "./facts.ts";
import type { Strength } from "./strength.ts";

/** Makes facts of one place. */
export const factsOf =
  (place: string) =>
  (control: string, shown: string, strength: Strength, absence: ControlFact["absence"] = "weaker"): ControlFact => ({
    control,
    place,
    shown,
    strength,
    absence,
  });

/** What the whole gateway promises. */
export function frontFacts(model: GatewayModel, cloud: Cloud): ControlFact[] {
  const fact = factsOf("gateway");
  const { tls, limits, observability } = model;
  const { clientValidation: validation, hsts, certificate } = tls;
  const { accessLogs, metrics, tracing, alarms } = observability;
  return [
    fact("hostname", model.hostname, { kind: "exact", value: model.hostname }),
    fact("tls.minimumVersion", `TLS ${tls.minimumVersion}`, { kind: "atLeast", value: Number(tls.minimumVersion) }),
    fact("tls.certificate", certificateText(certificate), { kind: "exact", value: certificateText(certificate) }),
    fact(
      "tls.hsts",
      `${hsts.maxAgeSeconds} s${hsts.includeSubdomains ? ", with subdomains" : ""}`,
      hsts.includeSubdomains ? { kind: "atLeast", value: hsts.maxAgeSeconds + 1e12 } : { kind: "atLeast", value: hsts.maxAgeSeconds },
    ),
    ...(validation === undefined
      ? []
      : [
          fact("tls.clientValidation.mode", validation.mode, { kind: "level", value: validation.mode === "Required" ? 2 : 1 }),
          fact("tls.clientValidation.caCertificates", fingerprints(validation.caCertificates).join(", "), {
            kind: "accepts",
            values: fingerprints(validation.caCertificates),
          }),
          ...(validation.subjectAltNames.length === 0
            ? []
            : [
                fact("tls.clientValidation.subjectAltNames", validation.subjectAltNames.join(", "), {
                  kind: "accepts",
                  values: validation.subjectAltNames,
                }),
              ]),
          ...(validation.certificateHashes.length === 0
            ? []
            : [
                fact("tls.clientValidation.certificateHashes", validation.certificateHashes.join(", "), {
                  kind: "accepts",
                  values: validation.certificateHashes,
                }),
              ]),
        ]),
    fact("http", model.http, { kind: "level", value: model.http === "refuse" ? 2 : 1 }),
    fact("clientIp.trustedHops", String(model.clientIp.trustedHops), { kind: "exact", value: String(model.clientIp.trustedHops) }),
    fact("limits.url", `${limits.urlBytes} bytes`, { kind: "atMost", value: limits.urlBytes }),
    fact("limits.headers", `${limits.headerBytes} bytes`, { kind: "atMost", value: limits.headerBytes }),
    fact("limits.body", `${limits.bodyBytes} bytes`, { kind: "atMost", value: limits.bodyBytes }),
    ...accessFacts(fact, model.access),
    ...limitFacts(fact, model.rateLimits),
    fact("waf", model.waf, { kind: "level", value: model.waf === "managed" ? 1 : 0 }),
    fact("ddos", model.ddos, { kind: "level", value: model.ddos === "advanced" ? 1 : 0 }),
    fact("edge", model.edge, { kind: "free" }, "neutral"),
    ...(accessLogs === undefined
      ? []
      : [
          fact("observability.accessLogs", `kept ${accessLogs.retentionDays} days`, { kind: "atLeast", value: accessLogs.retentionDays }),
          fact("observability.accessLogs.headers", accessLogs.headers.join(", ") || "none", {
            kind: "accepts",
            values: accessLogs.headers,
          }),
        ]),
    fact("observability.metrics", metrics ? "on" : "off", { kind: "level", value: metrics ? 1 : 0 }),
    fact("observability.tracing", tracing === undefined ? "off" : `${tracing.samplingPercent} %`, { kind: "free" }, "neutral"),
    ...(alarms === undefined
      ? []
      : [
          fact("observability.alarms.notify", alarms.notify.join(", "), { kind: "covers", values: alarms.notify }),
          fact("observability.alarms.errorRate", `${alarms.errorRatePercent} %`, { kind: "atMost", value: alarms.errorRatePercent }),
          fact("observability.alarms.certificateDays", `${alarms.certificateDays} days`, {
            kind: "atLeast",
            value: alarms.certificateDays,
          }),
        ]),
    ...consumerFacts(model),
    ...settingsFacts(model, cloud),
  ];
}

function consumerFacts(model: GatewayModel): ControlFact[] {
  const consumers = Object.values(model.consumers).map(({ name, plan }) =>
    factsOf(`consumer ${name}`)(
      "plan",
      plan ?? "none",
      plan === undefined ? { kind: "exact", value: "" } : { kind: "exact", value: plan },
      "stronger",
    ),
  );
  const plans = Object.values(model.plans).flatMap(({ name, rateLimit, quota }) => {
    const fact = factsOf(`plan ${name}`);
    return [
      ...limitFacts(fact, rateLimit === undefined ? [] : [rateLimit]),
      ...(quota === undefined
        ? []
        : [fact(`quota per ${quota.per}`, `${quota.requests} per ${quota.per}`, { kind: "atMost", value: quota.requests })]),
    ];
  });
  return [...consumers, ...plans];
}

/** Settings of the local gateway that say how, not what it lets through. */
const LOCAL_FREE = new Set(["httpsPort", "httpPort", "adminPort", "workers", "maxConnections", "drainTime", "stateDirectory"]);

/** What a cloud is told beyond the common words: nobody can say in general which of two values is stronger. */
function settingsFacts(model: GatewayModel, cloud: Cloud): ControlFact[] {
  return Object.entries(model[cloud] as Record<string, unknown>).flatMap(([name, value]) => {
    if (value === undefined) return [];
    // The keys of a model are in order already.
    const text = JSON.stringify(value);
    const free = cloud === "local" && LOCAL_FREE.has(name);
    return [
      factsOf("gateway")(
        `${cloud}.${name}`,
        short(text),
        free ? { kind: "free" } : { kind: "exact", value: digest(text) },
        free ? "neutral" : "weaker",
      ),
    ];
  });
}

/** Address lists of the gateway or a route. */
export function accessFacts(fact: ReturnType<typeof factsOf>, { allowCidrs, denyCidrs }: AccessLists): ControlFact[] {
  return [
    ...(allowCidrs.length === 0
      ? []
      : [fact("access.allowCidrs", `only ${allowCidrs.join(", ")}`, { kind: "addresses", values: allowCidrs })]),
    ...(denyCidrs.length === 0 ? [] : [fact("access.denyCidrs", `not ${denyCidrs.join(", ")}`, { kind: "blocked", values: denyCidrs })]),
  ];
}

/** Limits, each told apart by what it counts and over which time. */
export function limitFacts(fact: ReturnType<typeof factsOf>, limits: readonly RateLimit[]): ControlFact[] {
  return limits.flatMap((limit) => {
    const { key, per, requests, burst } = limit;
    const counted = key.kind === "jwtClaim" ? `claim ${key.claim}` : key.kind === "header" ? `header ${key.header}` : key.kind;
    return [
      fact(`rateLimit of ${counted} per ${per}`, limitText(limit), { kind: "atMost", value: requests }),
      fact(`burst of ${counted} per ${per}`, String(burst), { kind: "atMost", value: burst }),
    ];
  });
}

function certificateText(certificate: GatewayModel["tls"]["certificate"]): string {
  if (certificate.source === "imported") return `imported, ${fingerprints([certificate.fullchain]).join("")}`;
  if (certificate.source === "acme") return `acme, ${certificate.directoryUrl}`;
  return certificate.source;
}

/** Texts too long to show, such as certificates, by a digest. */
export const fingerprints = (texts: readonly string[]) => texts.map((text) => `SHA-256 ${digest(text.trim()).slice(0, 16)}`);

const SHOWN = 120;
const short = (text: string) => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
