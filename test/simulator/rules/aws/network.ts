import { CloudError, type Rule, type RuleContext } from "../../core/rule.ts";
import { list, text } from "../../core/values.ts";
import { ACCOUNT_ID, arnOf, aws, ec2Id, nameOf, regionOf } from "./common.ts";

const SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";
const SUBNET = "aws:ec2/subnet:Subnet";
const TARGET_GROUP = "aws:lb/targetGroup:TargetGroup";
const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";

const dependency = ({ id }: RuleContext) => `DependencyViolation: resource ${id} has a dependent object`;
const held = (...types: string[]) => types.map((type) => ({ type, message: dependency }));
const ec2Arn = (kind: string) => (context: RuleContext) => ({ arn: arnOf(context, "ec2", `${kind}/${context.id}`) });

/** Load balancers: `app/name/id` or `net/name/id` in the ARN. */
const lbPath = (context: RuleContext): string => {
  const kind = { application: "app", network: "net", gateway: "gwy" }[text(context.inputs.loadBalancerType ?? "application")] ?? "app";
  return `${kind}/${nameOf(context)}/${context.hex(16)}`;
};

const vpcOf = ({ cloud, inputs }: RuleContext): string => {
  const [subnet] = [...list(inputs.subnets), ...list(inputs.subnetMappings).map((mapping) => (mapping as { subnetId?: unknown }).subnetId)];
  return text(cloud.get(SUBNET, text(subnet))?.outputs.vpcId ?? "vpc-0a1b2c3d4e5f60718");
};

const listenerHolders = ["aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"];

const securityRule = (type: string): Rule =>
  aws(type, {
    replaceOn: ["securityGroupId"],
    id: ec2Id("sgr"),
    outputs: (context) => ({ arn: arnOf(context, "ec2", `security-group-rule/${context.id}`), securityGroupRuleId: context.id }),
  });

export const network: readonly Rule[] = [
  aws("lb/loadBalancer:LoadBalancer", {
    named: 32,
    replaceOn: ["name", "namePrefix", "internal", "loadBalancerType", "customerOwnedIpv4Pool"],
    id: (context) => arnOf(context, "elasticloadbalancing", `loadbalancer/${lbPath(context)}`),
    check: ({ name }) =>
      typeof name === "string" && !name.startsWith("04da6b54") && (name.length > 32 || !/^[A-Za-z0-9-]+$/.test(name))
        ? [
            {
              property: "name",
              reason: `"name" cannot be longer than 32 characters and only alphanumeric characters and hyphens are allowed: "${name}"`,
            },
          ]
        : [],
    unique: {
      key: ({ inputs }) => (inputs.name === undefined ? undefined : text(inputs.name)),
      message: ({ inputs }) => `DuplicateLoadBalancerName: A load balancer with the same name '${text(inputs.name)}' exists`,
    },
    computedDefaults: () => ({
      ipAddressType: "ipv4",
      enablePrefixForIpv6SourceNat: "off",
      idleTimeout: 60,
      loadBalancerType: "application",
      desyncMitigationMode: "defensive",
      enableHttp2: true,
      xffHeaderProcessingMode: "append",
    }),
    outputs: (context) => ({
      arn: context.id,
      arnSuffix: lbPath(context),
      name: nameOf(context),
      dnsName: `${context.inputs.internal === true ? "internal-" : ""}${nameOf(context)}-${Number.parseInt(context.hex(7, "dns"), 16)}.${regionOf(context)}.elb.amazonaws.com`,
      vpcId: vpcOf(context),
      // Hosted zone of the load balancers of eu-central-1 (AWS general reference, Elastic Load Balancing endpoints).
      zoneId: context.inputs.loadBalancerType === "network" ? "Z3F0SRJ5LGBH90" : "Z215JYRZR1TBD5",
    }),
    forbidDelete: ({ inputs }) => {
      if (inputs.enableDeletionProtection === true)
        throw new CloudError("OperationNotPermitted: Load balancer cannot be deleted because deletion protection is enabled");
    },
  }),
  aws("lb/listener:Listener", {
    replaceOn: ["loadBalancerArn"],
    id: (context) => `${text(context.inputs.loadBalancerArn).replace(":loadbalancer/", ":listener/")}/${context.hex(16)}`,
    admit: ({ cloud, inputs }) => {
      if (!cloud.get(LOAD_BALANCER, text(inputs.loadBalancerArn)))
        throw new CloudError(`LoadBalancerNotFound: Load balancer '${text(inputs.loadBalancerArn)}' not found`);
      if (inputs.protocol === "HTTPS" && inputs.certificateArn === undefined)
        throw new CloudError("CertificateNotFound: A certificate must be specified for HTTPS listeners");
    },
    unique: {
      key: ({ inputs }) => `${text(inputs.loadBalancerArn)}:${text(inputs.port)}`,
      message: () => "DuplicateListener: A listener already exists on this port for this load balancer",
    },
    computedDefaults: ({ inputs }) => ({
      mutualAuthentication: { mode: "off", ignoreClientCertificateExpiry: false, trustStoreArn: "", advertiseTrustStoreCaNames: "" },
      sslPolicy: inputs.protocol === "HTTPS" || inputs.protocol === "TLS" ? "ELBSecurityPolicy-2016-08" : "",
      protocol: "HTTP",
    }),
    outputs: (context) => ({ arn: context.id }),
  }),
  aws("lb/listenerRule:ListenerRule", {
    replaceOn: ["listenerArn"],
    id: (context) => `${text(context.inputs.listenerArn).replace(":listener/", ":listener-rule/")}/${context.hex(16)}`,
    unique: {
      key: ({ inputs }) => (inputs.priority === undefined ? undefined : `${text(inputs.listenerArn)} ${text(inputs.priority)}`),
      message: ({ inputs }) => `PriorityInUse: Priority '${text(inputs.priority)}' is currently in use`,
    },
    computedDefaults: () => ({ priority: 1 }),
    outputs: (context) => ({ arn: context.id }),
  }),
  aws("lb/listenerCertificate:ListenerCertificate", {
    replaceOn: ["listenerArn", "certificateArn"],
    id: ({ inputs }) => `${text(inputs.listenerArn)}_${text(inputs.certificateArn)}`,
  }),
  aws("lb/targetGroup:TargetGroup", {
    named: 32,
    replaceOn: ["name", "namePrefix", "port", "protocol", "protocolVersion", "targetType", "vpcId", "ipAddressType"],
    id: (context) => arnOf(context, "elasticloadbalancing", `targetgroup/${nameOf(context)}/${context.hex(16)}`),
    unique: {
      key: ({ inputs }) => (inputs.name === undefined ? undefined : text(inputs.name)),
      message: ({ inputs }) =>
        `DuplicateTargetGroupName: A target group with the same name '${text(inputs.name)}' exists, but with different settings`,
    },
    computedDefaults: ({ inputs }) => ({
      healthCheck: {
        enabled: true,
        healthyThreshold: 3,
        interval: 30,
        matcher: "200",
        path: "/",
        port: "traffic-port",
        protocol: inputs.protocol ?? "HTTP",
        timeout: 5,
        unhealthyThreshold: 3,
      },
      ipAddressType: "ipv4",
      loadBalancingAlgorithmType: "round_robin",
      loadBalancingAnomalyMitigation: "off",
      loadBalancingCrossZoneEnabled: "use_load_balancer_configuration",
      protocolVersion: "HTTP1",
      stickiness: { enabled: false, type: "lb_cookie", cookieDuration: 86400, cookieName: "" },
      targetGroupHealth: {
        dnsFailover: { minimumHealthyTargetsCount: "1", minimumHealthyTargetsPercentage: "off" },
        unhealthyStateRouting: { minimumHealthyTargetsCount: 1, minimumHealthyTargetsPercentage: "off" },
      },
    }),
    outputs: (context) => ({
      arn: context.id,
      arnSuffix: `targetgroup/${nameOf(context)}/${context.hex(16)}`,
      name: nameOf(context),
      loadBalancerArns: [],
    }),
    heldBy: listenerHolders.map((type) => ({
      type,
      message: ({ id }: RuleContext) => `ResourceInUse: Target group '${id}' is currently in use by a listener or a rule`,
    })),
  }),
  aws("lb/targetGroupAttachment:TargetGroupAttachment", {
    replaceOn: ["targetGroupArn", "targetId", "port", "availabilityZone"],
    id: ({ inputs, hex }) => `${text(inputs.targetGroupArn)}-${hex(26)}`,
    admit: ({ cloud, inputs }) => {
      if (!cloud.get(TARGET_GROUP, text(inputs.targetGroupArn)))
        throw new CloudError(`TargetGroupNotFound: One or more target groups not found`);
    },
  }),
  aws("lb/trustStore:TrustStore", {
    named: 32,
    replaceOn: ["name", "namePrefix"],
    id: (context) => arnOf(context, "elasticloadbalancing", `truststore/${nameOf(context)}/${context.hex(16)}`),
    outputs: (context) => ({ arn: context.id, name: nameOf(context), arnSuffix: `truststore/${nameOf(context)}/${context.hex(16)}` }),
    heldBy: [{ type: "aws:lb/listener:Listener", message: () => "TrustStoreInUse: The specified trust store is currently in use" }],
  }),
  aws("ec2/securityGroup:SecurityGroup", {
    named: true,
    replaceOn: ["name", "namePrefix", "description", "vpcId"],
    id: ec2Id("sg"),
    defaults: () => ({ description: "Managed by Pulumi" }),
    unique: {
      key: ({ inputs }) => (inputs.name === undefined ? undefined : `${text(inputs.vpcId)} ${text(inputs.name)}`),
      message: ({ inputs }) =>
        `InvalidGroup.Duplicate: The security group '${text(inputs.name)}' already exists for VPC '${text(inputs.vpcId)}'`,
    },
    computedDefaults: () => ({ egress: [], ingress: [] }),
    outputs: (context) => ({ ...ec2Arn("security-group")(context), ownerId: ACCOUNT_ID, name: nameOf(context) }),
    heldBy: held(LOAD_BALANCER, "aws:apigatewayv2/vpcLink:VpcLink", "aws:ec2/instance:Instance", "aws:lambda/function:Function"),
  }),
  aws("ec2/securityGroupRule:SecurityGroupRule", {
    replaceOn: [
      "type",
      "fromPort",
      "toPort",
      "protocol",
      "cidrBlocks",
      "ipv6CidrBlocks",
      "prefixListIds",
      "securityGroupId",
      "sourceSecurityGroupId",
      "self",
    ],
    id: ({ hex }) => `sgrule-${Number.parseInt(hex(8), 16)}`,
    outputs: (context) => ({ securityGroupRuleId: `sgr-0${context.hex(16)}` }),
  }),
  securityRule("vpc/securityGroupIngressRule:SecurityGroupIngressRule"),
  securityRule("vpc/securityGroupEgressRule:SecurityGroupEgressRule"),
  aws("ec2/vpc:Vpc", {
    replaceOn: ["cidrBlock"],
    id: ec2Id("vpc"),
    computedDefaults: () => ({ enableDnsSupport: true, instanceTenancy: "default" }),
    outputs: (context) => ({
      ...ec2Arn("vpc")(context),
      defaultNetworkAclId: `acl-0${context.hex(16, "acl")}`,
      defaultRouteTableId: `rtb-0${context.hex(16, "rtb")}`,
      defaultSecurityGroupId: `sg-0${context.hex(16, "sg")}`,
      dhcpOptionsId: `dopt-0${context.hex(16, "dopt")}`,
      ipv6AssociationId: "",
      mainRouteTableId: `rtb-0${context.hex(16, "rtb")}`,
      ownerId: ACCOUNT_ID,
    }),
    heldBy: held(SUBNET, SECURITY_GROUP, "aws:ec2/vpnGateway:VpnGateway", "aws:ec2/routeTable:RouteTable"),
  }),
  aws("ec2/subnet:Subnet", {
    replaceOn: ["vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "outpostArn"],
    id: ec2Id("subnet"),
    computedDefaults: (context) => ({
      availabilityZone: `${regionOf(context)}a`,
      availabilityZoneId: "euc1-az2",
      privateDnsHostnameTypeOnLaunch: "ip-name",
    }),
    outputs: (context) => ({ ...ec2Arn("subnet")(context), ipv6CidrBlockAssociationId: "", ownerId: ACCOUNT_ID }),
    heldBy: held(LOAD_BALANCER, "aws:apigatewayv2/vpcLink:VpcLink", "aws:ec2/instance:Instance"),
  }),
  aws("ec2/routeTable:RouteTable", {
    replaceOn: ["vpcId"],
    id: ec2Id("rtb"),
    outputs: (context) => ({ ...ec2Arn("route-table")(context), ownerId: ACCOUNT_ID }),
  }),
  aws("ec2/routeTableAssociation:RouteTableAssociation", { replaceOn: ["subnetId", "gatewayId"], id: ec2Id("rtbassoc") }),
  aws("ec2/internetGateway:InternetGateway", {
    id: ec2Id("igw"),
    outputs: (context) => ({ ...ec2Arn("internet-gateway")(context), ownerId: ACCOUNT_ID }),
  }),
  aws("ec2/route:Route", {
    replaceOn: ["routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"],
    id: ({ inputs, hex }) => `r-${text(inputs.routeTableId)}${hex(10)}`,
    outputs: () => ({ instanceId: "", instanceOwnerId: "", origin: "CreateRoute", state: "active" }),
  }),
  aws("ec2/flowLog:FlowLog", {
    replaceOn: ["vpcId", "subnetId", "logDestination", "trafficType"],
    id: ec2Id("fl"),
    outputs: ec2Arn("vpc-flow-log"),
  }),
];
