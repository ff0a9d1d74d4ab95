import { type Fault, fault } from "../spec/faults.ts";
import type { GatewayModel, InternalService } from "../spec/model.ts";
import type { Cloud } from "./contract.ts";

/** Ten years. */
const LOCAL_ROOT_MS = 87_600 * 3_600_000;

const DAY_MS = 24 * 3_600_000;

/** Which cloud an issuer belongs to. */
const ISSUER_CLOUD = { awsPrivateCa: "aws", googleCaService: "gcp" } as const;

/** How each cloud calls the one who reads a secret. */
const READERS: Readonly<Record<Exclude<Cloud, "local">, { readonly form: RegExp; readonly allowed: string }>> = {
  aws: { form: /^[\w+=,.@-]{1,64}$/, allowed: "the name of an IAM role" },
  azure: { form: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, allowed: "the object id of an identity, a UUID in lower case" },
  gcp: { form: /^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$/, allowed: "the e-mail of a service account" },
};

/** What of `internal` a cloud cannot do. */
export function internalFaults(cloud: Cloud, model: GatewayModel): Fault[] {
  const { internal } = model;
  if (internal === undefined) return [];
  return [
    ...issuerFaults(cloud, internal),
    ...(internal.authority.issuer.type === "awsPrivateCa" ? wholeDays(model, internal) : []),
    ...Object.values(internal.services).flatMap((service) => serviceFaults(cloud, model, service)),
    ...(cloud === "local" ? localFaults(internal) : generationFaults(cloud, internal)),
    ...nameFaults(internal),
  ];
}

type Internal = NonNullable<GatewayModel["internal"]>;

/** AWS Private CA counts in days. */
function wholeDays(model: GatewayModel, { validityMs }: Internal): Fault[] {
  const { certificate } = model.tls;
  return [
    ...(certificate.source === "internal" ? [["tls.certificate.validity", certificate.validityMs] as const] : []),
    ["internal.certificates.validity", validityMs] as const,
  ].flatMap(([path, ms]) =>
    ms % DAY_MS === 0
      ? []
      : [fault(path, `${ms / 3_600_000}h are no whole days, and AWS Private CA counts in days`, "give a multiple of 24h")],
  );
}

function issuerFaults(cloud: Cloud, { authority, kubernetes }: Internal): Fault[] {
  const { issuer } = authority;
  if (issuer.type === "stack") return [];
  const path = "internal.authority.issuer";
  if (ISSUER_CLOUD[issuer.type] !== cloud)
    return [
      fault(
        `${path}.type`,
        `"${issuer.type}" signs for ${ISSUER_CLOUD[issuer.type]} only, and this stack runs on ${cloud}`,
        "use the issuer stack",
      ),
    ];
  return [
    ...(kubernetes?.certificates === "certManager"
      ? [
          fault(
            "internal.kubernetes.certificates",
            `cert-manager needs an authority of its own, and "${issuer.type}" hands none out`,
            "use the issuer stack, or certificates: secrets",
          ),
        ]
      : []),
    ...(kubernetes?.mesh?.pluggedInCa
      ? [
          fault(
            "internal.kubernetes.mesh.pluggedInCa",
            `istiod needs an authority of its own, and "${issuer.type}" hands none out`,
            "use the issuer stack, or set pluggedInCa to false",
          ),
        ]
      : []),
  ];
}

function serviceFaults(cloud: Cloud, model: GatewayModel, service: InternalService): Fault[] {
  const path = `internal.services.${service.name}`;
  const { kubernetes } = model.internal ?? {};
  if (cloud === "local")
    return [
      ...(service.reader === undefined
        ? []
        : [fault(`${path}.reader`, "this machine has no secret store", "remove it; the service gets files only it is told of")]),
      ...(service.importToAcm ? [fault(`${path}.importToAcm`, "AWS Certificate Manager is there on aws only", "remove it")] : []),
      ...(Object.hasOwn(model.local.services, service.name)
        ? []
        : [fault(path, "this machine runs no such service", "declare it under local.services, or remove it in the stack's overlay")]),
    ];
  const { form, allowed } = READERS[cloud];
  const delivered =
    service.reader !== undefined || (kubernetes !== undefined && (kubernetes.mesh !== undefined || kubernetes.certificates !== "none"));
  return [
    ...(service.reader !== undefined && !form.test(service.reader)
      ? [fault(`${path}.reader`, `"${service.reader}" is nobody on ${cloud}`, `give ${allowed}`)]
      : []),
    ...(service.importToAcm && cloud !== "aws"
      ? [fault(`${path}.importToAcm`, `AWS Certificate Manager is there on aws only, and this stack runs on ${cloud}`, "remove it")]
      : []),
    ...(delivered || service.importToAcm
      ? []
      : [
          fault(
            path,
            "its key would be read by nobody",
            `name its reader, ${allowed}; or say under internal.kubernetes how it gets its certificate`,
          ),
        ]),
  ];
}

function localFaults({ authority, kubernetes, validityMs, renewBeforeMs }: Internal): Fault[] {
  return [
    ...(kubernetes === undefined
      ? []
      : [
          fault(
            "internal.kubernetes",
            "this machine runs no cluster",
            "remove it in the stack's overlay: `internal: { kubernetes: null }`",
          ),
        ]),
    ...(authority.validityMs === LOCAL_ROOT_MS
      ? []
      : [fault("internal.authority.validity", "the root of this machine is valid for 87600h", "remove it in the stack's overlay")]),
    ...(renewBeforeMs === Math.floor(validityMs / 3)
      ? []
      : [
          fault(
            "internal.certificates.renewBefore",
            "the authority of this machine renews in the last third of a certificate's life",
            `give a third of internal.certificates.validity, ${validityMs / 3 / 3_600_000}h`,
          ),
        ]),
  ];
}

function generationFaults(cloud: Cloud, internal: Internal): Fault[] {
  return (["generation", "keyGeneration"] as const).flatMap((field) =>
    internal[field] === 1
      ? []
      : [
          fault(
            `internal.certificates.${field}`,
            `${cloud} has certificates issued anew one by one`,
            field === "generation"
              ? "remove it; `up` renews them when they are due"
              : "raise internal.services.<name>.keyGeneration instead",
          ),
        ],
  );
}

/** Names that are one where only lower-case letters, digits and hyphens are allowed. */
function nameFaults({ services }: Internal): Fault[] {
  const seen = new Map<string, string>();
  return Object.keys(services).flatMap((name) => {
    const key = name.toLowerCase().replaceAll("_", "-");
    const twin = seen.get(key);
    seen.set(key, twin ?? name);
    return twin === undefined
      ? []
      : [fault(`internal.services.${name}`, `is "${twin}" where names have neither capitals nor underscores`, "rename one of the two")];
  });
}
