import type { GatewayModel, Route } from "../../../components/spec/model.ts";
import type { ProbeRequest } from "../../requests.ts";
import type { Observations } from "../../verdicts.ts";
import type { ApimRequest } from "./policy/context.ts";
import { passingOf, type RunProbe } from "./requests.ts";

type ClientValidation = NonNullable<GatewayModel["tls"]["clientValidation"]>;

/** Extended key usage of servers, hexadecimal DER. */
const SERVER_AUTH = "06082B06010505070301";

/** What becomes of connections that show no certificate, or one the document does not take. */
export function observeConnection(run: RunProbe, model: GatewayModel, o: Observations): void {
  const { clientValidation } = model.tls;
  if (clientValidation === undefined) return;
  const asking = model.routes.filter(asksForCertificate);
  const others = model.routes.filter((route) => !asksForCertificate(route));
  // A certificate that is shown is judged also where the route does not ask for one.
  const name = clientValidation.subjectAltNames[0] ?? "somebody.example.com";
  for (const routes of [asking, others]) {
    const passing = routes.flatMap((route) => passingOf(model, route));
    const request = passing.find(({ certificate }) => certificate !== undefined) ?? (passing[0] && { ...passing[0], certificate: [name] });
    if (request) observeCertificate(run, request, clientValidation, o);
  }
}

const asksForCertificate = ({ requirement }: Route): boolean =>
  requirement.kind === "anyOf" && requirement.alternatives.some(({ clientCertificate }) => clientCertificate !== undefined);

function observeCertificate(run: RunProbe, request: ProbeRequest, clientValidation: ClientValidation, o: Observations): void {
  const at = "tls.clientValidation";
  const becomes = (changes: Partial<ApimRequest>) => run(request, changes).status ?? "forwarded";
  if (clientValidation.mode === "Required")
    o.same("tls.clientValidation.required", at, 401, run({ ...request, certificate: undefined }).status ?? "forwarded");
  const control = clientValidation.mode === "Required" ? "tls.clientValidation.required" : "tls.clientValidation.optional";
  o.same(control, at, 403, becomes({ foreignCertificate: true }));
  o.same(control, at, 403, becomes({ certificateUsage: SERVER_AUTH }));
  if (clientValidation.subjectAltNames.length > 0)
    o.same("tls.clientValidation.names", at, 403, becomes({ certificate: ["other.example.com"] }));
  if (clientValidation.certificateHashes.length > 0)
    o.same("tls.clientValidation.hashes", at, 403, becomes({ certificateHash: "00".repeat(32) }));
}
