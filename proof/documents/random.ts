import type { TestCertificates } from "./certificates.ts";
import { Dice } from "./dice.ts";
import { backend } from "./parts/backends.ts";
import { consumer, plan, provider } from "./parts/callers.ts";
import { cloudSections, observability } from "./parts/clouds.ts";
import { type Fields, METHODS, named, WORDS, type World } from "./parts/common.ts";
import { certificateSource, clientValidation } from "./parts/front.ts";
import { routes } from "./parts/routes.ts";
import { access, cors, gatewayLimits, headerChanges, sizes } from "./parts/traffic.ts";
import { tidy } from "./tidy.ts";

/** A gateway document as a value, and what its stack's configuration holds. */
export interface ProofDocument {
  readonly value: Record<string, unknown>;
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * A random document. Every field can appear; plain settings are more frequent than odd ones, so that most documents keep something after what
 * a cloud refuses is taken out. Equal seeds give equal documents.
 */
export function randomDocument(seed: number, certificates: TestCertificates): ProofDocument {
  const dice = new Dice(seed);
  if (dice.chance(0.25)) return { value: plainDocument(dice), secrets: certificates.secrets };
  const hostname = dice.one(["api.shop.example.com", "gw.example.org", "edge.api.example.net"]);
  const providers = dice.chance(0.8) ? named(dice, "idp", dice.between(1, 2), () => provider(dice, certificates)) : {};
  const plans = dice.chance(0.5) ? named(dice, "plan", dice.between(1, 2), () => plan(dice)) : {};
  const consumers = dice.chance(0.7) ? named(dice, "client", dice.between(1, 3), () => consumer(dice, Object.keys(plans))) : {};
  const validation = dice.chance(0.3) ? clientValidation(dice, certificates) : undefined;
  // One network for all, because a cloud that reaches some backends privately refuses what it cannot put in front of the others.
  const inside = dice.chance(0.25) ? dice.one(["private", "onPremises"]) : undefined;
  const backends = named(dice, "backend", dice.between(1, 3), () => ({
    ...backend(dice, hostname.split(".").slice(1).join("."), certificates),
    ...(inside === undefined ? {} : { network: { type: inside, addresses: ["10.0.1.10"] } }),
  }));
  const world: World = {
    providers: Object.keys(providers),
    plans: Object.keys(plans),
    consumers: Object.keys(consumers),
    certificates: validation !== undefined,
    backends: Object.keys(backends),
  };
  const value: Fields = {
    name: dice.one(["shop", "front-door", "edge7"]),
    hostname,
    tls: {
      certificate: certificateSource(dice, certificates),
      ...dice.maybe(0.3, () => ({ minimumVersion: "1.3" })),
      ...(validation === undefined ? {} : { clientValidation: validation }),
      ...dice.maybe(0.3, () => ({
        hsts: {
          maxAgeDays: dice.between(365, 900),
          ...dice.maybe(0.5, () => ({ includeSubdomains: true, ...dice.maybe(0.5, () => ({ preload: true })) })),
        },
      })),
    },
    http: dice.one(["redirect", "refuse"]),
    ...dice.maybe(0.1, () => ({ clientIp: { trustedHops: dice.between(1, 3) } })),
    ...(world.providers.length > 0 ? { jwt: { providers } } : {}),
    ...dice.maybe(0.3, () => ({ apiKeys: { header: dice.one(["x-partner-key", "apikey", "x-shop-key"]) } })),
    plans,
    consumers,
    ...dice.maybe(0.4, () => ({ access: access(dice) })),
    ...dice.maybe(0.5, () => ({ rateLimit: gatewayLimits(dice) })),
    ...dice.maybe(0.5, () => ({ cors: cors(dice) })),
    ...dice.maybe(0.3, () => ({ limits: sizes(dice) })),
    ...dice.maybe(0.3, () => ({ headers: headerChanges(dice) })),
    backends,
    routes: routes(dice, world),
    ...dice.maybe(0.3, () => ({ waf: "managed" })),
    ...dice.maybe(0.1, () => ({ ddos: "advanced" })),
    ...dice.maybe(0.4, () => ({ edge: "cdn" })),
    ...dice.maybe(0.5, () => ({ observability: observability(dice) })),
    ...cloudSections(dice, hostname, world),
  };
  tidy(value);
  return { value, secrets: certificates.secrets };
}

/** A small document of what every cloud has, for the flavours that keep little else. */
function plainDocument(dice: Dice): Fields {
  const scopes = ["orders.read", "orders.write"];
  const value: Fields = {
    name: dice.one(["shop", "front-door"]),
    hostname: "api.shop.example.com",
    tls: { certificate: { source: dice.one(["managed", "managed", "imported"]) } },
    http: dice.one(["redirect", "refuse", "refuse"]),
    jwt: {
      providers: {
        login: {
          issuer: "https://login.example.com",
          audiences: dice.some(["api", "web"], 1),
          jwksUri: "https://login.example.com/keys",
          scopes,
        },
      },
    },
    ...dice.maybe(0.5, () => ({ cors: cors(dice) })),
    limits: { url: "10KiB", headers: "10KiB", body: 10_000_000 },
    backends: { core: { url: `https://core${dice.between(1, 9)}.shop.example.com`, timeout: `${dice.between(3, 20)}s` } },
    routes: Object.fromEntries(
      WORDS.slice(0, dice.between(1, 5)).map((word) => [
        word,
        {
          path: `/${word}`,
          methods: dice.some(METHODS, 1),
          backend: "core",
          ...(dice.chance(0.3)
            ? { public: true }
            : { require: [{ jwt: "login", ...dice.maybe(0.6, () => ({ scopes: [dice.one(scopes)] })) }] }),
        },
      ]),
    ),
    ...dice.maybe(0.5, () => ({ observability: { accessLogs: { retentionDays: dice.one([30, 90]) } } })),
    ...cloudSections(dice, "api.shop.example.com", {
      providers: ["login"],
      plans: [],
      consumers: [],
      certificates: false,
      backends: ["core"],
    }),
  };
  const aws = value.aws as Fields;
  Object.assign(aws, {
    flavour: dice.one(["http", "http", "auto"]),
    http: { accept: ["clientIdAsAudience", "underscoreHeaders", "errorsWithoutHsts"] },
  });
  if ((value.tls as { certificate: Fields }).certificate.source === "imported") value.tls = { certificate: { source: "managed" } };
  tidy(value);
  return value;
}
