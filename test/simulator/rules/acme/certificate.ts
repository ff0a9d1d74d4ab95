import { execFileSync } from "node:child_process";
import type { KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "reflect-metadata/lite";
import * as x509 from "@peculiar/x509";
import { issue, type KeyKind, keyOf, newKey } from "../../core/pki.ts";
import { CloudError, type Rule, type RuleContext } from "../../core/rule.ts";
import { hasUnknown, list, text, timestamp, uuid, type Values } from "../../core/values.ts";
import { authorityOf } from "./authority.ts";
import { answerInDns } from "./challenge.ts";
import { asked, directoryOf, REGISTRATION, SOURCE } from "./registration.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** What the authority gives when nobody asks for another validity. */
const VALIDITY_DAYS = 90;

const KEYS: Readonly<Record<string, KeyKind>> = {
  P256: { algorithm: "ECDSA", curve: "P256" },
  P384: { algorithm: "ECDSA", curve: "P384" },
  "2048": { algorithm: "RSA", bits: 2048 },
  "4096": { algorithm: "RSA", bits: 4096 },
  "8192": { algorithm: "RSA", bits: 8192 },
};

/** Outputs a renewal makes anew; the provider says so for all of them, although the key stays. */
const RENEWED = [
  "certificatePem",
  "certificateP12",
  "certificateUrl",
  "certificateDomain",
  "certificateNotAfter",
  "privateKeyPem",
  "issuerPem",
  "certificateSerial",
  "renewalInfoWindowStart",
  "renewalInfoWindowEnd",
  "renewalInfoWindowSelected",
  "renewalInfoExplanationUrl",
  "renewalInfoRetryAfter",
] as const;

function namesOf({ commonName, subjectAlternativeNames, certificateRequestPem }: Values): string[] {
  if (certificateRequestPem !== undefined) {
    const request = new x509.Pkcs10CertificateRequest(text(certificateRequestPem));
    const names = request.getExtensions(x509.SubjectAlternativeNameExtension as never) as unknown as x509.SubjectAlternativeNameExtension[];
    return names.flatMap((extension) => extension.names.items.map(({ value }) => value));
  }
  return [...new Set([...(commonName === undefined ? [] : [text(commonName)]), ...list(subjectAlternativeNames).map(text)])];
}

/** Days left, whole ones. */
const daysLeft = ({ previous, now }: RuleContext): number =>
  Math.floor((Date.parse(text(previous.certificateNotAfter)) - now.getTime()) / DAY);

/** True from the moment the authority suggested, or when no more days are left than asked for. */
function mustRenew(context: RuleContext): boolean {
  const { inputs, previous, now } = context;
  const selected = text(previous.renewalInfoWindowSelected);
  const sleep = Number(inputs.renewalInfoMaxSleep ?? 0) * 1000;
  if (inputs.useRenewalInfo === true && selected !== "" && now.getTime() + sleep >= Date.parse(selected)) return true;
  if (inputs.minDaysDynamic === true) {
    const life = (Date.parse(text(previous.certificateNotAfter)) - Date.parse(text(previous.certificateNotBefore))) / DAY;
    return daysLeft(context) <= life / (life <= 10 ? 2 : 3);
  }
  const least = Number(inputs.minDaysRemaining ?? 30);
  return least >= 0 && daysLeft(context) <= least;
}

const renews = (context: RuleContext): boolean =>
  mustRenew(context) || (context.operation === "update" && context.inputs.validityDays !== context.before.validityDays);

const NO_INFO = {
  renewalInfoExplanationUrl: "",
  renewalInfoRetryAfter: "",
  renewalInfoWindowEnd: "",
  renewalInfoWindowSelected: "",
  renewalInfoWindowStart: "",
};

/** When the authority wants a certificate renewed (RFC 9773): the two days around the last third of its life. */
function renewalInfo({ inputs, now, hex }: RuleContext, notBefore: Date, notAfter: Date): Values {
  if (inputs.useRenewalInfo !== true) return NO_INFO;
  const middle = notBefore.getTime() + ((notAfter.getTime() - notBefore.getTime()) * 2) / 3;
  const at = (time: number) => timestamp(new Date(time));
  return {
    ...NO_INFO,
    renewalInfoWindowStart: at(middle - DAY),
    renewalInfoWindowEnd: at(middle + DAY),
    renewalInfoWindowSelected: at(middle - DAY + (Number.parseInt(hex(6, "ari"), 16) / 0x1000000) * 2 * DAY),
    renewalInfoRetryAfter: at(now.getTime() + 6 * HOUR),
  };
}

/** PKCS #12 of leaf, intermediate and key, in base64. */
function archive(chain: string, privateKeyPem: string, password: string): string {
  const folder = mkdtempSync(join(tmpdir(), "simulated-acme-"));
  try {
    writeFileSync(join(folder, "all.pem"), `${privateKeyPem}${chain}`, { mode: 0o600 });
    const env = { ...process.env, P12_PASSWORD: password };
    return execFileSync("openssl", ["pkcs12", "-export", "-in", "all.pem", "-passout", "env:P12_PASSWORD"], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    }).toString("base64");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Traditional forms, as lego writes them. */
const pemOf = (key: KeyObject): string =>
  key.export({ format: "pem", type: key.asymmetricKeyType === "rsa" ? "pkcs1" : "sec1" } as { format: "pem"; type: "sec1" }).toString();

/** A new certificate: of a key of its own at first, of the same key when it is renewed. */
async function order(context: RuleContext): Promise<Values> {
  const { inputs, previous, now, hex } = context;
  const directory = directoryOf(context);
  const { intermediate, intermediateKey } = await authorityOf(directory);
  const names = namesOf(inputs);
  const serial = `03${hex(34, "serial", now.getTime())}`;
  const notBefore = new Date(Math.floor(now.getTime() / 1000) * 1000 - HOUR);
  const notAfter = new Date(notBefore.getTime() + Number(inputs.validityDays ?? VALIDITY_DAYS) * DAY - 1000);
  const request = inputs.certificateRequestPem;
  const kept = text(previous.privateKeyPem);
  const key = request !== undefined ? undefined : kept === "" ? newKey(KEYS[text(inputs.keyType ?? "2048")] as KeyKind) : keyOf(kept);
  const certificatePem = await issue(
    key ? { request: { subject: `CN=${names[0]}`, dnsNames: names }, key } : { requestPem: text(request) },
    {
      serial,
      notBefore,
      notAfter,
      isCa: false,
      keyUsages: x509.KeyUsageFlags.digitalSignature | (key?.asymmetricKeyType === "rsa" ? x509.KeyUsageFlags.keyEncipherment : 0),
      extendedKeyUsages: ["1.3.6.1.5.5.7.3.1"],
      subjectKeyId: true,
      authorityKeyId: true,
    },
    { certificatePem: intermediate, key: intermediateKey },
  );
  return {
    certificateDomain: names[0],
    certificateNotAfter: timestamp(notAfter),
    certificateNotBefore: timestamp(notBefore),
    certificatePem,
    certificateSerial: BigInt(`0x${serial}`).toString(),
    certificateUrl: new URL(`/acme/cert/${serial}`, directory).href,
    issuerPem: intermediate,
    privateKeyPem: key ? pemOf(key) : "",
    certificateP12: key ? archive(`${certificatePem}${intermediate}`, pemOf(key), text(inputs.certificateP12Password)) : "",
    ...renewalInfo(context, notBefore, notAfter),
  };
}

/** What stays while nothing is due; the archive follows its password. */
function standing({ inputs, before, previous }: RuleContext): Values {
  const kept = Object.fromEntries([...RENEWED, "certificateNotBefore"].map((name) => [name, previous[name]]));
  if (text(inputs.certificateP12Password) === text(before.certificateP12Password) || text(previous.privateKeyPem) === "") return kept;
  const chain = `${text(previous.certificatePem)}${text(previous.issuerPem)}`;
  return { ...kept, certificateP12: archive(chain, text(previous.privateKeyPem), text(inputs.certificateP12Password)) };
}

function check(inputs: Values): { property: string; reason: string }[] {
  const given = (property: string) => inputs[property] !== undefined;
  const faults: { property: string; reason: string }[] = [];
  const conflict = (property: string, other: string) => {
    if (given(property) && given(other)) faults.push({ property, reason: `"${property}": conflicts with ${other}` });
  };
  if (!["commonName", "subjectAlternativeNames", "certificateRequestPem"].some(given))
    faults.push({
      property: "commonName",
      reason: "one of `certificateRequestPem,commonName,subjectAlternativeNames` must be specified",
    });
  conflict("certificateRequestPem", "commonName");
  conflict("certificateRequestPem", "subjectAlternativeNames");
  conflict("minDaysDynamic", "minDaysRemaining");
  conflict("propagationWait", "preCheckDelay");
  const { keyType } = inputs;
  if (keyType !== undefined && !hasUnknown(keyType) && !(text(keyType) in KEYS))
    faults.push({
      property: "keyType",
      reason: `certificate key type must be one of P256, P384, 2048, 4096, or 8192, got ${text(keyType)}`,
    });
  if (Number(inputs.minDaysRemaining ?? 30) >= Number(inputs.validityDays ?? Number.POSITIVE_INFINITY))
    faults.push({ property: "minDaysRemaining", reason: "min_days_remaining must be lower than validity_days" });
  return faults;
}

/** A certificate for the names a DNS challenge proves. */
export const certificate: Rule = {
  type: "acme:index/certificate:Certificate",
  source: SOURCE,
  replaceOn: [
    "accountKeyPem",
    "certificateRequestPem",
    "commonName",
    "keyType",
    "mustStaple",
    "preferredChain",
    "profile",
    "subjectAlternativeNames",
  ],
  check,
  computedDefaults: () => ({
    certTimeout: 30,
    deactivateAuthorizations: true,
    disableCompletePropagation: false,
    minDaysRemaining: 30,
    mustStaple: false,
    revokeCertificateOnDestroy: true,
    useRenewalInfo: false,
  }),
  id: ({ hex }) => uuid(hex(32)),
  admit: (context) => {
    if (context.operation === "update" && !renews(context)) return;
    const known = context
      .all(REGISTRATION)
      .some(
        ({ id, outputs }) =>
          outputs.accountKeyPem === context.inputs.accountKeyPem && new URL(id).host === new URL(directoryOf(context)).host,
      );
    if (!known)
      throw new CloudError(
        "acme: error: 400 :: POST :: /acme/new-acct :: urn:ietf:params:acme:error:accountDoesNotExist :: No account exists with the provided key",
      );
    answerInDns(context, namesOf(context.inputs));
  },
  due: (context) => (!hasUnknown(context.inputs) && renews(context) ? RENEWED : undefined),
  outputs: (context) => (context.operation === "create" || renews(context) ? order(context) : standing(context)),
  volatile: { certificateP12: ["certificateP12Password"] },
  effect: (context) => {
    const { operation, inputs, previous, now } = context;
    if (operation === "create" || (operation === "update" && renews(context))) asked(context, "newOrder");
    const ended = Date.parse(text(previous.certificateNotAfter)) < now.getTime();
    if (operation === "delete" && inputs.revokeCertificateOnDestroy !== false && !ended) asked(context, "revokeCert");
  },
};
