import type { GatewayModel } from "../../../../components/spec/model.ts";
import { type Grammar, is, json, object, where } from "../../grammar.ts";
import type { Place, Role, Roles } from "./roles.ts";

const LABELS = { labels: where(() => true, "labels") };
const DAY = 86_400;

/** The authority of Google's CA Service that signs what is internal; undefined where the stack has one of its own. */
function caService({ internal }: GatewayModel) {
  const issuer = internal?.authority.issuer;
  return issuer?.type === "googleCaService" ? issuer : undefined;
}

/** What a certificate the stack orders is, with what leads to its root. */
export const chainOf = ({ model, output }: Place, leaf: string): string =>
  caService(model) ? `${output(leaf, "pemCertificate")}\n${output(leaf, "pemCertificateChains")}\n` : output(leaf, "certPem");

/** What is internal is verified against. */
export function rootsOf({ model, output }: Place): string {
  const service = caService(model);
  if (service === undefined) return output("authority", "certPem");
  const { authority, alsoTrusted } = service;
  return [authority, ...(alsoTrusted === undefined ? [] : [alsoTrusted])].map((one) => `\${authority ${one}}`).join("");
}

/** Services whose identities stand in Secret Manager, each for one reader. */
export const storedServices = ({ internal }: GatewayModel) =>
  Object.values(internal?.services ?? {}).filter(({ reader }) => reader !== undefined);

/** Certificates ordered from CA Service, and what services find in Secret Manager. */
export function authorityRoles(place: Place): Roles {
  const { model } = place;
  const { hostname } = model;
  const roles: Record<string, Role> = {};
  const signed = caService(model);
  if (signed) {
    const { certificate } = model.tls;
    if (certificate.source === "internal")
      roles.front = order(place, "front", {
        commonName: is(hostname),
        dnsNames: [hostname],
        uris: [],
        server: true,
        client: false,
        lifetime: is(`${certificate.validityMs / 1000}s`),
      });
    if (Object.values(model.backends).some(({ tls }) => tls.clientCertificate === "internal"))
      roles.client = order(place, "client", {
        commonName: is(`${place.name} gateway`),
        dnsNames: [hostname],
        uris: [`spiffe://${hostname}/gateway`],
        server: false,
        client: true,
        lifetime: seconds(DAY, 90 * DAY),
      });
  }
  for (const { name, dnsNames, ipAddresses, reader } of storedServices(model)) {
    if (signed)
      roles[`service-${name}`] = order(place, `service-${name}`, {
        commonName: is(name),
        dnsNames,
        ipAddresses,
        uris: [`spiffe://${hostname}/service/${name}`],
        server: true,
        client: true,
        lifetime: is(`${(model.internal?.validityMs ?? 0) / 1000}s`),
      });
    Object.assign(roles, storedRoles(place, name, String(reader)));
  }
  return roles;
}

const seconds = (least: number, most: number): Grammar =>
  where(
    (value) =>
      typeof value === "string" && /^\d+s$/.test(value) && Number.parseInt(value, 10) >= least && Number.parseInt(value, 10) <= most,
    `${least} to ${most} seconds`,
  );

interface Order {
  readonly commonName: Grammar;
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris: readonly string[];
  readonly server: boolean;
  readonly client: boolean;
  readonly lifetime: Grammar;
}

/** A certificate for these names and uses and no others, of the key the stack made for it, that signs nothing itself. */
function order(
  { model, output }: Place,
  leaf: string,
  { commonName, dnsNames, ipAddresses = [], uris, server, client, lifetime }: Order,
): Role {
  const service = caService(model);
  const [, project, , location, , pool] = String(service?.pool).split("/");
  return {
    type: "gcp:certificateauthority/certificate:Certificate",
    needed: true,
    control: "backend.tls.internal",
    grammar: object({
      project: is(project),
      location: is(location),
      pool: is(pool),
      certificateAuthority: is(service?.authority),
      lifetime,
      config: object({
        subjectConfig: object({ subject: object({ commonName }), subjectAltName: is({ dnsNames, ipAddresses, uris }) }),
        x509Config: is({
          caOptions: { nonCa: true },
          keyUsage: {
            baseKeyUsage: { digitalSignature: true, keyEncipherment: false },
            extendedKeyUsage: { serverAuth: server, clientAuth: client },
          },
        }),
        publicKey: is({ format: "PEM", key: Buffer.from(output(`${leaf}-key`, "publicKeyPem")).toString("base64") }),
      }),
    }),
  };
}

/** A service's identity, its roots and who may call it, for the service's own account alone. */
function storedRoles(place: Place, service: string, reader: string): Roles {
  const { model, name, project, region, output } = place;
  const id = `service-${service}`;
  const secretId = `${name}-${id}`;
  const role = (type: string, grammar: Grammar): Role => ({
    type: `gcp:secretmanager/${type}`,
    needed: true,
    control: "backend.tls.internal",
    grammar,
  });
  const callers = (model.internal?.services[service]?.callers ?? []).map((caller) =>
    caller === "gateway" ? `spiffe://${model.hostname}/gateway` : `spiffe://${model.hostname}/service/${caller}`,
  );
  return {
    [`${id}-secret`]: role(
      "secret:Secret",
      object({
        ...LABELS,
        project: is(project),
        secretId: is(secretId),
        replication: is({ userManaged: { replicas: [{ location: region }] } }),
      }),
    ),
    [`${id}-secret-version`]: role(
      "secretVersion:SecretVersion",
      object({
        secret: is(output(`${id}-secret`, "id")),
        secretData: json(
          object({
            "tls.crt": is(chainOf(place, id)),
            "tls.key": is(output(`${id}-key`, "privateKeyPemPkcs8")),
            "ca.crt": is(rootsOf(place)),
            "allowed-callers": is(callers.join(",")),
          }),
        ),
      }),
    ),
    [`${id}-secret-reader`]: role(
      "secretIamMember:SecretIamMember",
      object({
        project: is(project),
        secretId: is(secretId),
        role: is("roles/secretmanager.secretAccessor"),
        member: is(`serviceAccount:${reader}`),
      }),
    ),
  };
}
