import { TrustStore } from "@pulumi/aws/cloudfront/trustStore.js";
import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketObjectv2 } from "@pulumi/aws/s3/bucketObjectv2.js";
import { BucketOwnershipControls } from "@pulumi/aws/s3/bucketOwnershipControls.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import { BucketServerSideEncryptionConfiguration } from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning.js";
import * as pulumi from "@pulumi/pulumi";
import { type AwsBuild, policyJson } from "./build.ts";

/** The authorities of client certificates, as a pinned version of an object. */
export interface Truststore {
  readonly uri: pulumi.Output<string>;
  readonly version: pulumi.Output<string>;
  /** CloudFront's own, where CloudFront asks for certificates. */
  readonly edge: TrustStore | undefined;
}

export function truststore(b: AwsBuild): Truststore | undefined {
  const { clientValidation } = b.model.tls;
  if (clientValidation === undefined) return undefined;
  const bucket = new Bucket(`${b.name}-truststore`, { forceDestroy: true, tags: b.tags, ...b.inRegion }, b.opts());
  const target = { bucket: bucket.id, ...b.inRegion };
  const versioning = new BucketVersioning(
    `${b.name}-truststore-versions`,
    { ...target, versioningConfiguration: { status: "Enabled" } },
    b.opts(),
  );
  const locks = [
    new BucketPublicAccessBlock(
      `${b.name}-truststore-private`,
      { ...target, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      b.opts(),
    ),
    new BucketOwnershipControls(`${b.name}-truststore-owner`, { ...target, rule: { objectOwnership: "BucketOwnerEnforced" } }, b.opts()),
    new BucketServerSideEncryptionConfiguration(
      `${b.name}-truststore-encryption`,
      { ...target, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
      b.opts(),
    ),
    new BucketPolicy(
      `${b.name}-truststore-policy`,
      {
        ...target,
        policy: policyJson({
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: [bucket.arn, pulumi.interpolate`${bucket.arn}/*`],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      },
      b.opts(),
    ),
  ];
  const object = new BucketObjectv2(
    `${b.name}-truststore-bundle`,
    { ...target, key: "truststore.pem", content: `${clientValidation.caCertificates.join("\n")}\n`, contentType: "application/x-pem-file" },
    b.opts({ dependsOn: [versioning, ...locks] }),
  );
  const mode = clientValidation.mode === "Required" ? "required" : "optional";
  for (const resource of [bucket, versioning, ...locks, object]) b.enforced.note(resource, `tls.clientValidation.${mode}`);
  const edge = b.edge
    ? b.enforced.note(
        new TrustStore(
          `${b.name}-edge-truststore`,
          {
            caCertificatesBundleSource: {
              caCertificatesBundleS3Location: { bucket: bucket.id, key: object.key, region: b.region, version: object.versionId },
            },
            tags: b.tags,
          },
          b.opts(),
        ),
        `tls.clientValidation.${mode}`,
      )
    : undefined;
  return { uri: pulumi.interpolate`s3://${bucket.id}/${object.key}`, version: object.versionId, edge };
}
