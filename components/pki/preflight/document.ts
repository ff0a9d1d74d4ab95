import type { Fault } from "../../spec/faults.ts";
import type { Backend, GatewayModel, Trust } from "../../spec/model.ts";
import { inspectBundle } from "./bundle.ts";
import { inspectChain } from "./chain.ts";
import { inspectPinned } from "./pinned.ts";
import type { Clock, Problem, Usage } from "./problem.ts";

/** A problem and where in the document the certificate is given. */
export interface PlacedProblem extends Problem, Pick<Fault, "path"> {}

/** Every certificate a document gives, inspected. Nothing is fetched, and no secret is needed: keys are compared where their values are. */
export function inspectDocument({ hostname, tls, backends, jwtProviders }: GatewayModel, clock: Clock): PlacedProblem[] {
  const { certificate, clientValidation } = tls;
  return [
    ...(certificate.source === "imported"
      ? at("tls.certificate.fullchain", inspectChain(certificate.fullchain, { ...clock, host: hostname }))
      : []),
    ...(certificate.source === "acme" ? bundle("tls.certificate.caCertificates", certificate.caCertificates, "serverAuth", clock) : []),
    ...(clientValidation === undefined
      ? []
      : bundle(
          "tls.clientValidation.caCertificates",
          clientValidation.caCertificates,
          "clientAuth",
          clock,
          clientValidation.subjectAltNames.length + clientValidation.certificateHashes.length > 0,
        )),
    ...Object.values(jwtProviders).flatMap(({ name, keys }) =>
      keys.kind === "remote" ? trustProblems(`jwt.providers.${name}.jwksTls`, keys.trust, clock) : [],
    ),
    ...Object.values(backends).flatMap((backend) => backendProblems(backend, clock)),
  ];
}

function backendProblems({ name, tls: { trust, clientCertificate } }: Backend, clock: Clock): PlacedProblem[] {
  const path = `backends.${name}.tls`;
  return [
    ...trustProblems(path, trust, clock),
    ...(typeof clientCertificate === "object"
      ? at(`${path}.clientCertificate.certificate`, inspectChain(clientCertificate.certificate, { ...clock, host: undefined }))
      : []),
  ];
}

function trustProblems(path: string, trust: Trust, clock: Clock): PlacedProblem[] {
  if (trust.kind === "ca") return bundle(`${path}.caCertificates`, trust.caCertificates, "serverAuth", clock);
  return trust.kind === "pinned" ? at(`${path}.certificate`, inspectPinned(trust.certificate, clock)) : [];
}

const bundle = (path: string, certificates: readonly string[], usage: Usage, clock: Clock, narrowed = false): PlacedProblem[] =>
  certificates.length === 0 ? [] : at(path, inspectBundle(certificates.join("\n"), { ...clock, usage, narrowed }));

const at = (path: string, problems: readonly Problem[]): PlacedProblem[] => problems.map((problem) => ({ ...problem, path }));
