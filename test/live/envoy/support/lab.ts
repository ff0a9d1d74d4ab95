import { type Handler, TestBackend } from "../../../support/live/backend.ts";
import { selfSigned, TestAuthority, type TestKeyPair } from "../../../support/live/certificates.ts";
import { freePorts } from "../../../support/live/ports.ts";
import { TestIssuer } from "../../../support/live/tokens.ts";
import { TestCollector } from "./collector.ts";
import { flaky, healthy, slow } from "./handlers.ts";

/** What stands around the gateway of these tests. */
export interface Lab {
  readonly authority: TestAuthority;
  /** Stands for the public roots. */
  readonly publicAuthority: TestAuthority;
  /** Signs backends with `trust: ca`, and their clients. */
  readonly partnerAuthority: TestAuthority;
  readonly clientAuthority: TestAuthority;
  readonly backends: Readonly<Record<BackendName, TestBackend>>;
  readonly certificates: Readonly<Record<"pinned" | "otherPinned" | "atPartner", TestKeyPair>>;
  readonly clients: Readonly<Record<"named" | "unlisted" | "unnamed" | "foreign" | "expired" | "server", TestKeyPair>>;
  readonly issuers: Readonly<Record<"login" | "partner" | "dark" | "down", TestIssuer>>;
  readonly keyServers: Readonly<Record<"login" | "dark" | "down", number>>;
  /** What the closed gateway serves. */
  readonly closedFront: TestKeyPair;
  readonly collector: TestCollector;
  stop(): Promise<void>;
}

export type BackendName =
  | "main"
  | "canary"
  | "named"
  | "foreign"
  | "publicly"
  | "pinned"
  | "expired"
  | "strict"
  | "slow"
  | "flaky"
  | "fragile"
  | "checked"
  | "grpc";

const LOCAL = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] };

export async function startLab(): Promise<Lab> {
  const [authority, publicAuthority, partnerAuthority, clientAuthority, strangers] = await Promise.all(
    ["Gateway Root", "Public Root", "Partner Root", "Client Root", "Strangers"].map((name) => TestAuthority.create(name)),
  );
  if (!authority || !publicAuthority || !partnerAuthority || !clientAuthority || !strangers) throw new Error("no authority");
  const longAgo = { notBefore: new Date(Date.now() - 3 * DAY), notAfter: new Date(Date.now() - DAY) };
  const internal = await authority.issue(LOCAL);
  const [pinned, otherPinned] = [await selfSigned(LOCAL), await selfSigned(LOCAL)];

  const backend = (certificate: TestKeyPair, handler?: Handler, more: { http2Only?: boolean; clientAuthority?: string } = {}) =>
    TestBackend.start({ certificate, ...(handler ? { handler } : {}), ...more });
  const backends = {
    main: await backend(internal, undefined, { clientAuthority: authority.root }),
    canary: await backend(await partnerAuthority.issue(LOCAL)),
    named: await backend(await partnerAuthority.issue({ dnsNames: ["core.test"] })),
    foreign: await backend(await strangers.issue(LOCAL)),
    publicly: await backend(await publicAuthority.issue(LOCAL)),
    pinned: await backend(pinned),
    expired: await backend(await partnerAuthority.issue({ ...LOCAL, ...longAgo })),
    strict: await backend(await partnerAuthority.issue(LOCAL), undefined, { clientAuthority: partnerAuthority.root }),
    slow: await backend(internal, slow),
    flaky: await backend(internal, flaky()),
    fragile: await backend(internal, flaky()),
    checked: await backend(internal, healthy()),
    grpc: await backend(internal, undefined, { http2Only: true }),
  };

  const issuers = {
    login: new TestIssuer("https://login.test", "shop-api"),
    partner: new TestIssuer("https://partner.test", "partner-api"),
    dark: new TestIssuer("https://dark.test", "shop-api"),
    down: new TestIssuer("https://down.test", "shop-api"),
  };
  for (const issuer of Object.values(issuers)) await issuer.addKey("RS256", "rsa");
  await issuers.login.addKey("ES256", "ec");
  await issuers.login.addKey("RS384", "rsa-384");
  const keyServers = {
    login: await issuers.login.serve(internal),
    dark: await issuers.dark.serve(await strangers.issue(LOCAL)),
    down: (await freePorts(1))[0] ?? 0,
  };
  const collector = await TestCollector.start();
  return {
    authority,
    publicAuthority,
    partnerAuthority,
    clientAuthority,
    backends,
    certificates: { pinned, otherPinned, atPartner: await partnerAuthority.issue({ commonName: "gateway", usages: ["client"] }) },
    clients: {
      named: await clientAuthority.issue({ dnsNames: ["machine.test"], usages: ["client"] }),
      unlisted: await clientAuthority.issue({ dnsNames: ["machine.test"], usages: ["client"] }),
      unnamed: await clientAuthority.issue({ dnsNames: ["somebody.test"], usages: ["client"] }),
      foreign: await strangers.issue({ dnsNames: ["machine.test"], usages: ["client"] }),
      expired: await clientAuthority.issue({ dnsNames: ["machine.test"], usages: ["client"], ...longAgo }),
      server: await clientAuthority.issue({ dnsNames: ["machine.test"], usages: ["server"] }),
    },
    issuers,
    keyServers,
    closedFront: await (await authority.intermediate()).issue({ dnsNames: ["api.test"] }),
    collector,
    async stop() {
      await Promise.all([...Object.values(backends), ...Object.values(issuers), collector].map((part) => part.stop()));
    },
  };
}

const DAY = 86_400_000;
