import type { InternalService } from "../../../../components/spec/model.ts";
import type { Expected } from "../../expected.ts";
import { authority, signed } from "../../internal/authority.ts";
import { cluster } from "../../internal/cluster.ts";
import { contents, identity, signsServices, storedServices } from "../../internal/services.ts";
import { is, json, secret } from "../../shape.ts";
import type { Place } from "./roles.ts";
import { secretsOf } from "./secrets.ts";

const HOUR = 3_600_000;

/** Everything of the internal authority: itself, what it signs, what services find in Secret Manager, and what is in a cluster of services. */
export function* authorityExpected(place: Place): Generator<Expected> {
  const { model, internal, name } = place;
  const { certificate } = model.tls;
  if (certificate.source === "internal")
    yield* signed(internal, "front", "tls.certificate.internal", {
      subject: { commonName: model.hostname },
      dnsNames: [model.hostname],
      uris: undefined,
      usages: ["server_auth"],
      hours: Math.ceil(certificate.validityMs / HOUR),
    });
  const files = secretsOf(place);
  if (files.includes("gateway"))
    yield* signed(internal, "client", "backend.clientCertificate.internal", {
      subject: { commonName: `${name} gateway` },
      dnsNames: [model.hostname],
      uris: [`spiffe://${model.hostname}/gateway`],
      usages: ["client_auth"],
      hours: 2_160,
    });
  for (const service of storedServices(internal)) {
    yield* identity(internal, service);
    yield* stored(place, service);
  }
  yield* cluster(internal);
  if (certificate.source === "internal" || files.includes("authority") || files.includes("gateway") || signsServices(internal))
    yield* authority(internal, "backend.tls.internal");
}

/** A service's identity, its roots and who may call it, for the service's own account alone. */
function* stored({ name, project, region, output, internal }: Place, service: InternalService): Generator<Expected> {
  const id = `service-${service.name}`;
  const secretId = `${name}-${id}`;
  const control = "backend.tls.internal";
  yield {
    type: "gcp:secretmanager/secret:Secret",
    suffix: `${id}-secret`,
    control,
    inputs: {
      labels: is("labels", () => true),
      project,
      secretId,
      replication: { userManaged: { replicas: [{ location: region }] } },
    },
  };
  yield {
    type: "gcp:secretmanager/secretVersion:SecretVersion",
    suffix: `${id}-secret-version`,
    control,
    inputs: { secret: output(`${id}-secret`, "id"), secretData: secret(json(contents(internal, service))) },
  };
  yield {
    type: "gcp:secretmanager/secretIamMember:SecretIamMember",
    suffix: `${id}-secret-reader`,
    control,
    inputs: {
      project,
      secretId,
      role: "roles/secretmanager.secretAccessor",
      member: `serviceAccount:${service.reader}`,
    },
  };
}
