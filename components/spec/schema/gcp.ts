import { z } from "zod";
import { entryName, secretRef } from "./primitives.ts";

const label = (what: string, length: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[a-z]([a-z0-9-]{0,${length - 2}}[a-z0-9])?$`),
      `${what}: 1 to ${length} lower-case letters, digits and hyphens, starting with a letter`,
    );

const asn = z.int().min(1).max(4_294_967_294);

const vpn = z
  .strictObject({
    peerAddress: z
      .ipv4("the public IPv4 address of the device on premises")
      .meta({ description: "Public address of the VPN device on premises." }),
    peerAsn: asn.default(65_010).meta({ description: "Autonomous system number on premises." }),
    googleAsn: asn.default(64_514).meta({ description: "Autonomous system number of the Cloud Router." }),
    sharedSecret: secretRef.meta({ description: "Pre-shared key of the tunnels." }),
  })
  .meta({ description: "An HA VPN made by this stack: gateway, peer, Cloud Router and two tunnels; routes come over BGP." });

const interconnect = z
  .strictObject({
    interconnect: z
      .string()
      .regex(
        /^(https:\/\/www\.googleapis\.com\/compute\/v1\/)?projects\/[a-z0-9:.-]+\/global\/interconnects\/[a-z0-9-]+$/,
        "a self link projects/…/global/interconnects/…",
      )
      .meta({ description: "The Dedicated Interconnect, ordered beforehand." }),
    vlan: z.int().min(2).max(4093).meta({ description: "VLAN of the attachment." }),
    peerAsn: asn.meta({ description: "Autonomous system number on premises." }),
    googleAsn: asn.default(16_550).meta({ description: "Autonomous system number of the Cloud Router." }),
  })
  .meta({ description: "A VLAN attachment on an existing Dedicated Interconnect, with its Cloud Router, made by this stack." });

const version = (example: string) => z.string().regex(/^[0-9]+\.[0-9]+\.[0-9]+$/, `a whole version such as ${example}`);

/** Settings of `cloud: gcp`. */
export const gcpSettings = z
  .strictObject({
    project: z
      .string()
      .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, "a project id such as shop-prod-123456")
      .optional()
      .meta({ description: "Id of the project everything is created in. Required." }),
    region: z
      .string()
      .regex(/^[a-z]+-[a-z]+[0-9]+$/, "a region such as europe-west3")
      .optional()
      .meta({ description: "Region of everything that has one. Required." }),
    flavour: z.enum(["cloudRun", "gke"]).default("cloudRun").meta({
      description: "Where ESPv2 runs: on Cloud Run, or in pods of an existing GKE cluster.",
    }),
    endpoints: z
      .strictObject({
        name: label("a name", 40)
          .optional()
          .meta({ description: "First label of the Endpoints service name; default: the gateway's name." }),
        onDestroy: z.enum(["keep", "delete"]).default("keep").meta({
          description:
            "keep: the Endpoints service outlives the stack and is taken over by the next deployment; delete: its name cannot be used again for 30 days.",
        }),
      })
      .prefault({})
      .meta({ description: "The Endpoints service." }),
    versions: z
      .strictObject({
        espv2: version("2.55.7").default("2.55.7").meta({ description: "Version of ESPv2." }),
        envoy: version("1.40.0").default("1.40.0").meta({ description: "Version of the Envoy sidecar." }),
      })
      .prefault({})
      .meta({ description: "Pinned versions of the container images." }),
    run: z
      .strictObject({
        minInstances: z.int().min(0).max(1000).default(1).meta({ description: "Instances kept warm." }),
        maxInstances: z.int().min(1).max(1000).default(20).meta({ description: "Most instances at the same time." }),
        concurrency: z.int().min(1).max(1000).default(250).meta({ description: "Requests one instance handles at the same time." }),
        deletionProtection: z
          .boolean()
          .default(false)
          .meta({ description: "Refuse to delete the Cloud Run service until this is switched off." }),
      })
      .prefault({})
      .meta({ description: "Settings of flavour cloudRun." }),
    gke: z
      .strictObject({
        namespace: label("a namespace", 63)
          .default("secure-gateway")
          .meta({ description: "Namespace the gateway's objects live in; created by this stack." }),
        zones: z
          .array(z.string().regex(/^[a-z]+-[a-z]+[0-9]+-[a-z]$/, "a zone such as europe-west3-a"))
          .min(1, "at least one zone")
          .meta({ description: "Zones of the cluster's nodes, which are the zones of its network endpoint groups." }),
        network: z
          .string()
          .min(1)
          .max(200)
          .meta({ description: "VPC network of the cluster: its name, for the firewall rule that admits the load balancer." }),
        replicas: z.int().min(2).max(100).default(3).meta({ description: "Pods of the gateway." }),
      })
      .optional()
      .meta({ description: "Settings of flavour gke; the cluster itself is the one the Kubernetes provider is configured for." }),
    network: z
      .strictObject({
        vpc: z
          .string()
          .min(1)
          .max(300)
          .meta({ description: "VPC network private and on-premises backends are reached through: name or self link." }),
        subnet: z.string().min(1).max(300).meta({ description: "Subnetwork for Direct VPC egress of Cloud Run: name or self link." }),
        line: z
          .union(
            [z.literal("existing"), z.strictObject({ vpn }), z.strictObject({ interconnect })],
            "existing, { vpn }, or { interconnect }",
          )
          .default("existing")
          .meta({ description: "The line to on-premises backends: already there, or made by this stack." }),
      })
      .optional()
      .meta({ description: "The network of private and on-premises backends." }),
    identityTokens: z
      .record(entryName, z.url({ protocol: /^https$/ }))
      .default({})
      .meta({
        description: "Backends on Cloud Run or behind IAP that want an ID token of the gateway's service account: backend → audience.",
      }),
    tlsProfile: z.enum(["RESTRICTED", "MODERN"]).default("RESTRICTED").meta({
      description: "Profile of the SSL policy. MODERN also offers CBC suites of TLS 1.2 and stays a finding.",
    }),
    cloudArmorEnterprise: z
      .boolean()
      .default(false)
      .meta({ description: "The project is enrolled in Cloud Armor Enterprise; `ddos: advanced` needs it." }),
  })
  .meta({ description: "Settings of cloud: gcp." });
