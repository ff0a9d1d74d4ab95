import { createPrivateKey, X509Certificate } from "node:crypto";
import type { IssuerSummary } from "../components/backends/contract.ts";
import type { GatewayModel } from "../components/spec/model.ts";
import { type VerifyOptions, VerifyOptionsError } from "./types.ts";
import type { Endpoint, KeyPair } from "./wire/connect.ts";

/** The options with defaults applied and checked against the model. */
export interface Settings {
  readonly model: GatewayModel;
  readonly url: string;
  readonly hostname: string;
  /** Port of the URL. */
  readonly port: number;
  /** Value of `Host`: the host name, with the port where it is not 443. */
  readonly authority: string;
  readonly endpoint: Endpoint;
  /** True when connections go to `address`, past whatever stands in front of the gateway. */
  readonly direct: boolean;
  readonly plain: Endpoint | undefined;
  readonly caCertificate: string | undefined;
  readonly issuers: readonly IssuerSummary[];
  readonly apiKeys: Readonly<Record<string, string>>;
  readonly clientCertificate: KeyPair | undefined;
  readonly clientAuthority: KeyPair | undefined;
  readonly accessLog: string | undefined;
  readonly metricsUrl: string | undefined;
  readonly exact: boolean;
  readonly unsafeMethods: boolean;
  readonly exhaustQuotas: boolean;
  readonly rateLimitBudget: number;
  readonly patienceMs: number;
  readonly exchangeTimeoutMs: number;
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws VerifyOptionsError naming the option and what is allowed. */
export function resolveSettings(options: VerifyOptions): Settings {
  const { model } = options;
  const url = parseUrl(options.url, model);
  const port = url.port === "" ? 443 : Number(url.port);
  const endpoint = options.address === undefined ? { host: model.hostname, port } : parseAddress(options.address);
  const plainPort = options.plainPort ?? (port === 443 ? 80 : port === model.local.httpsPort ? model.local.httpPort : undefined);
  const { clientCertificate, clientAuthority } = options;
  if (clientCertificate) checkKeyPair(clientCertificate, "clientCertificate");
  if (clientAuthority) checkKeyPair(clientAuthority, "clientAuthority");
  const issuers = [options.issuer ?? []].flat() as IssuerSummary[];
  for (const { privateKeyPem } of issuers) checkKey(privateKeyPem, "issuer.privateKeyPem");
  if (options.caCertificate !== undefined) checkCertificate(options.caCertificate, "caCertificate");
  for (const consumer of Object.keys(options.apiKeys ?? {})) {
    if (!Object.hasOwn(model.consumers, consumer))
      throw new VerifyOptionsError(
        `"apiKeys" has a key for "${consumer}", which is no consumer of the gateway "${model.name}"; its consumers: ${Object.keys(model.consumers).join(", ") || "none"}`,
      );
  }
  return {
    model,
    url: `https://${model.hostname}${port === 443 ? "" : `:${port}`}`,
    hostname: model.hostname,
    port,
    authority: port === 443 ? model.hostname : `${model.hostname}:${port}`,
    endpoint,
    direct: options.address !== undefined,
    plain: plainPort === undefined ? undefined : { host: endpoint.host, port: plainPort },
    caCertificate: options.caCertificate,
    issuers: issuers.filter(({ provider }) => Object.hasOwn(model.jwtProviders, provider)),
    apiKeys: options.apiKeys ?? {},
    clientCertificate,
    clientAuthority,
    accessLog: options.accessLog,
    metricsUrl: options.metricsUrl,
    exact: options.exact ?? false,
    unsafeMethods: options.unsafeMethods ?? false,
    exhaustQuotas: options.exhaustQuotas ?? false,
    rateLimitBudget: whole(options.rateLimitBudget ?? 2000, "rateLimitBudget", 1_000_000),
    patienceMs: whole(options.patienceMs ?? 5000, "patienceMs", 600_000),
    exchangeTimeoutMs: whole(options.exchangeTimeoutMs ?? 10_000, "exchangeTimeoutMs", 600_000),
    concurrency: whole(options.concurrency ?? 12, "concurrency", 256),
    signal: options.signal,
  };
}

function parseUrl(text: string, model: GatewayModel): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:") throw new VerifyOptionsError(`"url" is ${JSON.stringify(text)}; give https://${model.hostname}[:port]`);
  if (url.hostname !== model.hostname.toLowerCase())
    throw new VerifyOptionsError(
      `"url" names the host "${url.hostname}", but the gateway "${model.name}" serves "${model.hostname}"; give https://${model.hostname}[:port], and the address to connect to in "address" if DNS does not know it yet`,
    );
  if ((url.pathname !== "/" && url.pathname !== "") || url.search !== "" || url.username !== "")
    throw new VerifyOptionsError(`"url" is ${JSON.stringify(text)}; give scheme, host and port only: https://${model.hostname}[:port]`);
  return url;
}

function parseAddress(text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65535)
    throw new VerifyOptionsError(`"address" is ${JSON.stringify(text)}; give host:port, such as 127.0.0.1:8443 or [::1]:8443`);
  return { host: match[1] ?? match[2] ?? "", port };
}

function checkKeyPair(pair: KeyPair, option: string): void {
  checkCertificate(pair.certificate, `${option}.certificate`);
  checkKey(pair.privateKey, `${option}.privateKey`);
  if (!new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.privateKey)))
    throw new VerifyOptionsError(`"${option}" has a private key that does not belong to its certificate; give the pair`);
}

function checkCertificate(pem: string, option: string): void {
  try {
    new X509Certificate(pem);
  } catch {
    throw new VerifyOptionsError(`"${option}" is not a PEM certificate`);
  }
}

function checkKey(pem: string, option: string): void {
  try {
    createPrivateKey(pem);
  } catch {
    throw new VerifyOptionsError(`"${option}" is not an unencrypted PEM private key`);
  }
}

function whole(value: number, option: string, most: number): number {
  if (!Number.isSafeInteger(value) || value < 1 || value > most)
    throw new VerifyOptionsError(`"${option}" is ${value}; allowed: whole numbers from 1 to ${most}`);
  return value;
}
