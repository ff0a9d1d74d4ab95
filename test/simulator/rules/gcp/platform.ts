import { CloudError, type Rule } from "../../core/rule.ts";
import { objects, text } from "../../core/values.ts";
import { compute, gcp, pathOf, projectOf } from "./common.ts";

const member = (type: string, key: string): Rule =>
  gcp(type, {
    id: ({ inputs }) => `${text(inputs[key])}/${text(inputs.role)}/${text(inputs.member)}`,
    replaceOn: [key, "role", "member"],
    outputs: ({ hex }) => ({ etag: hex(12) }),
  });

const OBJECT = "gcp:storage/bucketObject:BucketObject";

export const platform: readonly Rule[] = [
  gcp("serviceaccount/account:Account", {
    id: (context) =>
      `projects/${projectOf(context)}/serviceAccounts/${text(context.inputs.accountId)}@${projectOf(context)}.iam.gserviceaccount.com`,
    replaceOn: ["accountId"],
    outputs: (context) => {
      const email = `${text(context.inputs.accountId)}@${projectOf(context)}.iam.gserviceaccount.com`;
      return { email, name: context.id, member: `serviceAccount:${email}`, uniqueId: String(Number.parseInt(context.hex(12), 16)) };
    },
  }),
  member("serviceaccount/iAMMember:IAMMember", "serviceAccountId"),
  member("projects/iAMMember:IAMMember", "project"),
  member("storage/bucketIAMMember:BucketIAMMember", "bucket"),
  member("secretmanager/secretIamMember:SecretIamMember", "secretId"),
  gcp("storage/bucket:Bucket", {
    id: ({ inputs }) => text(inputs.name),
    replaceOn: ["location"],
    outputs: ({ id }) => ({ selfLink: `https://www.googleapis.com/storage/v1/b/${id}`, url: `gs://${id}` }),
    forbidDelete: ({ id, inputs, all }) => {
      if (inputs.forceDestroy !== true && all(OBJECT).some((object) => object.inputs.bucket === id))
        throw new CloudError(`Error trying to delete bucket ${id} containing objects without \`force_destroy\` set to true`);
    },
    effect: ({ id, operation, cloud, all }) => {
      if (operation !== "delete") return;
      for (const object of all(OBJECT)) if (object.inputs.bucket === id) cloud.remove(OBJECT, object.id);
    },
  }),
  gcp("storage/bucketObject:BucketObject", {
    // An upload takes the place of what was there.
    adopts: true,
    id: ({ inputs }) => `${text(inputs.bucket)}-${text(inputs.name)}`,
    replaceOn: ["bucket"],
    outputs: ({ inputs, hex }) => ({ outputName: text(inputs.name), crc32c: hex(8), generation: Number.parseInt(hex(10), 16) }),
  }),
  gcp("secretmanager/secret:Secret", {
    id: (context) => `projects/${projectOf(context)}/secrets/${text(context.inputs.secretId)}`,
    replaceOn: ["secretId", "replication"],
    outputs: ({ id }) => ({ name: id }),
  }),
  gcp("secretmanager/secretVersion:SecretVersion", {
    id: ({ inputs, all, hex }) =>
      `${text(inputs.secret)}/versions/${all("gcp:secretmanager/secretVersion:SecretVersion").length + 1}-${hex(4)}`,
    replaceOn: ["secret", "secretData"],
    outputs: ({ id }) => ({ name: id, version: id.split("/").at(-1) ?? "" }),
  }),
  gcp("cloudrunv2/service:Service", {
    id: pathOf("locations/{location}/services"),
    replaceOn: ["location"],
    admit: ({ inputs, all }) => {
      const template = inputs.template as { containers?: unknown; volumes?: unknown };
      for (const volume of objects(template.volumes)) {
        const bucket = (volume.gcs as { bucket?: string } | undefined)?.bucket;
        if (bucket !== undefined && !all("gcp:storage/bucket:Bucket").some(({ id }) => id === bucket))
          throw new CloudError(`Error 400: volume ${text(volume.name)}: bucket ${bucket} does not exist, badRequest`);
      }
      const args = objects(template.containers).flatMap(({ args: list }) => (Array.isArray(list) ? list.map(text) : []));
      const config = args[args.indexOf("--config-path") + 1]?.split("/").at(-1);
      if (config !== undefined && !all("gcp:storage/bucketObject:BucketObject").some(({ inputs: object }) => object.name === config))
        throw new CloudError(`Error: Revision is not ready: container envoy failed to start: ${config} not found`);
    },
    outputs: (context) => ({
      latestReadyRevision: `${context.id}/revisions/${text(context.inputs.name)}-${context.hex(6, context.inputs.template)}`,
      uri: "",
      urls: [],
    }),
    volatile: { latestReadyRevision: ["template"] },
    forbidDelete: ({ inputs }) => {
      if (inputs.deletionProtection !== false)
        throw new CloudError("cannot destroy service without setting deletion_protection=false and running `terraform apply`");
    },
    heldBy: [
      {
        type: "gcp:compute/regionNetworkEndpointGroup:RegionNetworkEndpointGroup",
        message: () => "Error 400: the service is used by a network endpoint group",
      },
    ],
  }),
  gcp("logging/projectBucketConfig:ProjectBucketConfig", {
    id: (context) => `projects/${projectOf(context)}/locations/${text(context.inputs.location)}/buckets/${text(context.inputs.bucketId)}`,
    replaceOn: ["location", "bucketId"],
    outputs: ({ id }) => ({ name: id, lifecycleState: "ACTIVE" }),
    adopts: true,
  }),
  gcp("logging/projectSink:ProjectSink", {
    id: pathOf("sinks"),
    outputs: () => ({ writerIdentity: "serviceAccount:cloud-logs@system.gserviceaccount.com" }),
  }),
  gcp("logging/projectExclusion:ProjectExclusion", { id: pathOf("exclusions") }),
  gcp("monitoring/notificationChannel:NotificationChannel", {
    id: (context) => `projects/${projectOf(context)}/notificationChannels/${context.hex(18)}`,
    replaceOn: ["type"],
    outputs: ({ id }) => ({ name: id, verificationStatus: "UNVERIFIED" }),
    heldBy: [{ type: "gcp:monitoring/alertPolicy:AlertPolicy", message: () => "Error 400: the channel is used by an alert policy" }],
  }),
  gcp("monitoring/alertPolicy:AlertPolicy", {
    id: (context) => `projects/${projectOf(context)}/alertPolicies/${context.hex(18)}`,
    outputs: ({ id }) => ({ name: id, creationRecords: [] }),
  }),
  gcp("monitoring/uptimeCheckConfig:UptimeCheckConfig", {
    id: (context) => `projects/${projectOf(context)}/uptimeCheckConfigs/${context.name}-${context.hex(6)}`,
    replaceOn: ["monitoredResource"],
    outputs: ({ id }) => ({ name: id, uptimeCheckId: id.split("/").at(-1) ?? "" }),
  }),
  gcp("monitoring/dashboard:Dashboard", { id: (context) => `projects/${projectOf(context)}/dashboards/${context.hex(18)}` }),
  compute("router:Router", "regions/{region}/routers", { replaceOn: ["region", "network"] }),
  compute("haVpnGateway:HaVpnGateway", "regions/{region}/vpnGateways", {
    replaceOn: ["region", "network"],
    outputs: () => ({
      vpnInterfaces: [
        { id: 0, ipAddress: "192.0.2.10" },
        { id: 1, ipAddress: "192.0.2.11" },
      ],
    }),
  }),
  compute("externalVpnGateway:ExternalVpnGateway", "global/externalVpnGateways", { replaceOn: ["interfaces", "redundancyType"] }),
  compute("vPNTunnel:VPNTunnel", "regions/{region}/vpnTunnels", {
    replaceOn: ["vpnGateway", "peerExternalGateway", "router", "sharedSecret"],
    outputs: ({ hex }) => ({ tunnelId: hex(12), detailedStatus: "Tunnel is up" }),
  }),
  compute("routerInterface:RouterInterface", "regions/{region}/routers/interfaces", {
    replaceOn: ["router", "vpnTunnel", "interconnectAttachment", "ipRange"],
  }),
  compute("routerPeer:RouterPeer", "regions/{region}/routers/peers", { replaceOn: ["router", "interface"] }),
  compute("interconnectAttachment:InterconnectAttachment", "regions/{region}/interconnectAttachments", {
    replaceOn: ["router", "interconnect", "vlanTag8021q"],
    outputs: () => ({ cloudRouterIpAddress: "169.254.10.1/29", customerRouterIpAddress: "169.254.10.2/29", state: "ACTIVE" }),
  }),
];
