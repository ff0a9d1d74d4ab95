import { z } from "zod";
import { cidr } from "./primitives.ts";

const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `an identifier such as ${prefix}-0123456789abcdef0`);

const asn = z.int().min(1).max(4_294_967_294);

const vpn = z
  .strictObject({
    customerGatewayAddress: z.ipv4("the public IPv4 address of the device on premises").meta({
      description: "Public address of the VPN device on premises.",
    }),
    bgpAsn: asn.default(65_000).meta({ description: "Autonomous system number of the device on premises." }),
    cidrs: z.array(cidr).default([]).meta({ description: "On-premises blocks routed statically; empty: the routes come over BGP." }),
  })
  .meta({ description: "A site-to-site VPN made by this stack: customer gateway, virtual private gateway, two tunnels." });

const directConnect = z
  .strictObject({
    connectionId: z
      .string()
      .regex(/^dxcon-[0-9a-z]{8}$/, "a Direct Connect connection such as dxcon-fg5678gh")
      .meta({
        description: "The physical connection, ordered beforehand.",
      }),
    vlan: z.int().min(1).max(4094).meta({ description: "VLAN of the private virtual interface." }),
    bgpAsn: asn.meta({ description: "Autonomous system number on premises." }),
    amazonSideAsn: asn.default(64_512).meta({ description: "Autonomous system number of the Direct Connect gateway." }),
  })
  .meta({ description: "A private virtual interface on an existing Direct Connect connection, with its gateway, made by this stack." });

/** What an HTTP API does less strictly than docs/semantics.md; each must be accepted by name. */
export const HTTP_API_DEVIATIONS = {
  clientIdAsAudience: "a token without aud whose client_id is one of the audiences passes",
  underscoreHeaders: "request headers with an underscore in their name reach backends, except other spellings of the gateway's own",
  errorsWithoutHsts: "answers the API makes itself (401, 403, 404, 429, 5xx) carry no Strict-Transport-Security",
} as const;

/** Settings of `cloud: aws`. */
export const awsSettings = z
  .strictObject({
    flavour: z.enum(["auto", "rest", "http"]).default("auto").meta({
      description:
        "rest: REST API; http: HTTP API, cheaper and with fewer controls; auto: http where it keeps everything the document asks for, else rest.",
    }),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, "a region such as eu-central-1")
      .optional()
      .meta({ description: "Region of every regional resource. Default: the provider's own (`aws:region`)." }),
    http: z
      .strictObject({
        accept: z
          .array(z.enum(Object.keys(HTTP_API_DEVIATIONS) as [keyof typeof HTTP_API_DEVIATIONS]))
          .default([])
          .meta({
            description: `What an HTTP API does less strictly and the document accepts: ${Object.entries(HTTP_API_DEVIATIONS)
              .map(([name, what]) => `${name} (${what})`)
              .join("; ")}.`,
          }),
      })
      .prefault({})
      .meta({ description: "Settings of flavour http." }),
    quotas: z
      .strictObject({
        resourcesPerApi: z
          .int()
          .min(300)
          .max(100_000)
          .default(300)
          .meta({ description: "Granted quota of resources (path segments) per API." }),
        integrationTimeoutMs: z
          .int()
          .min(29_000)
          .max(300_000)
          .default(29_000)
          .meta({ description: "Granted integration timeout of regional REST APIs, in milliseconds." }),
        requestsPerSecond: z
          .int()
          .min(1)
          .max(10_000_000)
          .default(10_000)
          .meta({ description: "Granted request rate of the account in this region." }),
      })
      .prefault({})
      .meta({ description: "Quotas of the account, where AWS has raised them. Raise the quota first, then state it here." }),
    cloudwatchRole: z.enum(["existing", "create"]).default("existing").meta({
      description: "API Gateway writes logs through one role per account and region: existing, or created and owned by this stack.",
    }),
    authorizer: z
      .strictObject({
        reservedConcurrency: z
          .int()
          .min(1)
          .max(100_000)
          .default(100)
          .meta({ description: "Reserved concurrent executions of the Lambda authorizer." }),
        memoryMb: z
          .int()
          .min(128)
          .max(10_240)
          .default(512)
          .meta({ description: "Memory of the Lambda authorizer in MiB; more memory is more CPU." }),
        cacheSeconds: z.int().min(0).max(60).default(0).meta({
          description:
            "Seconds API Gateway may reuse a decision about a token on routes that need nothing but that token; 0 decides every request. Together with clockSkew at most 60.",
        }),
      })
      .prefault({})
      .meta({ description: "The Lambda authorizer of REST APIs." }),
    network: z
      .strictObject({
        vpcId: id("vpc").meta({ description: "The VPC private backends are reached through." }),
        subnetIds: z.array(id("subnet")).min(2, "at least two subnets, in different availability zones").max(10).meta({
          description: "Private subnets of the load balancer and the VPC link, in at least two availability zones.",
        }),
        routeTableIds: z
          .array(id("rtb"))
          .default([])
          .meta({ description: "Route tables of these subnets, into which a created line's routes are propagated." }),
        bridge: z.enum(["alb", "nlb-alb", "nlb"]).default("alb").meta({
          description:
            "How private and on-premises backends are reached. alb: VPC link → internal Application Load Balancer; nlb-alb: VPC link → Network Load Balancer → Application Load Balancer; nlb: VPC link → Network Load Balancer that passes TLS through, so that API Gateway itself verifies the backend's certificate.",
        }),
        line: z
          .union(
            [z.literal("existing"), z.strictObject({ vpn }), z.strictObject({ directConnect })],
            "existing, { vpn }, or { directConnect }",
          )
          .default("existing")
          .meta({ description: "The line to on-premises backends: already there, or made by this stack." }),
      })
      .optional()
      .meta({ description: "The network of private and on-premises backends." }),
    shieldAdvanced: z
      .boolean()
      .default(false)
      .meta({ description: "The account has a Shield Advanced subscription; `ddos: advanced` needs it." }),
  })
  .meta({ description: "Settings of cloud: aws." });
