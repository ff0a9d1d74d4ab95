import { Certificate } from "@pulumi/aws/acm/certificate.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { Secret } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretPolicy } from "@pulumi/aws/secretsmanager/secretPolicy.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import * as pulumi from "@pulumi/pulumi";
import { type IssuedCertificate, wholeChain } from "../internal/issuer.ts";
import type { Options } from "../internal/keys.ts";
import type { CertificateStore, Delivery } from "./delivery.ts";
import { jsonOf, type ServiceMaterial } from "./material.ts";

export interface AwsSecretsManagerSettings {
  /** @default none */
  readonly tags?: Readonly<Record<string, string>>;
  /** @default the provider's */
  readonly region?: string;
}

/** One secret per service in AWS Secrets Manager, and one inline policy of the service's own role that names it. */
export class AwsSecretsManager implements CertificateStore {
  readonly #name: string;
  readonly #settings: AwsSecretsManagerSettings;
  readonly #opts: Options;

  constructor(name: string, settings: AwsSecretsManagerSettings, opts: Options) {
    this.#name = name;
    this.#settings = settings;
    this.#opts = opts;
  }

  /** @param reader Name of the IAM role the service runs with */
  deliver(material: ServiceMaterial, reader: string | undefined): Delivery {
    const name = `${this.#name}-service-${material.service}`;
    const { tags = {}, region } = this.#settings;
    const inRegion = region === undefined ? {} : { region };
    const secret = new Secret(
      `${name}-secret`,
      {
        name: `${this.#name}/service/${material.service}`,
        description: `Certificate and key of ${material.service}`,
        // What a lost key needs is another one, not a way back.
        recoveryWindowInDays: 0,
        tags: { ...tags },
        ...inRegion,
      },
      this.#opts(),
    );
    const version = new SecretVersion(
      `${name}-secret-version`,
      { secretId: secret.id, secretString: jsonOf(material), ...inRegion },
      this.#opts(),
    );
    const guard = new SecretPolicy(
      `${name}-secret-policy`,
      { secretArn: secret.arn, blockPublicPolicy: true, policy: onlyEncrypted(secret.arn), ...inRegion },
      this.#opts(),
    );
    const right =
      reader === undefined
        ? undefined
        : new RolePolicy(
            `${name}-secret-reader`,
            {
              role: reader,
              policy: pulumi.jsonStringify({
                Version: "2012-10-17",
                Statement: [
                  { Effect: "Allow", Action: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], Resource: secret.arn },
                ],
              }),
            },
            this.#opts(),
          );
    return { place: secret.arn, resources: [secret, version, guard, ...(right === undefined ? [] : [right])] };
  }

  /** Into AWS Certificate Manager, for a load balancer in front of the service. A renewal is imported under the same ARN. */
  importToAcm(service: string, certificate: IssuedCertificate): Delivery {
    const { tags = {}, region } = this.#settings;
    const imported = new Certificate(
      `${this.#name}-service-${service}-acm`,
      {
        certificateBody: certificate.certificatePem,
        certificateChain: wholeChain(certificate),
        privateKey: certificate.privateKeyPem,
        tags: { ...tags },
        ...(region === undefined ? {} : { region }),
      },
      this.#opts(),
    );
    return { place: imported.arn, resources: [imported] };
  }
}

/** Refuses reading without TLS; AWS then looks at it together with the reader's own policy. */
const onlyEncrypted = (arn: pulumi.Output<string>): pulumi.Output<string> =>
  pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Deny",
        Principal: "*",
        Action: "secretsmanager:*",
        Resource: arn,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
