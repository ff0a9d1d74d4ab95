import { X509Certificate } from "node:crypto";
import type { Alternative, GatewayModel, Route } from "../../components/spec/model.ts";
import type { Settings } from "../settings.ts";
import type { Via } from "../wire/client.ts";
import { type Claims, TokenMint } from "./tokens.ts";

/** What a request carries to be let in. */
export interface Admission {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly via: Via;
  /** Whose plan counts. */
  readonly consumer: string | undefined;
}

/** Credentials this run was given, and what can be made of them. */
export class Credentials {
  readonly #model: GatewayModel;
  readonly #settings: Settings;
  readonly #mints: readonly TokenMint[];

  constructor(settings: Settings) {
    this.#model = settings.model;
    this.#settings = settings;
    this.#mints = settings.issuers.flatMap((issuer) => {
      const provider = settings.model.jwtProviders[issuer.provider];
      return provider ? [new TokenMint(provider, issuer)] : [];
    });
  }

  /** Signs for one of these providers; undefined when the run was not given its key. */
  mintFor(providers: readonly string[]): TokenMint | undefined {
    return this.#mints.find(({ provider }) => providers.includes(provider.name));
  }

  /** Consumers whose key was given and whose plan the requirement admits; those with the widest plan first, small quotas last. */
  consumersFor(apiKey: NonNullable<Alternative["apiKey"]>): string[] {
    const width = (consumer: string) => {
      const { rateLimit, quota } = this.#model.plans[this.#model.consumers[consumer]?.plan ?? ""] ?? {};
      if (quota && quota.requests < SMALL_QUOTA) return 0;
      return rateLimit ? rateLimit.requests / rateLimit.periodMs : Number.POSITIVE_INFINITY;
    };
    return Object.keys(this.#settings.apiKeys)
      .filter((consumer) => apiKey.plans === undefined || apiKey.plans.includes(this.#model.consumers[consumer]?.plan ?? ""))
      .sort((a, b) => difference(width(b), width(a)) || (a < b ? -1 : 1));
  }

  /** Why a request cannot satisfy this alternative; undefined when it can. */
  missing(alternative: Alternative): string | undefined {
    const { jwt, apiKey, clientCertificate } = alternative;
    if (jwt && !this.mintFor(jwt.providers)) return `no key to sign tokens of ${quoted(jwt.providers)} was given`;
    if (apiKey && this.consumersFor(apiKey).length === 0)
      return apiKey.plans ? `no API key of a consumer on ${quoted(apiKey.plans)} was given` : "no API key was given";
    if (clientCertificate) {
      const pair = this.#settings.clientCertificate;
      if (!pair) return "no client certificate was given";
      const names = clientCertificate.subjectAltNames;
      if (names && !namesOf(pair.certificate).some((name) => names.includes(name)))
        return `the client certificate given has none of the names ${quoted(names)}`;
    }
    return undefined;
  }

  /** The first alternative of the route that can be satisfied; `{}` asks for nothing where the route is public. */
  satisfiable(route: Route): Alternative | undefined {
    if (route.requirement.kind === "public") return NOTHING;
    return route.requirement.alternatives.find((alternative) => this.missing(alternative) === undefined);
  }

  /** Why no alternative of the route can be satisfied. */
  reason(route: Route): string {
    const reasons = route.requirement.kind === "public" ? [] : route.requirement.alternatives.map((item) => this.missing(item));
    return [...new Set(reasons.filter((reason) => reason !== undefined))].join("; ");
  }

  /** Credentials for an alternative that is not `missing`. Parts given in `replace` stand for the right ones; null leaves the part out. */
  async admit(route: Route, alternative: Alternative, replace: Replacements = {}): Promise<Admission> {
    const headers: [string, string][] = [];
    let consumer: string | undefined;
    const { jwt, apiKey } = alternative;
    if (jwt) {
      const authorization = replace.authorization === undefined ? `Bearer ${await this.token(route, alternative)}` : replace.authorization;
      if (authorization !== null) headers.push(["Authorization", authorization]);
    }
    if (apiKey) {
      consumer = this.consumersFor(apiKey)[0];
      const key = replace.apiKey === undefined ? this.#settings.apiKeys[consumer ?? ""] : replace.apiKey;
      if (key !== null && key !== undefined) headers.push([this.#model.apiKeys?.header ?? "x-api-key", key]);
    }
    return { headers, via: this.#via(alternative, replace), consumer };
  }

  /** A right token for the alternative, with further claims. */
  async token(route: Route, alternative: Alternative, extra: Claims = {}): Promise<string> {
    const mint = this.mintFor(alternative.jwt?.providers ?? []);
    if (mint === undefined) throw new Error("asked for a token without a key to sign it");
    return mint.sign(this.claims(mint, route, alternative, extra));
  }

  /** Claims of a right token: the scopes and claims the alternative asks for, and a value for every claim a limit counts by. */
  claims(mint: TokenMint, route: Route, alternative: Alternative, extra: Claims = {}): Record<string, unknown> {
    const { scopes = [], claims = {} } = alternative.jwt ?? {};
    const counted = route.rateLimits.flatMap(({ key }) => (key.kind === "jwtClaim" && key.claim !== "sub" ? [key.claim] : []));
    return mint.claims({
      ...Object.fromEntries(counted.map((claim) => [claim, "gateway-verify"])),
      ...Object.fromEntries(Object.entries(claims).map(([claim, values]) => [claim, values[0]])),
      ...(scopes.length > 0 ? { scope: scopes.join(" ") } : {}),
      ...extra,
    });
  }

  #via(alternative: Alternative, replace: Replacements): Via {
    if (replace.via) return replace.via;
    const pair = this.#settings.clientCertificate;
    return alternative.clientCertificate && pair ? { clientCertificate: pair } : {};
  }
}

export interface Replacements {
  /** Value of the Authorization header. */
  readonly authorization?: string | null;
  readonly apiKey?: string | null;
  readonly via?: Via;
}

/** A quota that the probes of one run could use up. */
const SMALL_QUOTA = 10_000;

/** Of two infinities as well. */
const difference = (a: number, b: number) => (a === b ? 0 : a - b);

export const NOTHING: Alternative = { jwt: undefined, apiKey: undefined, clientCertificate: undefined };

/** DNS and URI names of a certificate. */
export function namesOf(pem: string): string[] {
  const names = new X509Certificate(pem).subjectAltName?.split(", ") ?? [];
  return names.flatMap((name) => /^(?:DNS|URI):(.*)$/.exec(name)?.[1] ?? []);
}

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(" or ");
