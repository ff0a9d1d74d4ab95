import { X509Certificate } from "node:crypto";
import type { ControlId } from "../../components/backends/controls.ts";
import type { Alternative, GatewayModel, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { namesOf } from "../credentials/admission.ts";
import {
  createAuthority,
  createIntermediate,
  issueLeaf,
  type LeafOptions,
  loadAuthority,
  selfSignedLeaf,
} from "../credentials/certificates.ts";
import { EXPECT, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import type { KeyPair } from "../wire/connect.ts";
import { WireError } from "../wire/errors.ts";
import { refusedIfAlive } from "./tls.ts";

const DAY = 86_400_000;

interface WrongCertificate {
  readonly id: string;
  readonly what: string;
  readonly make: (context: ProbeContext, names: readonly string[]) => Promise<KeyPair>;
}

/** All of them carry names that would be accepted. */
const WRONG: readonly WrongCertificate[] = [
  { id: "self-signed", what: "that signed itself", make: (_context, names) => selfSignedLeaf(subject(names)) },
  { id: "other-authority", what: "of another authority", make: async (_context, names) => issueLeaf(await stranger(), subject(names)) },
  { id: "other-intermediate", what: "of another authority's intermediate", make: async (_context, names) => leafOfIntermediate(names) },
  {
    id: "same-name",
    what: "of another authority that calls itself like ours",
    make: async (context, names) => leafOfNamesake(context, names),
  },
  {
    id: "expired",
    what: "that has expired",
    make: (context, names) => ofOurs(context, names, { notBefore: ago(3), notAfter: ago(2) }),
  },
  {
    id: "not-yet-valid",
    what: "that is not valid yet",
    make: (context, names) => ofOurs(context, names, { notBefore: ago(-2), notAfter: ago(-3) }),
  },
  { id: "server-usage", what: "that is for servers", make: (context, names) => ofOurs(context, names, { usages: ["server"] }) },
];

/** Client certificates at the front door, both ways. */
export function clientCertificateProbes(model: GatewayModel): Probe[] {
  const validation = model.tls.clientValidation;
  if (validation === undefined) return [];
  const control: ControlId = validation.mode === "Required" ? "tls.clientValidation.required" : "tls.clientValidation.optional";
  const names = validation.subjectAltNames;
  return [
    {
      id: "client-certificate.right",
      control,
      title: "Accepted: the client certificate given",
      attack: false,
      run: async (context) => answered(context, given(context)),
    },
    validation.mode === "Required"
      ? {
          id: "client-certificate.none",
          control,
          title: "Refused: a connection without a client certificate",
          attack: true,
          run: async (context) => connectionRefused(context, null),
        }
      : {
          id: "client-certificate.none",
          control,
          title: "Accepted: a connection without a client certificate",
          attack: false,
          run: async (context) => answered(context, null),
        },
    ...WRONG.map(
      ({ id, what, make }): Probe => ({
        id: `client-certificate.${id}`,
        control,
        title: `Refused: a client certificate ${what}`,
        attack: true,
        run: async (context) => connectionRefused(context, await make(context, names)),
      }),
    ),
    ...(names.length > 0 ? [offTheList("other-name", "tls.clientValidation.names", "under a name that is not on the list")] : []),
    ...(validation.certificateHashes.length > 0 ? [offTheHashes(names)] : []),
    ...model.routes.flatMap(routeProbes),
  ];
}

function offTheHashes(names: readonly string[]): Probe {
  return {
    id: "client-certificate.other-hash",
    control: "tls.clientValidation.hashes",
    title: "Refused: a certificate of an accepted authority whose fingerprint is not on the list",
    attack: true,
    run: async (context) => connectionRefused(context, await ofOurs(context, names, {})),
  };
}

/** What a list of names or fingerprints leaves out. */
function offTheList(id: string, control: ControlId, what: string): Probe {
  return {
    id: `client-certificate.${id}`,
    control,
    title: `Refused: a certificate of an accepted authority ${what}`,
    attack: true,
    run: async (context) => connectionRefused(context, await ofOurs(context, ["gateway-verify"], {})),
  };
}

/** What single routes ask of a certificate the front door has accepted. */
function routeProbes(route: Route): Probe[] {
  if (route.requirement.kind === "public") return [];
  return route.requirement.alternatives.flatMap((alternative, index): Probe[] => {
    const asked = alternative.clientCertificate;
    if (asked === undefined) return [];
    const number = route.requirement.kind === "anyOf" && route.requirement.alternatives.length > 1 ? `-${index + 1}` : "";
    const suffix = `@${route.name}${number}`;
    const others: readonly string[] = asked.subjectAltNames ?? [];
    return [
      {
        id: `client-certificate.header${suffix}`,
        control: "require.clientCertificate",
        title: "Refused: a certificate in a header instead of the handshake",
        attack: true,
        run: async (context) => inHeaders(context, route, alternative),
      },
      ...(others.length === 0
        ? []
        : [
            {
              id: `client-certificate.other-name${suffix}`,
              control: "require.clientCertificate.names" as const,
              title: `Refused: an accepted certificate without the name ${others.join(" or ")}`,
              attack: true,
              run: (context: ProbeContext) => otherName(context, route, alternative, others),
            },
          ]),
    ];
  });
}

function given(context: ProbeContext): KeyPair {
  const pair = context.settings.clientCertificate;
  if (pair === undefined) throw new SkipProbe("no client certificate was given");
  return pair;
}

async function answered(context: ProbeContext, pair: KeyPair | null): Promise<Verdict> {
  const answer = await context.client.send({ method: "GET", target: "/gateway-verify-unknown", via: { clientCertificate: pair } });
  return passed(`connection accepted, status ${answer.status}`);
}

/** TLS 1.3 servers say no only after the client thinks the handshake is over, so the first answer is what counts. */
async function connectionRefused(context: ProbeContext, pair: KeyPair | null): Promise<Verdict> {
  try {
    const answer = await context.client.send({ method: "GET", target: "/gateway-verify-unknown", via: { clientCertificate: pair } });
    return failed(`expected no connection, got status ${answer.status}`);
  } catch (error) {
    if (error instanceof WireError && (error.failure === "tls" || error.failure === "closed"))
      return refusedIfAlive(context, error.message);
    throw error;
  }
}

async function inHeaders(context: ProbeContext, route: Route, alternative: Alternative): Promise<Verdict> {
  if (context.model.tls.clientValidation?.mode === "Required")
    throw new SkipProbe("without a client certificate there is no connection at all");
  const rest = context.credentials.missing({ ...alternative, clientCertificate: undefined });
  if (rest !== undefined) throw new SkipProbe(rest);
  const pem = context.settings.clientCertificate?.certificate ?? (await selfSignedLeaf(subject(["gateway-verify"]))).certificate;
  const escaped = encodeURIComponent(pem);
  const sequence = `:${pem.replace(/-----[^-]+-----|\s/g, "")}:`;
  const admission = await context.credentials.admit(route, { ...alternative, clientCertificate: undefined });
  const request = context.requestFor(route, admission, {
    method: route.methods[0] ?? "GET",
    headers: [
      ["x-forwarded-client-cert", `Cert="${escaped}";Subject="CN=gateway-verify";URI=;DNS=gateway-verify`],
      ["x-gateway-client-cert", sequence],
      ["client-cert", sequence],
      ["x-client-cert", escaped],
      ["x-ssl-client-cert", escaped],
      ["x-ssl-client-verify", "SUCCESS"],
      ["x-arr-clientcert", escaped],
      ["x-amzn-mtls-clientcert", escaped],
    ],
  });
  return judge(EXPECT.unauthenticated, await context.send(request), context.settings.exact);
}

async function otherName(context: ProbeContext, route: Route, alternative: Alternative, names: readonly string[]): Promise<Verdict> {
  const rest = context.credentials.missing({ ...alternative, clientCertificate: undefined });
  if (rest !== undefined) throw new SkipProbe(rest);
  const own = context.settings.clientCertificate;
  const fits = own !== undefined && namesOf(own.certificate).some((name) => names.includes(name));
  const listed = context.model.tls.clientValidation?.subjectAltNames ?? [];
  const elsewhere = listed.find((name) => !names.includes(name)) ?? "gateway-verify";
  if (listed.length > 0 && elsewhere === "gateway-verify") throw new SkipProbe("the front door accepts no other name");
  const pair = own !== undefined && !fits ? own : await ofOurs(context, [elsewhere], {});
  const admission = await context.credentials.admit(route, alternative, { via: { clientCertificate: pair } });
  const request = context.requestFor(route, admission, { method: route.methods[0] ?? "GET" });
  return judge(EXPECT.forbidden, await context.send(request), context.settings.exact);
}

/** A certificate of the authority this run was given. */
async function ofOurs(context: ProbeContext, names: readonly string[], change: Partial<LeafOptions>): Promise<KeyPair> {
  const given = context.settings.clientAuthority;
  if (given === undefined) throw new SkipProbe("it needs a certificate that only an accepted authority can make; give clientAuthority");
  const authority = await context.once("client authority", () => loadAuthority(given));
  return issueLeaf(authority, { ...subject(names), ...change });
}

const stranger = () => createAuthority("gateway verify");

async function leafOfNamesake(context: ProbeContext, names: readonly string[]): Promise<KeyPair> {
  const [ours = ""] = context.model.tls.clientValidation?.caCertificates ?? [];
  const commonName = /(?:^|\n)CN=([^\n]+)/.exec(new X509Certificate(ours).subject)?.[1] ?? "gateway verify";
  const namesake = await createAuthority(commonName);
  const leaf = await issueLeaf(namesake, subject(names));
  return { ...leaf, certificate: leaf.certificate + namesake.certificate };
}

async function leafOfIntermediate(names: readonly string[]): Promise<KeyPair> {
  const intermediate = await createIntermediate(await stranger(), "gateway verify intermediate");
  const leaf = await issueLeaf(intermediate, subject(names));
  return { ...leaf, certificate: leaf.certificate + intermediate.certificate };
}

function subject(names: readonly string[]): LeafOptions {
  const uris = names.filter((name) => name.includes("://"));
  return { commonName: "gateway verify", uris, dnsNames: names.filter((name) => !name.includes("://")) };
}

const ago = (days: number) => new Date(Date.now() - days * DAY);
