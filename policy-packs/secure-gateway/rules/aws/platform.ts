import { all, equals, expect, fail, oneOf, PASS, present, type Rule, shown, undecided, type Verdict } from "../rule.ts";
import { each, type Reading, read, readJson, type Subject, usersOf } from "../subject.ts";

export const certificateTransparency: Rule = {
  id: "aws-acm-transparency",
  title: "Log public certificates for transparency",
  why: "Browsers refuse public certificates without it, and nobody notices a forged one.",
  remedy: "Leave options.certificateTransparencyLoggingPreference unset or ENABLED.",
  severity: "medium",
  level: "mandatory",
  sources: ["CKV_AWS_234"],
  types: ["aws:acm/certificate:Certificate"],
  judge: (subject) =>
    expect(
      read(subject, "options.certificateTransparencyLoggingPreference"),
      (value) => value !== "DISABLED",
      () => "is DISABLED",
    ),
};

export const certificateValidation: Rule = {
  id: "aws-acm-dns-validation",
  title: "Validate certificates by DNS",
  why: "A certificate validated by mail does not renew by itself and one day expires.",
  remedy: "Set validationMethod to DNS.",
  severity: "medium",
  level: "mandatory",
  sources: ["Security Hub ACM.1"],
  types: ["aws:acm/certificate:Certificate"],
  judge: (subject) =>
    expect(
      read(subject, "validationMethod"),
      (value) => value !== "EMAIL",
      () => "is EMAIL",
    ),
};

export const certificateKey: Rule = {
  id: "aws-acm-key-length",
  title: "Use keys of at least RSA 2048 or P-256",
  why: "RSA with 1024 bits can be broken.",
  remedy: "Set keyAlgorithm to RSA_2048 or stronger, or to EC_prime256v1 or stronger.",
  severity: "high",
  level: "mandatory",
  sources: ["Security Hub ACM.2"],
  types: ["aws:acm/certificate:Certificate"],
  judge: (subject) =>
    expect(
      read(subject, "keyAlgorithm"),
      (value) => value !== "RSA_1024",
      () => "is RSA_1024",
    ),
};

export const logRetention: Rule = {
  id: "aws-log-retention",
  title: "Say how long logs are kept",
  why: "Logs kept for ever collect personal data and cost; logs of unknown age are no evidence.",
  remedy: "Set retentionInDays.",
  severity: "medium",
  level: "mandatory",
  sources: ["CKV_AWS_66"],
  types: ["aws:cloudwatch/logGroup:LogGroup"],
  judge: (subject) =>
    expect(
      read(subject, "retentionInDays"),
      (value) => typeof value === "number" && value > 0,
      (value) => `is ${shown(value)}`,
    ),
};

export const logEncryption: Rule = {
  id: "aws-log-encryption",
  title: "Encrypt logs with a key of your own",
  why: "Who may read logs is then decided twice, and the key can be withdrawn.",
  remedy: "Set kmsKeyId.",
  severity: "low",
  level: "advisory",
  sources: ["CKV_AWS_158"],
  types: ["aws:cloudwatch/logGroup:LogGroup"],
  judge: (subject) => present(read(subject, "kmsKeyId")),
};

export const keyRotation: Rule = {
  id: "aws-kms-rotation",
  title: "Rotate KMS keys every year",
  why: "A key that never changes protects everything ever encrypted with it.",
  remedy: "Set enableKeyRotation to true.",
  severity: "medium",
  level: "mandatory",
  sources: ["CKV_AWS_7", "Security Hub KMS.4"],
  types: ["aws:kms/key:Key"],
  judge(subject) {
    const spec = read(subject, "customerMasterKeySpec");
    if (!spec.known) return undecided(spec.path);
    return spec.value === undefined || spec.value === "SYMMETRIC_DEFAULT" ? equals(read(subject, "enableKeyRotation"), true) : PASS;
  },
  remediate: (props) =>
    props.customerMasterKeySpec === undefined || props.customerMasterKeySpec === "SYMMETRIC_DEFAULT"
      ? { ...props, enableKeyRotation: true }
      : props,
};

export const functionConcurrency: Rule = {
  id: "aws-lambda-concurrency",
  title: "Bound how much of the account an authorizer may use",
  why: "A flood of requests would take the concurrency of every function in the account.",
  remedy: "Set reservedConcurrentExecutions.",
  severity: "medium",
  level: "advisory",
  sources: ["CKV_AWS_115"],
  types: ["aws:lambda/function:Function"],
  judge: (subject) =>
    expect(
      read(subject, "reservedConcurrentExecutions"),
      (value) => typeof value === "number" && value >= 0,
      (value) => `is ${shown(value)}`,
    ),
};

const POLICIES = [
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/policy:Policy",
  "aws:iam/userPolicy:UserPolicy",
  "aws:iam/groupPolicy:GroupPolicy",
];
const ROLE = "aws:iam/role:Role";
const ATTACHMENTS = [
  "aws:iam/policyAttachment:PolicyAttachment",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:iam/userPolicyAttachment:UserPolicyAttachment",
  "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
];
/** Policies of AWS that allow every action, every action but a few, or making oneself any role. */
const MANAGED_WIDE = /^arn:aws[\w-]*:iam::aws:policy\/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/;

interface Statement {
  readonly Effect?: string;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
}

/** Whether a policy document allows everything. */
function documentAllows(document: Reading): Verdict {
  if (!document.known) return undecided(document.path);
  const list = (document.value as { Statement?: Statement | Statement[] } | undefined)?.Statement ?? [];
  for (const [index, { Effect, Action, NotAction, Resource }] of [list].flat().entries()) {
    if (Effect !== "Allow") continue;
    const at = `${document.path}.Statement[${index}]`;
    if (NotAction !== undefined) return fail(`${at}.NotAction`, "allows every action but some");
    const actions = [Action].flat().map(String);
    if (actions.includes("*")) return fail(`${at}.Action`, "is *");
    const wide = actions.find((action) => action.endsWith(":*"));
    if (wide !== undefined && [Resource].flat().includes("*")) return fail(`${at}.Action`, `is ${wide} on every resource`);
  }
  return PASS;
}

const managedAllows = (arn: Reading): Verdict =>
  expect(
    arn,
    (value) => !MANAGED_WIDE.test(String(value)),
    (value) => `is ${shown(value)}`,
  );

export const leastPrivilege: Rule = {
  id: "aws-iam-least-privilege",
  title: "Allow no role every action",
  why: "Whoever gets such a role has the account.",
  remedy: "Name the actions and the resources.",
  severity: "critical",
  level: "mandatory",
  sources: ["CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_274", "CKV_AWS_355", "Security Hub IAM.1"],
  types: [...POLICIES, ROLE, ...ATTACHMENTS],
  judge(subject) {
    if (POLICIES.includes(subject.type)) return documentAllows(readJson(subject, "policy"));
    if (ATTACHMENTS.includes(subject.type)) return managedAllows(read(subject, "policyArn"));
    return all(
      ...each(subject, "inlinePolicies").map(({ path }) => documentAllows(readJson(subject, `${path}.policy`))),
      ...each(subject, "managedPolicyArns").map(managedAllows),
    );
  },
};

export const bucketClosed: Rule = {
  id: "aws-bucket-public-access",
  title: "Keep every bucket closed to the public",
  why: "Who can write a truststore decides who may connect; who can read logs reads callers' addresses.",
  remedy: "Add an aws:s3:BucketPublicAccessBlock with all four settings true.",
  severity: "critical",
  level: "mandatory",
  sources: ["CKV2_AWS_6", "Security Hub S3.8"],
  types: ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"],
  wholeStack: true,
  judge(subject, others): Verdict {
    const blocks = usersOf(subject, others, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock");
    const [block] = blocks;
    if (block === undefined) return fail("", "no aws:s3:BucketPublicAccessBlock uses it");
    return all(
      ...["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].map((setting) =>
        equals(read(block, setting), true),
      ),
    );
  },
};

export const listenerTls: Rule = {
  id: "aws-lb-listener-tls",
  title: "Listen with TLS, or only redirect to it",
  why: "A plain listener carries tokens in clear.",
  remedy: "Use protocol HTTPS or TLS with a modern sslPolicy; an HTTP listener may only redirect to HTTPS.",
  severity: "critical",
  level: "mandatory",
  sources: ["CKV_AWS_2", "CKV_AWS_103", "Security Hub ELB.1"],
  types: ["aws:lb/listener:Listener", "aws:alb/listener:Listener"],
  judge(subject) {
    const protocol = read(subject, "protocol");
    if (!protocol.known) return undecided(protocol.path);
    if (protocol.value === "HTTPS" || protocol.value === "TLS")
      return expect(
        read(subject, "sslPolicy"),
        (value) => typeof value === "string" && /TLS13-1-[23]|TLS-1-2|FS-1-2/.test(value),
        (value) => `is ${shown(value)}: older protocols than TLS 1.2 are accepted`,
      );
    // TCP passes TLS through to a target that ends it.
    if (protocol.value === "TCP") return PASS;
    const actions = each(subject, "defaultActions");
    if (protocol.value === "HTTP" && actions.length > 0)
      return all(...actions.map(({ path }) => equals(read(subject, `${path}.redirect.protocol`), "HTTPS")));
    return fail("protocol", `is ${shown(protocol.value)}`);
  },
};

export const targetTls: Rule = {
  id: "aws-lb-target-tls",
  title: "Reach targets by TLS",
  why: "Inside a network is not the same as safe: the last hop carries the same tokens.",
  remedy: "Set protocol to HTTPS, or TLS or TCP on a network load balancer.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_AWS_378"],
  types: ["aws:lb/targetGroup:TargetGroup", "aws:alb/targetGroup:TargetGroup"],
  judge: (subject) => oneOf(read(subject, "protocol"), ["HTTPS", "TLS", "TCP"]),
};

export const loadBalancerHeaders: Rule = {
  id: "aws-lb-invalid-headers",
  title: "Drop header names that are not valid",
  why: "They are how one request is smuggled inside another.",
  remedy: "Set dropInvalidHeaderFields to true.",
  severity: "medium",
  level: "mandatory",
  sources: ["CKV_AWS_131", "Security Hub ELB.4"],
  types: ["aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer"],
  judge(subject) {
    const kind = read(subject, "loadBalancerType");
    if (!kind.known) return undecided(kind.path);
    return kind.value === "network" || kind.value === "gateway" ? PASS : equals(read(subject, "dropInvalidHeaderFields"), true);
  },
  remediate: (props) =>
    props.loadBalancerType === "network" || props.loadBalancerType === "gateway" ? props : { ...props, dropInvalidHeaderFields: true },
};

const WEB_PORTS = [80, 443];
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule";
const INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

/** Whether one rule of a security group lets the whole internet in by another port; `at` is where its properties stand, with the dot after it. */
function opens(subject: Subject, at: string): Verdict {
  const readings = ["fromPort", "toPort", "cidrBlocks", "cidrIpv4", "ipv6CidrBlocks", "cidrIpv6"].map((name) => read(subject, at + name));
  const unknown = readings.find(({ known }) => !known);
  if (unknown !== undefined) return undecided(unknown.path);
  const [from, to, ...ranges] = readings.map((reading) => (reading.known ? reading.value : undefined));
  const world = ranges.flat().some((range) => range === "0.0.0.0/0" || range === "::/0");
  if (!world || (from === to && WEB_PORTS.includes(Number(from)))) return PASS;
  const ports = from === undefined ? "every port" : `ports ${shown(from)} to ${shown(to)}`;
  return fail(at.replace(/\.$/, ""), `opens ${ports} to the whole internet`);
}

export const openPorts: Rule = {
  id: "aws-security-group-open",
  title: "Open nothing but the web's ports to the world",
  why: "Every other open port is a door beside the gateway.",
  remedy: "Name the address ranges that need it, or take the rule out.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_AWS_24", "CKV_AWS_25", "CKV_AWS_260", "Security Hub EC2.18"],
  types: [GROUP, GROUP_RULE, INGRESS_RULE],
  judge(subject) {
    if (subject.type === INGRESS_RULE) return opens(subject, "");
    if (subject.type === GROUP)
      return all(...each(subject, "ingress").map(({ path, known }) => (known ? opens(subject, `${path}.`) : undecided(path))));
    const direction = read(subject, "type");
    if (!direction.known) return undecided(direction.path);
    return direction.value === "egress" ? PASS : opens(subject, "");
  },
};
