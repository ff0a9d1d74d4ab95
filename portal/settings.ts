import { readFileSync } from "node:fs";
import { isLoopback, type Network, parseNetwork } from "./http/client-address.ts";
import type { TlsFiles } from "./http/server.ts";
import { parseRoleNames } from "./sign-in/claims.ts";
import type { OidcSettings } from "./sign-in/oidc.ts";
import { SESSION_TIMES, type SessionTimes } from "./sign-in/sessions.ts";

/** Everything that is set for a portal; each has an option of `gateway portal`, an environment variable, or both. */
export interface PortalSettings {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** The portal as browsers reach it, when that is not the address it listens on. */
  readonly url?: URL;
  readonly data?: string;
  readonly tls?: TlsFiles;
  readonly databaseUrl?: string;
  /** Without it, a token printed at start signs in. */
  readonly oidc?: Omit<OidcSettings, "audience"> & { readonly audience?: string };
  readonly trustedProxies: readonly Network[];
  readonly times: SessionTimes;
}

/** Settings that cannot be used; the message names the option or variable. */
export class PortalSettingsError extends Error {
  readonly remedy: string;
  constructor(message: string, remedy: string) {
    super(message);
    this.name = "PortalSettingsError";
    this.remedy = remedy;
  }
}

export const DEFAULT_PORT = 8700;

/** Options of the command line, each also an environment variable: `--tls-key` is `GATEWAY_PORTAL_TLS_KEY`. The option wins. */
export interface PortalFlags {
  readonly host?: string;
  readonly port?: string;
  readonly url?: string;
  readonly data?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly trustedProxy?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws PortalSettingsError for what cannot be used, and for an address others reach without OpenID Connect and TLS */
export function readSettings(flags: PortalFlags, environment: Environment): PortalSettings {
  const given = (option: string | undefined, name: string) => option ?? (environment[name] || undefined);
  const host = given(flags.host, "GATEWAY_PORTAL_HOST") ?? "127.0.0.1";
  const url = given(flags.url, "GATEWAY_PORTAL_URL");
  const data = given(flags.data, "GATEWAY_PORTAL_DATA");
  const tls = tlsOf(given(flags.tlsCertificate, "GATEWAY_PORTAL_TLS_CERTIFICATE"), given(flags.tlsKey, "GATEWAY_PORTAL_TLS_KEY"));
  const oidc = oidcOf(environment);
  const databaseUrl = environment.DATABASE_URL || undefined;
  const settings: PortalSettings = {
    host,
    port: portOf(given(flags.port, "GATEWAY_PORTAL_PORT")),
    trustedProxies: proxiesOf(given(flags.trustedProxy, "GATEWAY_PORTAL_TRUSTED_PROXY")),
    times: timesOf(environment),
    ...(url === undefined ? {} : { url: urlOf(url) }),
    ...(data === undefined ? {} : { data }),
    ...(tls === undefined ? {} : { tls }),
    ...(oidc === undefined ? {} : { oidc }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  };
  refuseOpenDoors(settings);
  return settings;
}

/** Whoever reaches the portal can have gateways deployed: others than the one person at this machine sign in, and nobody listens in. */
function refuseOpenDoors({ host, oidc, tls, url }: PortalSettings): void {
  if (!isLoopback(host) && (oidc === undefined || tls === undefined)) {
    const missing = [
      ...(oidc === undefined ? ["OpenID Connect (GATEWAY_PORTAL_OIDC)"] : []),
      ...(tls === undefined ? ["TLS (--tls-certificate and --tls-key)"] : []),
    ];
    throw new PortalSettingsError(
      `--host ${host} can be reached from other machines, which takes ${missing.join(" and ")}`,
      "set what is missing, or listen on 127.0.0.1",
    );
  }
  if (url !== undefined && !isLoopback(url.hostname)) {
    if (oidc === undefined)
      throw new PortalSettingsError(`--url ${url.origin} is a name for others, which takes OpenID Connect`, "set GATEWAY_PORTAL_OIDC");
    if (url.protocol !== "https:")
      throw new PortalSettingsError(
        `--url ${url.origin} is not https, so that others could listen in`,
        "let the proxy speak TLS and give its https URL",
      );
  }
}

function portOf(text: string | undefined): number {
  const port = text === undefined ? DEFAULT_PORT : Number(text);
  if (text !== undefined && (!/^\d+$/.test(text) || port > 65_535))
    throw new PortalSettingsError(`--port is ${JSON.stringify(text)}`, "give 1 to 65535, or 0 for any that is free");
  return port;
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "" || url.username !== "")
    throw new PortalSettingsError(`--url is ${JSON.stringify(text)}`, "give scheme and host, such as https://gateways.example.com");
  return url;
}

function tlsOf(certificate: string | undefined, key: string | undefined): TlsFiles | undefined {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new PortalSettingsError(
      `${certificate === undefined ? "--tls-certificate" : "--tls-key"} is missing`,
      "give both files, or neither",
    );
  return { certificate, key };
}

function proxiesOf(text: string | undefined): Network[] {
  try {
    return (text ?? "").split(",").flatMap((part) => (part.trim() === "" ? [] : [parseNetwork(part.trim())]));
  } catch (error) {
    throw new PortalSettingsError(
      `--trusted-proxy: ${(error as Error).message}`,
      "list addresses or CIDR blocks, such as 10.0.0.0/8,192.0.2.7",
    );
  }
}

function oidcOf(environment: Environment): PortalSettings["oidc"] {
  const text = environment.GATEWAY_PORTAL_OIDC || undefined;
  if (text === undefined) return undefined;
  const remedy = "give https://<client id>:<client secret>@<issuer>, with special characters of id and secret percent-encoded";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username === "" || url.search !== "" || url.hash !== "")
    throw new PortalSettingsError("GATEWAY_PORTAL_OIDC is not the URL of an issuer with a client id", remedy);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname)))
    throw new PortalSettingsError("GATEWAY_PORTAL_OIDC is not https, so that anybody on the way could sign in as anybody", remedy);
  const [clientId, inline] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  url.username = "";
  url.password = "";
  const clientSecret = secretOf(environment.GATEWAY_PORTAL_OIDC_SECRET_FILE || undefined) ?? (inline === "" ? undefined : inline);
  const { GATEWAY_PORTAL_AUDIENCE: audience, GATEWAY_PORTAL_STACKS_CLAIM: stacks } = environment;
  return {
    issuer: url.pathname === "/" ? url.origin : url.href,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret }),
    scopes: environment.GATEWAY_PORTAL_SCOPES || "openid profile email",
    ...(audience ? { audience } : {}),
    claims: {
      roles: environment.GATEWAY_PORTAL_ROLES_CLAIM || "roles",
      names: roleNamesOf(environment.GATEWAY_PORTAL_ROLE_NAMES ?? ""),
      ...(stacks ? { stacks } : {}),
    },
  };
}

function secretOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new PortalSettingsError(
      `GATEWAY_PORTAL_OIDC_SECRET_FILE: ${(error as Error).message}`,
      "name a file with the client's secret that the portal may read",
    );
  }
}

function roleNamesOf(text: string): ReturnType<typeof parseRoleNames> {
  try {
    return parseRoleNames(text);
  } catch (error) {
    throw new PortalSettingsError(
      `GATEWAY_PORTAL_ROLE_NAMES: ${(error as Error).message}`,
      "list pairs such as viewer=staff,approver=security-team",
    );
  }
}

function timesOf(environment: Environment): SessionTimes {
  const minutes = (name: string, otherwise: number) => {
    const text = environment[name] || undefined;
    if (text === undefined) return otherwise;
    if (!/^[1-9]\d{0,4}$/.test(text)) throw new PortalSettingsError(`${name} is ${JSON.stringify(text)}`, "give minutes, 1 to 99999");
    return Number(text) * 60_000;
  };
  return {
    idle: minutes("GATEWAY_PORTAL_IDLE_MINUTES", SESSION_TIMES.idle),
    absolute: minutes("GATEWAY_PORTAL_SESSION_MINUTES", SESSION_TIMES.absolute),
  };
}
