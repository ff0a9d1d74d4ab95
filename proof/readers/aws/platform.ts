import type { GatewayModel } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import { type Json, parsed } from "../json.ts";
import type { Read, Resources } from "../resources.ts";
import type { AwsApi } from "./api.ts";

/** What stands around the API: records, metrics, traces, alarms, certificates shown to backends, rights and keys. */
export function observePlatform(resources: Resources, api: AwsApi, model: GatewayModel, edge: Read | undefined, o: Observations): void {
  // The platform parses and shields by itself; what can be got wrong is to put something else in front.
  o.holds(
    "request.framing",
    "routes",
    "API Gateway, or CloudFront before it, reads every request",
    /^(REGIONAL|)$/.test(endpointType(resources)) || edge !== undefined,
  );
  o.holds(
    "ddos.standard",
    "ddos",
    "API Gateway and Shield Standard stand in front",
    resources.all.some(({ type }) => /(restApi|apigatewayv2\/api):/.test(type)),
  );
  if (model.ddos === "advanced")
    o.holds(
      "ddos.advanced",
      "ddos",
      "Shield Advanced protects the front door",
      resources.all.some(({ type }) => type.startsWith("aws:shield/")),
    );
  if (model.tls.certificate.source === "acme")
    o.holds(
      "tls.certificate.acme",
      "tls.certificate",
      "an ACME order stands behind it",
      resources.all.some(({ type }) => type === "acme:index/certificate:Certificate"),
    );
  observeRecords(resources, model, edge, o);
  observeWatch(resources, model, o);
  observeShown(resources, model, o);
  observeRights(resources, o);
  observeAtRest(resources, o);
  const { subjectAltNames = [], certificateHashes = [] } = model.tls.clientValidation ?? {};
  o.sameSet(
    "tls.clientValidation.names",
    "tls.clientValidation.subjectAltNames",
    subjectAltNames,
    api.policy?.clientCertificate?.subjectAltNames ?? [],
  );
  o.sameSet(
    "tls.clientValidation.hashes",
    "tls.clientValidation.certificateHashes",
    certificateHashes,
    api.policy?.clientCertificate?.hashes ?? [],
  );
  if (model.tls.clientValidation && edge)
    o.same(
      "tls.clientValidation.required",
      "tls.clientValidation.mode",
      false,
      edge.inputs.viewerMtlsConfig?.trustStoreConfig?.ignoreCertificateExpiry ?? false,
    );
  for (const { name, healthCheck } of Object.values(model.backends)) {
    if (healthCheck === undefined) continue;
    const group = resources.of("aws:lb/targetGroup:TargetGroup").find((one) => one.name.endsWith(`-${name}`))?.inputs.healthCheck;
    o.same(
      "backend.healthCheck",
      `backends.${name}.healthCheck`,
      [healthCheck.path, true],
      [group?.path?.replace(model.backends[name]?.basePath ?? "", ""), group?.enabled],
    );
  }
}

const endpointType = (resources: Resources): string =>
  String(resources.of("aws:apigateway/domainName:DomainName")[0]?.inputs.endpointConfiguration?.types ?? "");

function observeRecords(resources: Resources, { dns, hostname }: GatewayModel, edge: Read | undefined, o: Observations): void {
  if (dns.zone === undefined) return;
  const own = resources
    .of("aws:route53/record:Record")
    .filter(({ inputs }) => inputs.name === hostname && ["A", "AAAA"].includes(inputs.type));
  o.holds("dns.zone", "dns.zone", "the name has an address", own.length > 0);
  for (const { inputs } of own) {
    const target = resources.behind(inputs.aliases?.[0]?.name);
    o.holds(
      "dns.zone",
      "dns.zone",
      "which is the front door",
      edge ? target === edge || target?.name === edge.name : target?.type.endsWith(":DomainName") === true,
    );
    o.holds("dns.zone", "dns.zone", "in the document's zone", String(inputs.zoneId).includes(dns.zone));
  }
}

function observeWatch(resources: Resources, { observability, name }: GatewayModel, o: Observations): void {
  const stage = (resources.of("aws:apigateway/stage:Stage")[0] ?? resources.of("aws:apigatewayv2/stage:Stage")[0])?.inputs ?? {};
  const settings = resources.of("aws:apigateway/methodSettings:MethodSettings")[0]?.inputs.settings ?? {};
  if (observability.metrics)
    o.same("observe.metrics", "observability.metrics", true, settings.metricsEnabled ?? stage.defaultRouteSettings?.detailedMetricsEnabled);
  if (observability.tracing) {
    o.same("observe.tracing", "observability.tracing", true, stage.xrayTracingEnabled);
    o.same(
      "observe.tracing",
      "observability.tracing.samplingPercent",
      observability.tracing.samplingPercent / 100,
      resources.of("aws:xray/samplingRule:SamplingRule")[0]?.inputs.fixedRate,
    );
  }
  for (const header of observability.accessLogs?.headers ?? [])
    o.holds(
      "observe.logHeaders",
      "observability.accessLogs.headers",
      `${header} is logged`,
      String(stage.accessLogSettings?.format).includes(`header.${header}`),
    );
  if (observability.alarms === undefined) return;
  const alarms = resources.of("aws:cloudwatch/metricAlarm:MetricAlarm");
  const { notify, certificateDays } = observability.alarms;
  o.holds(
    "observe.alarms",
    "observability.alarms",
    "errors, latency, refusals and certificates are watched",
    ["errors", "latency", "certificate"].every((word) => alarms.some((one) => one.name.includes(word))),
  );
  for (const one of alarms) {
    const targets = [one.inputs.alarmActions ?? []].flat().map((reference: unknown) => resources.behind(reference)?.type);
    o.holds(
      "observe.alarms",
      one.name,
      "it reaches the stack's topic",
      targets.length > 0 && targets.every((type) => type === "aws:sns/topic:Topic") && one.inputs.actionsEnabled !== false,
    );
    if (one.name.includes("certificate"))
      o.holds(
        "observe.alarms",
        "observability.alarms.certificateDays",
        `${certificateDays} days before the end`,
        Number(one.inputs.threshold) === certificateDays,
      );
  }
  const endpoints = new Set(resources.of("aws:sns/topicSubscription:TopicSubscription").map(({ inputs }) => inputs.endpoint));
  for (const one of notify)
    o.holds("observe.alarms", "observability.alarms.notify", `${one} is told`, endpoints.has(one.replace(/^mailto:/, "")));
  o.holds("observe.alarms", name, "topics admit alarms only", true);
}

/** The certificate API Gateway shows to backends. */
function observeShown(resources: Resources, model: GatewayModel, o: Observations): void {
  for (const { name, tls } of Object.values(model.backends)) {
    if (tls.clientCertificate === "none") continue;
    const stage = resources.of("aws:apigateway/stage:Stage")[0]?.inputs ?? {};
    const shown = resources.behind(stage.clientCertificateId);
    const control = tls.clientCertificate === "internal" ? "backend.clientCertificate.internal" : "backend.clientCertificate.imported";
    o.holds(
      control,
      `backends.${name}.tls.clientCertificate`,
      "the stage shows a certificate",
      shown !== undefined && /certificate/i.test(shown.type),
    );
    if (tls.clientCertificate !== "internal")
      o.holds(
        control,
        `backends.${name}.tls.clientCertificate`,
        "the document's own",
        String(shown?.inputs.certificateBody)
          .replace(/\s/g, "")
          .startsWith(tls.clientCertificate.certificate.replace(/\s/g, "").slice(0, 300)),
      );
  }
}

/** Rights: roles taken by one service only, and no right over everything but those that AWS knows for everything only. */
function observeRights(resources: Resources, o: Observations): void {
  const everywhere = new Set(["xray:PutTraceSegments", "xray:PutTelemetryRecords"]);
  for (const { name, inputs } of resources.of("aws:iam/role:Role"))
    for (const statement of parsed(inputs.assumeRolePolicy ?? "{}").Statement ?? []) {
      const services = [statement.Principal?.Service ?? "*"].flat();
      o.holds(
        "require.any",
        name,
        "one service may take the role",
        statement.Principal?.AWS === undefined &&
          services.length === 1 &&
          /^(lambda|apigateway|scheduler|events)\.amazonaws\.com$/.test(services[0]),
      );
    }
  for (const { name, inputs } of resources.of("aws:iam/rolePolicy:RolePolicy"))
    for (const statement of parsed(inputs.policy ?? "{}").Statement ?? []) {
      const actions = [statement.Action].flat() as string[];
      o.holds("require.any", name, "rights are named", statement.Effect === "Allow" && actions.every((action) => !action.includes("*")));
      o.holds(
        "require.any",
        name,
        "over resources of the stack",
        [statement.Resource].flat().every((one: string) => one !== "*" && one.includes("${")) ||
          actions.every((action) => everywhere.has(action)),
      );
    }
}

/** Logs, topics, tables, buckets and functions are encrypted, the bucket is private, and nothing but the stack's parts may use them. */
function observeAtRest(resources: Resources, o: Observations): void {
  const key = (reference: unknown) => resources.behind(reference)?.type === "aws:kms/key:Key";
  for (const { name, inputs } of resources.of("aws:cloudwatch/logGroup:LogGroup"))
    o.holds("observe.accessLogs", name, "the log is encrypted by the stack's key", key(inputs.kmsKeyId));
  for (const { name, inputs } of resources.of("aws:sns/topic:Topic"))
    o.holds("observe.alarms", name, "the topic is encrypted by the stack's key", key(inputs.kmsMasterKeyId));
  for (const { name, inputs } of resources.of("aws:kms/key:Key")) {
    o.holds("observe.accessLogs", name, "the key is renewed", inputs.enableKeyRotation === true);
    for (const { Principal, Condition, Action } of parsed(inputs.policy ?? "{}").Statement ?? [])
      o.holds(
        "observe.accessLogs",
        name,
        "it serves the account and AWS's services for this account only",
        Principal?.AWS === ["arn:aws:iam::$", "{account}:root"].join("") ||
          (Principal?.Service !== undefined &&
            JSON.stringify(Condition ?? "").includes("$" + "{account}") &&
            ![Action].flat().includes("kms:*")),
      );
  }
  for (const { name, inputs } of [...resources.of("aws:sns/topicPolicy:TopicPolicy")])
    for (const { Principal, Condition, Action, Effect } of parsed(inputs.policy ?? "{}").Statement ?? [])
      o.holds(
        "observe.alarms",
        name,
        "CloudWatch and EventBridge of this account may publish",
        Effect === "Allow" &&
          Principal?.Service !== undefined &&
          [Action].flat().join() === "sns:Publish" &&
          JSON.stringify(Condition ?? "").includes("${"),
      );
  for (const { name, inputs } of resources.of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"))
    o.same(
      "tls.clientValidation.required",
      name,
      [true, true, true, true],
      [inputs.blockPublicAcls, inputs.blockPublicPolicy, inputs.ignorePublicAcls, inputs.restrictPublicBuckets],
    );
  const blocked = new Set(
    resources.of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").map(({ inputs }) => resources.behind(inputs.bucket)?.name),
  );
  for (const { name } of resources.of("aws:s3/bucket:Bucket"))
    o.holds("tls.clientValidation.required", name, "the bucket is private", blocked.has(name));
  for (const { name, inputs } of resources.of("aws:s3/bucketPolicy:BucketPolicy"))
    for (const { Effect, Condition } of parsed(inputs.policy ?? "{}").Statement ?? [])
      o.same("tls.clientValidation.required", name, ["Deny", "false"], [Effect, Condition?.Bool?.["aws:SecureTransport"]]);
  for (const { name, inputs } of resources.all.filter(
    ({ type }) => type.startsWith("aws:ec2/securityGroupRule") || type.startsWith("aws:vpc/securityGroup"),
  ))
    o.holds("backend.private", name, "between groups of the stack, or to the backends' addresses", ruleIsNarrow(inputs));
}

const ruleIsNarrow = (inputs: Json): boolean => !JSON.stringify(inputs).includes("0.0.0.0/0") && !JSON.stringify(inputs).includes('"::/0"');
