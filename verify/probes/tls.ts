import type { GatewayModel } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { failed, type Probe, passed, type Verdict } from "../probe.ts";
import { type ClientHello, type HelloAnswer, sayHello } from "../wire/client-hello.ts";
import { connectTcp, connectTls } from "../wire/connect.ts";
import { WireError } from "../wire/errors.ts";
import { Http1Connection } from "../wire/http1.ts";

const ALL_CIPHERS = [
  0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0x009c, 0x002f, 0x0035, 0x000a, 0x0005,
];

/** Suites no client should be able to get, by IANA number. */
const WEAK_CIPHERS: readonly { readonly id: string; readonly what: string; readonly ciphers: readonly number[] }[] = [
  { id: "null", what: "no encryption at all (NULL)", ciphers: [0x0001, 0x0002, 0x003b, 0xc006, 0xc010] },
  {
    id: "anonymous",
    what: "no authentication of the server (anonymous key exchange)",
    ciphers: [0x0018, 0x0034, 0x003a, 0x006c, 0xc018, 0xc019],
  },
  { id: "export", what: "export-grade ciphers", ciphers: [0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0062, 0x0064] },
  { id: "rc4", what: "RC4", ciphers: [0x0004, 0x0005, 0xc007, 0xc011] },
  { id: "des", what: "single DES", ciphers: [0x0009, 0x0012, 0x0015] },
  { id: "3des", what: "triple DES", ciphers: [0x000a, 0x0013, 0x0016, 0xc008, 0xc012] },
  { id: "rare", what: "IDEA, SEED, Camellia and ARIA in CBC mode", ciphers: [0x0007, 0x0096, 0x0041, 0x0084, 0x0088, 0xc03c, 0xc03d] },
  { id: "psk", what: "pre-shared keys", ciphers: [0x008c, 0x008d, 0x00a8, 0xc035, 0xc036] },
  { id: "rsa-cbc", what: "RSA key exchange with CBC, without forward secrecy", ciphers: [0x002f, 0x0035, 0x003c, 0x003d] },
  { id: "rsa-gcm", what: "RSA key exchange with GCM, without forward secrecy", ciphers: [0x009c, 0x009d] },
  { id: "dhe", what: "finite-field Diffie-Hellman", ciphers: [0x0033, 0x0039, 0x0067, 0x006b, 0x009e, 0x009f] },
  { id: "cbc-sha1", what: "CBC with SHA-1", ciphers: [0xc009, 0xc00a, 0xc013, 0xc014] },
  { id: "cbc-sha2", what: "CBC with SHA-2", ciphers: [0xc023, 0xc024, 0xc027, 0xc028] },
];

const OLD_VERSIONS = [
  { id: "ssl-3", name: "SSL 3.0", version: 0x0300 },
  { id: "tls-1.0", name: "TLS 1.0", version: 0x0301 },
  { id: "tls-1.1", name: "TLS 1.1", version: 0x0302 },
] as const;

/** Versions and ciphers: what must be refused, what must be agreed to, and that nothing but TLS is spoken on the port. */
export function tlsProbes(model: GatewayModel): Probe[] {
  const from13 = model.tls.minimumVersion === "1.3";
  const hello = (context: ProbeContext): ClientHello => ({
    version: 0x0303,
    ciphers: ALL_CIPHERS,
    serverName: context.settings.hostname,
  });
  const refusal = (id: string, title: string, change: Partial<ClientHello>): Probe => ({
    id: `tls.${id}`,
    control: "tls.version",
    title,
    attack: true,
    run: async (context) => refused(context, { ...hello(context), ...change }),
  });
  return [
    accepted("1.3"),
    ...(from13 ? [refusal("tls-1.2", "TLS 1.2 is refused", {})] : [accepted("1.2")]),
    ...OLD_VERSIONS.map(({ id, name, version }) => refusal(id, `${name} is refused`, { version })),
    ...WEAK_CIPHERS.map(({ id, what, ciphers }) => refusal(`cipher-${id}`, `A client that offers only ${what} is refused`, { ciphers })),
    refusal("group-weak", "A client that offers only curves of less than 224 bits is refused", {
      groups: [0x0001, 0x0002, 0x000f, 0x0013],
    }),
    refusal("signature-sha1", "A client that accepts only SHA-1 and MD5 signatures is refused", {
      signatures: [0x0201, 0x0203, 0x0101, 0x0202],
    }),
    {
      id: "tls.compression",
      control: "tls.version",
      title: "TLS compression, which leaks secrets, is not agreed to",
      attack: true,
      run: async (context) => {
        const answer = await say(context, { ...hello(context), compression: [1] });
        if (answer.kind === "agreed" && answer.compression !== 0) return failed("the gateway agreed to compression");
        return answer.kind === "closed" ? refusedIfAlive(context, "connection closed") : passed(describeHello(answer));
      },
    },
    {
      id: "tls.plain-http",
      control: "tls.version",
      title: "Plain HTTP on the TLS port is not served",
      attack: true,
      run: plainOnTlsPort,
    },
  ];
}

function accepted(version: "1.2" | "1.3"): Probe {
  return {
    id: `tls.tls-${version}`,
    control: "tls.version",
    title: `TLS ${version} is spoken, with forward secrecy and authenticated encryption`,
    attack: false,
    run: async ({ settings, client }) => {
      const socket = await connectTls({
        endpoint: settings.endpoint,
        serverName: settings.hostname,
        ca: settings.caCertificate,
        clientCertificate: client.options.clientCertificate,
        minVersion: `TLSv${version}`,
        maxVersion: `TLSv${version}`,
        timeoutMs: settings.exchangeTimeoutMs,
        signal: settings.signal,
      });
      const { name } = socket.getCipher();
      socket.destroy();
      const modern = version === "1.3" || /^ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM-SHA(256|384)|CHACHA20-POLY1305)$/.test(name);
      return modern ? passed(`agreed on ${name}`) : failed(`expected ECDHE with GCM or ChaCha20-Poly1305, agreed on ${name}`);
    },
  };
}

const say = ({ settings }: ProbeContext, hello: ClientHello) =>
  sayHello(settings.endpoint, hello, settings.exchangeTimeoutMs, settings.signal);

async function refused(context: ProbeContext, hello: ClientHello): Promise<Verdict> {
  const answer = await say(context, hello);
  if (answer.kind === "agreed") return failed(`expected a refusal, but the gateway ${describeHello(answer)}`);
  return refusedIfAlive(context, describeHello(answer));
}

/** A refusal counts only when an ordinary client still gets an answer: a dead gateway refuses everything. */
export async function refusedIfAlive(context: ProbeContext, how: string): Promise<Verdict> {
  await context.alive();
  return passed(`refused: ${how}`);
}

function describeHello(answer: HelloAnswer): string {
  if (answer.kind === "closed") return "connection closed";
  if (answer.kind === "alert") return `TLS alert ${answer.description}`;
  return `agreed to version 0x${answer.version.toString(16).padStart(4, "0")} with cipher 0x${answer.cipher.toString(16).padStart(4, "0")}`;
}

async function plainOnTlsPort(context: ProbeContext): Promise<Verdict> {
  const { endpoint, authority, exchangeTimeoutMs, signal } = context.settings;
  const socket = await connectTcp(endpoint, exchangeTimeoutMs, { signal });
  const connection = new Http1Connection(socket);
  try {
    connection.write(`GET / HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`);
    const answer = await connection.read("GET", exchangeTimeoutMs);
    if (answer.status >= 400) return await refusedIfAlive(context, `status ${answer.status}`);
    return failed(`expected a refusal, got status ${answer.status} over plain HTTP`);
  } catch (error) {
    // A TLS alert is no HTTP; both it and a closed connection are refusals.
    if (error instanceof WireError && (error.failure === "closed" || error.failure === "malformed"))
      return await refusedIfAlive(context, error.message);
    throw error;
  } finally {
    connection.close();
  }
}
