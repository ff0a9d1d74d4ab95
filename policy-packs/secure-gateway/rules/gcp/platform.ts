import { all, equals, expect, fail, oneOf, PASS, present, type Rule, shown, undecided } from "../rule.ts";
import { each, read, type Subject } from "../subject.ts";

const RUN_V1 = "gcp:cloudrun/service:Service";
const RUN_V2 = "gcp:cloudrunv2/service:Service";
const RUN = [RUN_V2, RUN_V1];
const ONLY_BALANCER = [
  "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
  "INGRESS_TRAFFIC_INTERNAL_ONLY",
  "internal",
  "internal-and-cloud-load-balancing",
];

export const runIngress: Rule = {
  id: "gcp-run-ingress",
  title: "Let only the load balancer reach Cloud Run",
  why: "A service that answers the internet can be called past Cloud Armor, TLS policy and client certificates.",
  remedy: "Set ingress to INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER; in the first API version the annotation run.googleapis.com/ingress.",
  severity: "high",
  level: "mandatory",
  sources: [],
  types: RUN,
  judge(subject) {
    if (subject.type === RUN_V2) return oneOf(read(subject, "ingress"), ONLY_BALANCER);
    const annotations = read(subject, "metadata.annotations");
    if (!annotations.known) return undecided(annotations.path);
    const ingress = (annotations.value as Record<string, unknown> | undefined)?.["run.googleapis.com/ingress"];
    return oneOf({ ...annotations, value: ingress }, ONLY_BALANCER);
  },
};

export const runDefaultUri: Rule = {
  id: "gcp-run-default-uri",
  title: "Switch off the run.app address",
  why: "The default address answers beside the custom domain.",
  remedy: "Set defaultUriDisabled to true.",
  severity: "medium",
  level: "advisory",
  sources: [],
  types: [RUN_V2],
  judge: (subject) => equals(read(subject, "defaultUriDisabled"), true),
};

export const runIdentity: Rule = {
  id: "gcp-run-identity",
  title: "Run every service as an account of its own",
  why: "The default account may change most of the project.",
  remedy:
    "Set template.serviceAccount (template.spec.serviceAccountName in the first API version) to an account with only the roles the service needs.",
  severity: "high",
  level: "mandatory",
  sources: ["CIS Google Cloud 4.1"],
  types: RUN,
  judge(subject) {
    const account = read(subject, subject.type === RUN_V1 ? "template.spec.serviceAccountName" : "template.serviceAccount");
    const set = present(account);
    if (set.result !== "pass" || !account.known) return set;
    return /-compute@developer\.gserviceaccount\.com$|@appspot\.gserviceaccount\.com$/.test(String(account.value))
      ? fail(account.path, `is ${shown(account.value)}, the project's default account`)
      : PASS;
  },
};

export const runImage: Rule = {
  id: "gcp-run-image-pinned",
  title: "Pin images to one version",
  why: "A moving tag changes the gateway without anybody deploying.",
  remedy: "Use a digest or a full version instead of latest or a major version.",
  severity: "medium",
  level: "advisory",
  sources: ["CIS Kubernetes 5.5.1"],
  types: RUN,
  judge: (subject) =>
    all(
      ...each(subject, subject.type === RUN_V1 ? "template.spec.containers" : "template.containers").map((container) =>
        expect(
          read(subject, `${container.path}.image`),
          (value) =>
            typeof value === "string" && (/@sha256:[0-9a-f]{64}$/.test(value) || /:(?:[a-z]+-)*v?\d+\.\d+\.\d+[\w.-]*$/.test(value)),
          (value) => `is ${shown(value)}`,
        ),
      ),
    ),
};

const MEMBERS = /^gcp:[a-z0-9]+\/[a-z]*iam(member|binding):/i;
const RUN_MEMBERS = /^gcp:(cloudrunv2\/serviceIam|cloudrun\/iam)(Member|Binding):/;
const EVERYBODY = ["allUsers", "allAuthenticatedUsers"];

export const publicMembers: Rule = {
  id: "gcp-iam-public",
  title: "Give nothing to everybody",
  why: "The member allUsers is the whole internet, allAuthenticatedUsers everyone with a Google account.",
  remedy: "Name the accounts. Cloud Run behind the load balancer may be open to allUsers when its ingress is closed.",
  severity: "critical",
  level: "mandatory",
  sources: ["CKV_GCP_28", "CKV_GCP_102", "CIS Google Cloud 5.1"],
  types: ["*"],
  wholeStack: true,
  judge(subject, others) {
    if (!MEMBERS.test(subject.type)) return PASS;
    const run = RUN_MEMBERS.test(subject.type);
    const readings = [read(subject, "member"), ...each(subject, "members")];
    const open = readings.find((reading) => reading.known && EVERYBODY.includes(String(reading.value)));
    if (open === undefined) {
      const unknown = readings.find((reading) => !reading.known);
      // A member that is a reference is somebody's account, never everybody.
      return unknown === undefined || unknown.path !== "members" ? PASS : undecided(unknown.path);
    }
    const services = others.filter(({ type, key }) => RUN.includes(type) && subject.dependsOn.includes(key));
    if (run && services.length > 0 && services.every((service) => runIngress.judge(service, others).result === "pass")) return PASS;
    return fail(open.path, `gives ${shown((subject.props as { role?: unknown }).role)} to ${String(open.known && open.value)}`);
  },
};

export const wideRole: Rule = {
  id: "gcp-iam-basic-roles",
  title: "Grant no basic roles",
  why: "Owner and editor hold thousands of permissions.",
  remedy: "Grant the roles that name the task.",
  severity: "critical",
  level: "mandatory",
  sources: ["CKV_GCP_117", "CIS Google Cloud 1.5"],
  types: ["gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMBinding:IAMBinding"],
  judge: (subject) =>
    expect(
      read(subject, "role"),
      (value) => !["roles/owner", "roles/editor", "roles/viewer"].includes(String(value)),
      (value) => `is ${shown(value)}`,
    ),
};

export const keyRestricted: Rule = {
  id: "gcp-api-key-restricted",
  title: "Restrict every API key to the services it is for",
  why: "A key without restrictions calls every API the project has switched on.",
  remedy: "Set restrictions.apiTargets.",
  severity: "high",
  level: "mandatory",
  sources: ["CIS Google Cloud 1.14"],
  types: ["gcp:projects/apiKey:ApiKey"],
  judge: (subject) =>
    expect(
      read(subject, "restrictions.apiTargets"),
      (value) => Array.isArray(value) && value.length > 0,
      () => "is empty: the key calls every API",
    ),
};

export const endpointsBackends: Rule = {
  id: "gcp-endpoints-backend-https",
  title: "Send requests to https:// addresses",
  why: "On plain HTTP whoever sits between reads and changes requests.",
  remedy: "Use https:// or grpcs:// in x-google-backend.address and schemes: [https].",
  severity: "critical",
  level: "mandatory",
  sources: [],
  types: ["gcp:endpoints/service:Service"],
  judge: (subject: Subject) =>
    expect(
      read(subject, "openapiConfig"),
      (value) => typeof value !== "string" || !/address['"]?\s*:\s*['"]?(http|grpc):/i.test(value),
      () => "sends to a plain address",
    ),
};

export const zoneSigned: Rule = {
  id: "gcp-dns-dnssec",
  title: "Sign public zones",
  why: "Without DNSSEC an answer about the gateway's address can be forged, and with it a certificate ordered.",
  remedy: "Set dnssecConfig.state to on.",
  severity: "medium",
  level: "advisory",
  sources: ["CKV_GCP_16", "CIS Google Cloud 3.3"],
  types: ["gcp:dns/managedZone:ManagedZone"],
  judge(subject) {
    const visibility = read(subject, "visibility");
    if (!visibility.known) return undecided(visibility.path);
    return visibility.value === "private" ? PASS : equals(read(subject, "dnssecConfig.state"), "on");
  },
};

const WEB = new Set(["80", "443"]);

export const openPorts: Rule = {
  id: "gcp-firewall-open",
  title: "Open nothing but the web's ports to the internet",
  why: "Every other open port is a door beside the gateway.",
  remedy: "Name the source ranges that need it, or take the rule out.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_GCP_2", "CKV_GCP_3", "CKV_GCP_106"],
  types: ["gcp:compute/firewall:Firewall"],
  judge(subject) {
    const [direction, sources] = [read(subject, "direction"), read(subject, "sourceRanges")];
    if (!direction.known || !sources.known) return undecided(direction.known ? sources.path : direction.path);
    const world = [sources.value].flat().some((range) => range === "0.0.0.0/0" || range === "::/0");
    if (direction.value === "EGRESS" || !world) return PASS;
    return all(
      ...each(subject, "allows").map((allow) => {
        const ports = read(subject, `${allow.path}.ports`);
        if (!ports.known) return undecided(ports.path);
        const list = [ports.value].flat().filter((port) => port !== undefined && port !== null);
        return list.length > 0 && list.every((port) => WEB.has(String(port)))
          ? PASS
          : fail(allow.path, `opens ${list.length === 0 ? "every port" : `port ${list.join(", ")}`} to the whole internet`);
      }),
    );
  },
};

export const secretReaders: Rule = {
  id: "gcp-secret-readers",
  title: "Grant access to one secret at a time",
  why: "The secret accessor role on the whole project lets one service read another's key.",
  remedy: "Use gcp:secretmanager:SecretIamMember on the secret itself.",
  severity: "high",
  level: "mandatory",
  sources: ["CIS Google Cloud 1.5"],
  types: ["gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMBinding:IAMBinding"],
  judge: (subject) =>
    expect(
      read(subject, "role"),
      (value) => value !== "roles/secretmanager.secretAccessor",
      () => "reads every secret of the project",
    ),
};

export const serviceAccountKeys: Rule = {
  id: "gcp-service-account-keys",
  title: "Have Google make no private keys for service accounts",
  why: "A key file is a password without an owner and without an end.",
  remedy: "Use Workload Identity or the identity of the service that runs; where a key is needed, upload a public one as publicKeyData.",
  severity: "high",
  level: "mandatory",
  sources: ["CIS Google Cloud 1.4"],
  types: ["gcp:serviceaccount/key:Key"],
  judge: (subject) =>
    expect(
      read(subject, "publicKeyData"),
      (value) => value !== undefined && value !== null,
      () => "is missing: Google makes a private key and hands it out",
    ),
};
