import type { ControlId } from "../../../../components/backends/controls.ts";
import type { Observations } from "../../../verdicts.ts";
import { type Grammar, is, list, number, object, observeGrammar } from "../../grammar.ts";
import { zoneOf } from "./dns.ts";
import type { Scene } from "./scene.ts";

const CONTROL: ControlId = "tls.certificate.acme";

/** What has to be there to order a certificate, by its type. */
function expected(scene: Scene): Readonly<Record<string, Grammar>> {
  const { certificate } = scene.model.tls;
  if (certificate.source !== "acme") return {};
  const { name, group } = zoneOf(scene) ?? { name: "", group: "" };
  const account = scene.resources.of(ACCOUNT)[0]?.name;
  return {
    "pulumi:providers:acme": object({ serverUrl: is(certificate.directoryUrl) }),
    [ACCOUNT]: object({ emailAddress: is(certificate.email), accountKeyAlgorithm: is("ECDSA"), accountKeyEcdsaCurve: is("P256") }),
    "acme:index/certificate:Certificate": object({
      accountKeyPem: is(`\${${account}.accountKeyPem}`),
      commonName: is(scene.model.hostname),
      // Sizes of RSA keys have no word before them.
      keyType: is(certificate.keyType.replace(/^RSA/, "")),
      minDaysRemaining: number(14, 60),
      useRenewalInfo: is(true),
      // The one before may still be served while another takes its place.
      revokeCertificateOnDestroy: is(false),
      dnsChallenges: list(
        object({
          provider: is("azuredns"),
          config: object({
            AZURE_SUBSCRIPTION_ID: is(scene.model.dns.zone?.split("/")[2]),
            AZURE_RESOURCE_GROUP: is(group),
            AZURE_ZONE_NAME: is(name),
          }),
        }),
        1,
        1,
      ),
    }),
  };
}

const ACCOUNT = "acme:index/registration:Registration";

const OF_ACME = /^(acme:|pulumi:providers:acme$)/;

/** An account at the document's directory, and one order for its host name answered in its zone. */
export function observeAcme(scene: Scene, o: Observations): void {
  const grammars = expected(scene);
  const found = scene.resources.all.filter(({ type }) => OF_ACME.test(type));
  if (found.length === 0 && Object.keys(grammars).length === 0) return;
  o.sameSet(
    CONTROL,
    "tls.certificate",
    Object.keys(grammars),
    found.map(({ type }) => type),
  );
  for (const { type, name, inputs } of found) {
    const grammar = grammars[type];
    if (grammar) observeGrammar(grammar, inputs, CONTROL, name, o);
  }
}
