import { CloudError, type Rule } from "../../core/rule.ts";
import { text } from "../../core/values.ts";
import { arnOf, aws, globalArn, nameOf } from "./common.ts";

const DELIVERY = "aws:cloudwatch/logDelivery:LogDelivery";

/** Smaller parts a gateway is made of: counters, CloudFront's trust store, log delivery, Shield. */
export const gatewayParts: readonly Rule[] = [
  aws("dynamodb/table:Table", {
    named: 255,
    replaceOn: ["name", "hashKey", "rangeKey", "attributes[*].type"],
    id: (context) => nameOf(context),
    unique: {
      key: ({ inputs }) => (inputs.name === undefined ? undefined : text(inputs.name)),
      message: (context) => `ResourceInUseException: Table already exists: ${nameOf(context)}`,
    },
    check: ({ attributes, hashKey }) =>
      Array.isArray(attributes) && !attributes.some((attribute) => (attribute as { name?: unknown }).name === hashKey)
        ? [{ property: "hashKey", reason: "all attributes must be indexed. Unused attributes or missing key schema" }]
        : [],
    computedDefaults: () => ({ tableClass: "STANDARD", readCapacity: 0, writeCapacity: 0, streamViewType: "" }),
    outputs: (context) => ({
      arn: arnOf(context, "dynamodb", `table/${context.id}`),
      name: context.id,
      streamArn: "",
      streamLabel: "",
      replicas: [],
    }),
  }),
  aws("cloudfront/trustStore:TrustStore", {
    named: 64,
    source: "Typings of @pulumi/aws 7.48",
    replaceOn: ["name"],
    id: ({ hex }) => `ts_${hex(24)}`,
    outputs: (context) => ({
      arn: globalArn("cloudfront", `trust-store/${context.id}`),
      etag: `E${context.hex(13, context.inputs).toUpperCase()}`,
      numberOfCaCertificates: 1,
    }),
    heldBy: [{ type: "aws:cloudfront/distribution:Distribution", message: () => "TrustStoreInUse: the trust store is in use" }],
  }),
  aws("cloudwatch/logDeliverySource:LogDeliverySource", {
    replaceOn: ["name", "logType", "resourceArn"],
    id: ({ inputs }) => text(inputs.name),
    outputs: (context) => ({ arn: arnOf(context, "logs", `delivery-source:${context.id}`), service: "cloudfront" }),
    forbidDelete: ({ all, id }) => {
      if (all(DELIVERY).some(({ inputs }) => inputs.deliverySourceName === id))
        throw new CloudError("ConflictException: Delivery source is used by a delivery");
    },
  }),
  aws("cloudwatch/logDeliveryDestination:LogDeliveryDestination", {
    replaceOn: ["name", "deliveryDestinationType"],
    id: ({ inputs }) => text(inputs.name),
    computedDefaults: () => ({ deliveryDestinationType: "CWL" }),
    outputs: (context) => ({ arn: arnOf(context, "logs", `delivery-destination:${context.id}`) }),
    heldBy: [{ type: DELIVERY, message: () => "ConflictException: Delivery destination is used by a delivery" }],
  }),
  aws("cloudwatch/logDelivery:LogDelivery", {
    replaceOn: ["deliverySourceName", "deliveryDestinationArn"],
    id: ({ hex }) => hex(16),
    computedDefaults: () => ({ fieldDelimiter: "" }),
    outputs: (context) => ({ arn: arnOf(context, "logs", `delivery:${context.id}`) }),
  }),
  aws("shield/protection:Protection", {
    replaceOn: ["name", "resourceArn"],
    id: ({ hex }) => `${hex(8)}-${hex(4, 1)}-4${hex(3, 2)}-a${hex(3, 3)}-${hex(12, 4)}`,
    outputs: (context) => ({ arn: globalArn("shield", `protection/${context.id}`) }),
  }),
];
