import type { InternalService } from "../../../../components/spec/model.ts";
import type { Expected } from "../../expected.ts";
import { keyOfSigned, leafOf } from "../../internal/authority.ts";
import { CONTROL, contents, identity, storedServices } from "../../internal/services.ts";
import { json, prose, secret } from "../../shape.ts";
import { type Context, policy } from "./context.ts";
import { aboveOf } from "./private-ca.ts";

/** Certificates of services, each where its own reader and nobody else finds it. */
export function* services(c: Context): Generator<Expected> {
  for (const service of storedServices(c)) {
    yield* identity(c, service);
    if (service.reader !== undefined) yield* secretOf(c, service, service.reader);
    if (service.importToAcm)
      yield {
        type: "aws:acm/certificate:Certificate",
        suffix: `service-${service.name}-acm`,
        control: CONTROL,
        inputs: {
          certificateBody: leafOf(c, `service-${service.name}`),
          certificateChain: aboveOf(c, `service-${service.name}`),
          privateKey: secret(c.ref(keyOfSigned(`service-${service.name}`, service.keyGeneration), "privateKeyPem")),
          ...c.home,
        },
      };
  }
}

/** A secret of one service's own, which one role may read, over TLS. */
function* secretOf(c: Context, service: InternalService, reader: string): Generator<Expected> {
  const suffix = `service-${service.name}-secret`;
  const arn = c.ref(suffix, "arn");
  yield {
    type: "aws:secretsmanager/secret:Secret",
    suffix,
    control: CONTROL,
    inputs: {
      name: `${c.model.name}/service/${service.name}`,
      description: prose,
      // A key that was thrown away is not to be had back.
      recoveryWindowInDays: 0,
      ...c.home,
    },
  };
  yield {
    type: "aws:secretsmanager/secretVersion:SecretVersion",
    suffix: `${suffix}-version`,
    control: CONTROL,
    inputs: { secretId: c.ref(suffix, "id"), secretString: secret(json(contents(c, service))), ...c.here },
  };
  yield {
    type: "aws:secretsmanager/secretPolicy:SecretPolicy",
    suffix: `${suffix}-policy`,
    control: CONTROL,
    inputs: {
      secretArn: arn,
      blockPublicPolicy: true,
      policy: json(
        policy({
          Effect: "Deny",
          Principal: "*",
          Action: "secretsmanager:*",
          Resource: arn,
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      ),
      ...c.here,
    },
  };
  yield {
    type: "aws:iam/rolePolicy:RolePolicy",
    suffix: `${suffix}-reader`,
    control: CONTROL,
    inputs: {
      role: reader,
      policy: json(policy({ Effect: "Allow", Action: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], Resource: arn })),
    },
  };
}
