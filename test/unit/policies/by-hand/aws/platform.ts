import * as acm from "@pulumi/aws/acm/index.js";
import * as iam from "@pulumi/aws/iam/index.js";
import * as kms from "@pulumi/aws/kms/index.js";
import * as lambda from "@pulumi/aws/lambda/index.js";
import * as s3 from "@pulumi/aws/s3/index.js";
import type { Stack } from "../record.ts";
import { ASSUME, allow, code } from "./shared.ts";

/** What stands around a gateway. */
export const platform: Stack = {
  name: "keys, buckets and rights",
  program() {
    new kms.Key("logs", { description: "encrypts logs" });
    new kms.Key("signs", { keyUsage: "SIGN_VERIFY", customerMasterKeySpec: "ECC_NIST_P256" });
    new s3.Bucket("truststore", {});
    const half = new s3.Bucket("half", {});
    new s3.BucketPublicAccessBlock("half", { bucket: half.id, blockPublicAcls: true, blockPublicPolicy: true });
    new iam.Policy("everything", { policy: allow("*", "*") });
    new iam.Policy("storage", { policy: allow(["s3:*"], "*") });
    new iam.Role("inline", { assumeRolePolicy: ASSUME, inlinePolicies: [{ name: "all", policy: allow("*", "*") }] });
    new iam.Role("managed", { assumeRolePolicy: ASSUME, managedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"] });
    new iam.Policy("but", {
      policy: JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", NotAction: "iam:*", Resource: "*" } }),
    });
    new acm.Certificate("pasted", {
      certificateBody: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      privateKey: "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----",
    });
    new lambda.Function("with-key", {
      role: "arn:aws:iam::1:role/x",
      runtime: "nodejs22.x",
      handler: "index.handler",
      code: code(),
      reservedConcurrentExecutions: 10,
      environment: { variables: { SIGNING_KEY: "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----" } },
    });
  },
  findings: [
    "aws-bucket-public-access half",
    "aws-bucket-public-access truststore",
    "aws-iam-least-privilege but",
    "aws-iam-least-privilege everything",
    "aws-iam-least-privilege inline",
    "aws-iam-least-privilege managed",
    "aws-iam-least-privilege storage",
    "aws-kms-rotation logs",
    "private-key-in-plaintext with-key",
  ],
};
