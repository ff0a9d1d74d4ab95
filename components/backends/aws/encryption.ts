import { Key } from "@pulumi/aws/kms/key.js";
import * as pulumi from "@pulumi/pulumi";
import { type AwsBuild, policyJson } from "./build.ts";

/** A key of the stack's own for logs, alarms and the authorizer's settings in one region; rotated every year by AWS. */
export function encryptionKey(b: AwsBuild, suffix: string, region: pulumi.Input<string>, where: { region?: string }): Key {
  const account = b.accountId;
  const statement = (services: pulumi.Input<string>[], actions: string[], condition?: Record<string, unknown>) => ({
    Effect: "Allow",
    Principal: { Service: services },
    Action: actions,
    Resource: "*",
    ...(condition === undefined ? {} : { Condition: condition }),
  });
  return new Key(
    `${b.name}-${suffix}`,
    {
      description: `Logs and alarms of the gateway ${b.name}`,
      enableKeyRotation: true,
      deletionWindowInDays: 7,
      policy: policyJson(
        {
          Effect: "Allow",
          Principal: { AWS: pulumi.interpolate`arn:${b.partition}:iam::${account}:root` },
          Action: "kms:*",
          Resource: "*",
        },
        statement(
          [pulumi.interpolate`logs.${region}.amazonaws.com`],
          ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
          {
            ArnLike: { "kms:EncryptionContext:aws:logs:arn": pulumi.interpolate`arn:${b.partition}:logs:${region}:${account}:log-group:*` },
          },
        ),
        statement(["cloudwatch.amazonaws.com", "events.amazonaws.com"], ["kms:Decrypt", "kms:GenerateDataKey*"], {
          StringEquals: { "aws:SourceAccount": account },
        }),
      ),
      tags: b.tags,
      ...where,
    },
    b.opts(),
  );
}
