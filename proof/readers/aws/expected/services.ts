import type { InternalService } from "../../../../components/spec/model.ts";
import { json, like, prose, type Shape, secret } from "../../shape.ts";
import { aboveOf, intermediatesOf, keyOfSigned, leafOf, signed, trusted } from "./authority.ts";
import { type Context, type Expected, policy } from "./context.ts";

export const CONTROL = "tls.certificate.internal";
const HOUR = 3_600_000;

/** Services whose key somebody reads outside a cluster. */
export const storedServices = (c: Context): InternalService[] =>
  Object.values(c.model.internal?.services ?? {}).filter(({ reader, importToAcm }) => reader !== undefined || importToAcm);

/** Something of services is signed by the internal authority. */
export function signsServices(c: Context): boolean {
  const { services = {}, kubernetes } = c.model.internal ?? {};
  const inCluster = kubernetes !== undefined && Object.keys(services).length > 0;
  const entered = Object.values(services).some(({ callers }) => callers.includes("gateway"));
  return (
    storedServices(c).length > 0 ||
    (inCluster &&
      (kubernetes.certificates !== "none" || kubernetes.mesh?.pluggedInCa === true || (kubernetes.mesh !== undefined && entered)))
  );
}

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

/** What a service shows, to those who call it and to those it calls. */
export function* identity(c: Context, { name, dnsNames, ipAddresses, keyGeneration }: InternalService): Generator<Expected> {
  const { validityMs = 0, renewBeforeMs = 0 } = c.model.internal ?? {};
  yield* signed(c, `service-${name}`, CONTROL, {
    subject: { commonName: name.slice(0, 64) },
    dnsNames,
    ipAddresses,
    uris: [spiffe(c, name)],
    usages: ["server_auth", "client_auth"],
    hours: validityMs / HOUR,
    renewed: renewBeforeMs / HOUR,
    keyGeneration,
  });
}

export const spiffe = (c: Context, service: string): string => `spiffe://${c.model.hostname}/service/${service}`;

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

/** What the service finds: its certificate and key, whom it trusts and whom it lets in. */
export function contents(c: Context, { name, keyGeneration, callers, pkcs12 }: InternalService): Shape {
  const suffix = `service-${name}`;
  return {
    "tls.crt": `${leafOf(c, suffix)}${c.model.internal?.authority.issuer.type === "awsPrivateCa" ? "\n" : ""}${intermediatesOf(c, suffix)}`,
    "tls.key": c.ref(keyOfSigned(suffix, keyGeneration), "privateKeyPemPkcs8"),
    "ca.crt": trusted(c),
    "allowed-callers": callers
      .map((caller) => (caller === "gateway" ? `spiffe://${c.model.hostname}/gateway` : spiffe(c, caller)))
      .join(","),
    // A plan has no certificate to put into a file.
    "tls.p12": pkcs12 ? "(PKCS #12)" : undefined,
    "tls.p12.password": pkcs12 ? like(/^[A-Za-z0-9_-]{43}$/) : undefined,
  };
}
