import type { X509Certificate } from "node:crypto";
import type { ControlId } from "../../components/backends/controls.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { failed, type Probe, passed, type Verdict } from "../probe.ts";
import { connectTls } from "../wire/connect.ts";

const DAY = 86_400_000;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** The certificate a client is shown, from the leaf to the last one sent. */
export function certificateProbes(model: GatewayModel): Probe[] {
  const control: ControlId = `tls.certificate.${model.tls.certificate.source}`;
  const judged = (id: string, title: string, judge: (chain: readonly X509Certificate[], context: ProbeContext) => Verdict): Probe => ({
    id: `certificate.${id}`,
    control,
    title,
    attack: false,
    run: async (context) => judge(await sentChain(context), context),
  });
  return [
    {
      id: "certificate.trusted",
      control,
      title: "A client that verifies chain and name gets a connection without fetching anything",
      attack: false,
      run: async ({ settings, client }) => {
        const socket = await connectTls({ ...endpointOf(settings, client.options.clientCertificate), ca: settings.caCertificate });
        socket.destroy();
        return passed(settings.caCertificate === undefined ? "verified against the public roots" : "verified against the given authority");
      },
    },
    judged("name", "The certificate covers the host name", ([leaf], { settings }) =>
      leaf?.checkHost(settings.hostname, { subject: "never" }) !== undefined
        ? passed(`covers ${settings.hostname}`)
        : failed(`expected a subject alternative name for ${settings.hostname}, got ${leaf?.subjectAltName ?? "none"}`),
    ),
    judged("chain", "Every intermediate is sent, each directly after what it signed", judgeOrder),
    judged("root", "The root itself is not sent", (chain) => {
      const root = chain.find((certificate, index) => index > 0 && isRoot(certificate));
      return root ? failed(`expected no root, got ${oneLine(root.subject)}`) : passed(`${chain.length} sent, no root among them`);
    }),
    judged("validity", "Every certificate sent is valid now", (chain) => {
      const now = Date.now();
      const bad = chain.find((certificate) => now < certificate.validFromDate.getTime() || now > certificate.validToDate.getTime());
      return bad
        ? failed(`${oneLine(bad.subject)} is valid from ${bad.validFrom} to ${bad.validTo} only`)
        : passed(`until ${chain[0]?.validTo}`);
    }),
    judged("days-left", "Renewal is not overdue", judgeDays),
    judged("usage", "The leaf is for servers and signs no others", ([leaf]) => {
      if (leaf?.ca) return failed("the leaf is the certificate of an authority");
      const usages = leaf?.keyUsage;
      if (usages !== undefined && !usages.includes(SERVER_AUTH))
        return failed(`expected extended key usage serverAuth, got ${usages.join(", ")}`);
      return passed(usages === undefined ? "no extended key usage, so any" : "serverAuth");
    }),
    judged("key", "The keys are strong: RSA of 2048 bits, a curve of 256 bits, or more", (chain) => {
      const weak = chain.find((certificate) => !strong(certificate));
      return weak ? failed(`${oneLine(weak.subject)} has a ${describeKey(weak)} key`) : passed(chain.map(describeKey).join(", "));
    }),
    judged("signature", "No certificate sent is signed with SHA-1 or MD5", (chain) => {
      const weak = chain.find((certificate) => !isRoot(certificate) && /sha1|md5|md2/i.test(certificate.signatureAlgorithm ?? ""));
      return weak
        ? failed(`${oneLine(weak.subject)} is signed with ${weak.signatureAlgorithm}`)
        : passed(chain[0]?.signatureAlgorithm ?? "");
    }),
  ];
}

function endpointOf(settings: ProbeContext["settings"], clientCertificate: ProbeContext["client"]["options"]["clientCertificate"]) {
  const { endpoint, hostname, exchangeTimeoutMs, signal } = settings;
  return { endpoint, serverName: hostname, clientCertificate, timeoutMs: exchangeTimeoutMs, signal };
}

/** The certificates as sent, leaf first, whatever they are worth. */
function sentChain(context: ProbeContext): Promise<readonly X509Certificate[]> {
  return context.once("certificate chain", async () => {
    const { settings, client } = context;
    const socket = await connectTls({ ...endpointOf(settings, client.options.clientCertificate), ca: undefined, verify: false });
    const chain: X509Certificate[] = [];
    for (let next = socket.getPeerX509Certificate(); next; next = next.issuerCertificate) chain.push(next);
    socket.destroy();
    return chain;
  });
}

function judgeOrder(chain: readonly X509Certificate[], { settings }: ProbeContext): Verdict {
  const stray = chain.find((certificate, index) => {
    const issuer = chain[index + 1];
    return issuer !== undefined && !certificate.checkIssued(issuer);
  });
  if (stray) return failed(`${oneLine(stray.subject)} is not followed by the certificate that signed it`);
  const last = chain.at(-1);
  if (last === undefined) return failed("no certificate was sent");
  if (settings.caCertificate !== undefined) return passed(`${chain.length} sent, in order`);
  // Issued by nobody a client knows means that something between is missing; the strict handshake of certificate.trusted proves the rest.
  return passed(`${chain.length} sent, in order, up to one signed by ${oneLine(last.issuer)}`);
}

/** 14 days are left to people; a certificate that lives shorter than 90 days is renewed by machine in its last third. */
function judgeDays([leaf]: readonly X509Certificate[]): Verdict {
  if (leaf === undefined) return failed("no certificate was sent");
  const left = leaf.validToDate.getTime() - Date.now();
  const lifetime = leaf.validToDate.getTime() - leaf.validFromDate.getTime();
  const least = lifetime >= 90 * DAY ? 14 * DAY : lifetime / 6;
  const days = (ms: number) => `${(ms / DAY).toFixed(1)} days`;
  return left >= least ? passed(`${days(left)} left`) : failed(`expected ${days(least)} or more, ${days(left)} are left`);
}

function strong({ publicKey }: X509Certificate): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  if (type === "rsa" || type === "rsa-pss") return (details?.modulusLength ?? 0) >= 2048;
  if (type === "ec") return ["prime256v1", "secp384r1", "secp521r1"].includes(details?.namedCurve ?? "");
  return type === "ed25519" || type === "ed448";
}

const describeKey = ({ publicKey }: X509Certificate) =>
  `${publicKey.asymmetricKeyType} ${publicKey.asymmetricKeyDetails?.modulusLength ?? publicKey.asymmetricKeyDetails?.namedCurve ?? ""}`.trim();

const isRoot = (certificate: X509Certificate) => certificate.checkIssued(certificate);

const oneLine = (name: string) => name.replaceAll("\n", ", ");
