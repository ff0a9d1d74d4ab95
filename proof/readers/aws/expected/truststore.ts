import { fingerprints } from "../../envoy/backends.ts";
import type { Expected } from "../../expected.ts";
import { is, json, type Shape } from "../../shape.ts";
import { issued } from "./certificates.ts";
import { type Context, policy } from "./context.ts";

/** The authorities of client certificates in a private, encrypted bucket that keeps every version, and CloudFront's copy of one version. */
export function* truststore(c: Context): Generator<Expected> {
  const { clientValidation, certificate } = c.model.tls;
  if (clientValidation === undefined) return;
  const control = clientValidation.mode === "Required" ? "tls.clientValidation.required" : "tls.clientValidation.optional";
  const bucket = (kind: string, suffix: string, inputs: Record<string, Shape>): Expected => ({
    type: `aws:s3/${kind}:${kind[0]?.toUpperCase()}${kind.slice(1)}`,
    suffix: `truststore${suffix}`,
    control,
    inputs,
  });
  const own = { bucket: c.ref("truststore", "id"), ...c.here };
  // It holds public certificates only, which the document has.
  yield bucket("bucket", "", { forceDestroy: true, ...c.home });
  yield bucket("bucketVersioning", "-versions", { ...own, versioningConfiguration: { status: "Enabled" } });
  yield bucket("bucketPublicAccessBlock", "-private", {
    ...own,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  yield bucket("bucketOwnershipControls", "-owner", { ...own, rule: { objectOwnership: "BucketOwnerEnforced" } });
  yield bucket("bucketServerSideEncryptionConfiguration", "-encryption", {
    ...own,
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
  });
  const arn = c.ref("truststore", "arn");
  yield bucket("bucketPolicy", "-policy", {
    ...own,
    policy: json(
      policy({
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }),
    ),
  });
  yield bucket("bucketObjectv2", "-bundle", {
    ...own,
    key: "truststore.pem",
    content: is("the document's authorities", (value) => {
      const wanted = clientValidation.caCertificates.join("\n");
      return (
        typeof value === "string" &&
        JSON.stringify(fingerprints(value)) === JSON.stringify(fingerprints(wanted)) &&
        /^(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\s*)+$/.test(value)
      );
    }),
    contentType: "application/x-pem-file",
  });
  if (c.edge)
    yield {
      type: "aws:cloudfront/trustStore:TrustStore",
      suffix: "edge-truststore",
      control,
      inputs: {
        caCertificatesBundleSource: {
          caCertificatesBundleS3Location: {
            bucket: c.ref("truststore", "id"),
            key: "truststore.pem",
            region: c.region,
            version: c.ref("truststore-bundle", "versionId"),
          },
        },
        tags: c.tags,
      },
    };
  else if (certificate.source !== "managed") {
    yield {
      type: "aws:acm/certificate:Certificate",
      suffix: "ownership",
      control,
      inputs: { domainName: c.model.hostname, validationMethod: "DNS", ...c.home },
    };
    yield* issued(c, "ownership", c.here, 0);
  }
}
