import { createHash, createPrivateKey, generateKeyPair, X509Certificate } from "node:crypto";
import { Agent } from "node:https";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Client } from "acme-client";
import type { AcmeSettings } from "../../host/acme.ts";
import { LAYOUT } from "../../host/layout.ts";
import { readJson, writeAtomic } from "../../machine/files.ts";
import { isRoot } from "../../x509/authority.ts";
import { newPrivateKey, toPem } from "../../x509/keys.ts";
import { certificateBlocks } from "../../x509/pem.ts";
import type { Challenges } from "./challenges.ts";
import { AcmeProblem, type Answer, problemIn, retryAfter } from "./problem.ts";

const generate = promisify(generateKeyPair);
const REQUEST_MS = 30_000;
/** The first wait for an authority that is still looking; doubled up to 30 s, ten times. */
const POLL_MS = 3000;

/** A certificate fresh from the authority. */
export interface Issued {
  /** Leaf first, without a root. */
  readonly chainPem: string;
  readonly privateKeyPem: string;
}

interface Account {
  readonly directoryUrl: string;
  readonly privateKeyPem: string;
  /** Undefined until it is registered. */
  readonly url?: string;
}

/** Talks to one ACME authority for one gateway. */
export class AcmeAuthority {
  readonly #directory: string;
  readonly #settings: AcmeSettings;
  readonly #pollMs: number;

  /** @param directory folder of the gateway, where the account is kept */
  constructor(directory: string, settings: AcmeSettings, pollMs = POLL_MS) {
    this.#directory = directory;
    this.#settings = settings;
    this.#pollMs = pollMs;
  }

  /**
   * Obtains a certificate under a new key.
   *
   * @param replaces the chain it takes the place of, which the authority may be told (RFC 9773 section 5)
   * @throws AcmeProblem or Error with the authority's reason
   */
  async issue(challenges: Challenges, replaces: string | undefined): Promise<Issued> {
    const acme = await this.#library();
    const client = await this.#registered();
    const privateKeyPem = await newKey(this.#settings.keyType);
    const [, csr] = await acme.crypto.createCsr({ altNames: [...this.#settings.names] }, privateKeyPem);
    const order = await this.#order(client, replaces);
    for (const authorization of await client.getAuthorizations(order)) {
      if (authorization.status === "valid") continue;
      const challenge = authorization.challenges.find(({ type }) => type === "http-01");
      if (challenge === undefined) throw new Error(`the authority offers no http-01 challenge for ${authorization.identifier.value}`);
      challenges.offer(challenge.token, await client.getChallengeKeyAuthorization(challenge));
      try {
        await client.completeChallenge(challenge);
        await client.waitForValidStatus(challenge);
      } finally {
        challenges.withdraw(challenge.token);
      }
    }
    const chain = await client.getCertificate(await client.finalizeOrder(order, csr));
    return { chainPem: usableChain(chain, privateKeyPem, this.#settings.names), privateKeyPem };
  }

  /**
   * The window in which the authority suggests to renew a certificate (RFC 9773).
   *
   * @returns undefined when the authority makes no suggestions
   */
  async renewalInfo(chainPem: string): Promise<{ start: number; end: number; heldUntil: number | undefined } | undefined> {
    const { axios } = await this.#library();
    const directory = await axios.get(this.#settings.directoryUrl);
    const base = (directory.data as { renewalInfo?: unknown }).renewalInfo;
    const id = renewalId(chainPem);
    if (typeof base !== "string" || id === undefined) return undefined;
    const { data, headers } = await axios.get(`${base.replace(/\/$/, "")}/${id}`);
    const { start, end } = (data as { suggestedWindow?: { start?: string; end?: string } }).suggestedWindow ?? {};
    return { start: Date.parse(start ?? ""), end: Date.parse(end ?? ""), heldUntil: retryAfter(headers["retry-after"], Date.now()) };
  }

  /** The library with this authority's roots; one keeper runs in a process. */
  async #library() {
    const { default: library } = await import("acme-client");
    const { caCertificates } = this.#settings;
    Object.assign(library.axios.defaults, { timeout: REQUEST_MS, proxy: false });
    library.axios.defaults.httpsAgent = new Agent(caCertificates.length === 0 ? {} : { ca: [...caCertificates] });
    if (!prepared) {
      prepared = true;
      // In place of the library's own, which repeats what failed: that is the keeper's business, which knows how long to wait.
      library.axios.interceptors.response.clear();
      library.axios.interceptors.response.use(undefined, answered);
    }
    return library;
  }

  /** An account that the authority knows. One that it has ended or forgotten is replaced by another with a key of its own. */
  async #registered(): Promise<Client> {
    const file = join(this.#directory, LAYOUT.acmeAccount(digest(this.#settings.directoryUrl)));
    const known = readJson<Account>(file);
    if (known?.url !== undefined) {
      try {
        return await this.#register(file, known);
      } catch (error) {
        if (!(error instanceof AcmeProblem) || !["unauthorized", "accountDoesNotExist"].includes(error.type)) throw error;
      }
    }
    // One that was written down but not registered is registered now: nobody knows whether the authority heard of it.
    const fresh = known !== undefined && known.url === undefined ? known : undefined;
    return this.#register(file, fresh ?? { directoryUrl: this.#settings.directoryUrl, privateKeyPem: await newPrivateKey("P-256") });
  }

  async #register(file: string, account: Account): Promise<Client> {
    const acme = await this.#library();
    const client = new acme.Client({
      directoryUrl: account.directoryUrl,
      accountKey: account.privateKeyPem,
      ...(account.url === undefined ? {} : { accountUrl: account.url }),
      backoffMin: this.#pollMs,
      backoffMax: 30_000,
      backoffAttempts: 10,
    });
    if (account.url === undefined) writeAtomic(file, JSON.stringify(account));
    await client.createAccount({ termsOfServiceAgreed: true, contact: [`mailto:${this.#settings.email}`] });
    writeAtomic(file, JSON.stringify({ ...account, url: client.getAccountUrl() }));
    return client;
  }

  async #order(client: Client, replaces: string | undefined) {
    const identifiers = this.#settings.names.map((value) => ({ type: "dns", value }));
    const id = replaces === undefined ? undefined : renewalId(replaces);
    if (id !== undefined) {
      try {
        return await client.createOrder({ identifiers, replaces: id } as Parameters<Client["createOrder"]>[0]);
      } catch (error) {
        // It may have been replaced before, or be another authority's: then this is an order like any other.
        if (!(error instanceof AcmeProblem) || !["alreadyReplaced", "malformed", "unauthorized"].includes(error.type)) throw error;
      }
    }
    return client.createOrder({ identifiers });
  }
}

let prepared = false;

/** Judges an answer, which the library asks for as an error whatever its status is. */
function answered(error: { response?: Answer; code?: string; message: string; config?: { url?: string } }): Answer {
  const { response, code, message, config } = error;
  if (response === undefined)
    throw new Error(`${config?.url ?? "the authority"} cannot be reached: ${message || (code ?? "no reason given")}`);
  const problem = problemIn(response, Date.now());
  // With a bad nonce the library itself asks again with another one.
  if (problem !== undefined && problem.type !== "badNonce") throw problem;
  return response;
}

/** Identifier of a certificate towards its authority: the key identifier of its issuer and its serial number (RFC 9773 section 4.1). */
export function renewalId(chainPem: string): string | undefined {
  const [leaf = ""] = certificateBlocks(chainPem);
  const { raw, serialNumber } = new X509Certificate(leaf);
  const issuer = keyIdentifier(raw);
  if (issuer === undefined) return undefined;
  const hex = serialNumber.length % 2 === 0 ? serialNumber : `0${serialNumber}`;
  // As DER has it: a leading zero where the first bit is set.
  const serial = Buffer.from(Number.parseInt(hex.slice(0, 2), 16) >= 0x80 ? `00${hex}` : hex, "hex");
  return `${issuer.toString("base64url")}.${serial.toString("base64url")}`;
}

/** OBJECT IDENTIFIER 2.5.29.35, authority key identifier. */
const AUTHORITY_KEY_ID = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x23]);

/** keyIdentifier of the extension: OCTET STRING { SEQUENCE { [0] … } }, each short enough for one byte of length. */
function keyIdentifier(der: Buffer): Buffer | undefined {
  const at = der.indexOf(AUTHORITY_KEY_ID);
  if (at < 0) return undefined;
  const value = der.subarray(at + AUTHORITY_KEY_ID.length);
  const [string, , sequence, , tag, length = 0] = value;
  return string === 0x04 && sequence === 0x30 && tag === 0x80 ? value.subarray(6, 6 + length) : undefined;
}

/** What the authority has sent, checked before anybody is shown it. @throws Error saying what is wrong with it */
function usableChain(text: string, privateKeyPem: string, names: readonly string[]): string {
  const certificates = certificateBlocks(text).map((pem) => ({ pem, certificate: new X509Certificate(pem) }));
  const [leaf] = certificates;
  if (leaf === undefined) throw new Error("the authority has sent no certificate");
  if (!leaf.certificate.checkPrivateKey(createPrivateKey(privateKeyPem)))
    throw new Error("the authority has sent a certificate of another key");
  const missing = names.find((name) => leaf.certificate.checkHost(name) === undefined);
  if (missing !== undefined) throw new Error(`the certificate that the authority has sent is not for ${missing}`);
  if (leaf.certificate.validToDate.getTime() <= Date.now()) throw new Error("the certificate that the authority has sent has ended");
  return certificates
    .filter(({ certificate }) => !isRoot(certificate))
    .map(({ pem }) => pem)
    .join("");
}

async function newKey(type: AcmeSettings["keyType"]): Promise<string> {
  if (type === "P256") return newPrivateKey("P-256");
  const { privateKey } = await (type === "P384"
    ? generate("ec", { namedCurve: "P-384" })
    : generate("rsa", { modulusLength: type === "RSA2048" ? 2048 : 4096 }));
  return toPem(privateKey);
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
