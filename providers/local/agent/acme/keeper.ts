import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { type AcmeCertificate, type AcmeSettings, identityOf, keepCertificate, prepareSecret, readCertificate } from "../../host/acme.ts";
import { LAYOUT } from "../../host/layout.ts";
import { readJson, writeAtomic } from "../../machine/files.ts";
import { certificateBlocks } from "../../x509/pem.ts";
import { Challenges } from "./challenges.ts";
import { AcmeAuthority } from "./client.ts";
import { AcmeProblem } from "./problem.ts";
import { chooseWindow, FIRST_RETRY_MS, nextLook, type RenewalWindow, renewAt, retryDelay } from "./schedule.ts";

/** What the agent says about the certificate of an ACME authority. */
export interface AcmeStatus {
  /** End of the certificate that is served, RFC 3339; undefined while there is none for these names. */
  readonly notAfter?: string;
  /** `issue` of the settings it was obtained for. */
  readonly issue?: number;
  /** The authority is being asked right now. */
  readonly busy: boolean;
  /** Why the last attempt failed. */
  readonly problem?: string;
  /** When something is done next, RFC 3339. */
  readonly next?: string;
}

/** How far the next certificate is; kept, so that no restart makes it ask sooner. */
interface Progress {
  readonly identity: string;
  readonly failures: number;
  readonly problem?: string;
  /** Milliseconds since 1970: not before this moment, by our own patience and by the authority's word. */
  readonly retryAt?: number;
  readonly heldUntil?: number;
  readonly window?: RenewalWindow;
  /** When to ask for the window again. */
  readonly lookAt?: number;
}

export interface Pace {
  /** Wait after the first failure. @default a minute */
  readonly firstRetryMs?: number;
  /** First wait for the authority's answer. @default 3 s */
  readonly pollMs?: number;
  /** Longest time without a look at the clock. @default an hour */
  readonly lookMs?: number;
  /** How long a certificate is kept whatever its authority suggests, lest one that always says "now" is asked without end. @default an hour */
  readonly settleMs?: number;
  /** Now, in milliseconds since 1970. */
  readonly now?: () => number;
}

const LOOK_MS = 3_600_000;
const SETTLE_MS = 3_600_000;
const MISHAP_MS = 60_000;

/** Obtains the certificate of the front door and replaces it in time, for as long as the agent runs. */
export class AcmeKeeper {
  readonly #directory: string;
  readonly #log: (message: string) => void;
  readonly #pace: Pace;
  readonly #now: () => number;
  #settings: AcmeSettings | undefined;
  #challenges: Challenges | undefined;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #next: number | undefined;
  #closed = false;

  constructor(directory: string, log: (message: string) => void, pace: Pace = {}) {
    this.#directory = directory;
    this.#log = log;
    this.#pace = pace;
    this.#now = pace.now ?? Date.now;
  }

  /** Does from now on what these settings ask for; undefined: nothing. */
  async ensure(settings: AcmeSettings | undefined, socket: string = LAYOUT.acmeSocket): Promise<void> {
    this.#settings = settings;
    if (settings === undefined) {
      clearTimeout(this.#timer);
      return;
    }
    this.#challenges ??= await Challenges.serve(socket);
    await prepareSecret(this.#directory, settings);
    this.#look();
  }

  /** Tries now what is due, although the last attempt failed a short while ago; never before the authority wants to be asked again. */
  renew(): void {
    const { retryAt: _, problem: __, ...progress } = this.#progress();
    this.#keep(progress);
    void Promise.resolve(this.#working).then(() => this.#look());
    this.#look();
  }

  status(): AcmeStatus {
    const certificate = this.#certificate();
    const { problem } = this.#progress();
    return {
      ...(certificate === undefined ? {} : { notAfter: leafOf(certificate).validToDate.toISOString(), issue: certificate.issue }),
      busy: this.#working !== undefined,
      ...(problem === undefined ? {} : { problem }),
      ...(this.#next === undefined ? {} : { next: new Date(this.#next).toISOString() }),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#challenges?.close();
    await this.#working;
  }

  /** Does what is due, and sets the clock for what comes next. One piece of work at a time. */
  #look(): void {
    clearTimeout(this.#timer);
    if (this.#closed || this.#settings === undefined || this.#working !== undefined) return;
    const settings = this.#settings;
    this.#working = this.#work(settings)
      .catch((error: Error) => {
        this.#log(`the certificate cannot be looked after: ${error.message}`);
        this.#next = this.#now() + MISHAP_MS;
      })
      .finally(() => {
        this.#working = undefined;
        if (this.#closed || this.#settings === undefined) return;
        const wait = Math.min(Math.max((this.#next ?? 0) - this.#now(), 0), this.#pace.lookMs ?? LOOK_MS);
        this.#timer = setTimeout(() => this.#look(), settings === this.#settings ? wait : 0);
      });
  }

  async #work(settings: AcmeSettings): Promise<void> {
    const authority = new AcmeAuthority(this.#directory, settings, this.#pace.pollMs);
    const due = await this.#due(settings, authority);
    const { retryAt = 0, heldUntil = 0 } = this.#progress();
    const start = Math.max(due, retryAt, heldUntil);
    this.#next = start;
    const { lookAt = 0 } = this.#progress();
    if (start > this.#now()) this.#next = lookAt > this.#now() ? Math.min(start, lookAt) : start;
    else await this.#obtain(settings, authority);
  }

  /** When the next certificate is to be obtained. */
  async #due(settings: AcmeSettings, authority: AcmeAuthority): Promise<number> {
    const certificate = this.#certificate();
    if (certificate === undefined || certificate.issue !== settings.issue) return 0;
    const { lookAt = 0 } = this.#progress();
    if (this.#now() >= lookAt) {
      const window = await this.#window(authority, certificate).catch((error: Error) => {
        this.#log(`the authority's renewal window is not to be had: ${error.message}`);
        return { lookAt: nextLook(this.#now(), this.#now() + LOOK_MS) };
      });
      this.#keep({ ...this.#progress(), ...window });
    }
    const settled = certificate.obtainedAt + (this.#pace.settleMs ?? SETTLE_MS);
    return Math.max(settled, renewAt(certificate.chainPem, this.#progress().window));
  }

  async #window(authority: AcmeAuthority, { chainPem }: AcmeCertificate): Promise<Pick<Progress, "window" | "lookAt">> {
    const info = await authority.renewalInfo(chainPem);
    const now = this.#now();
    const window = info && chooseWindow(info.start, info.end, this.#progress().window, Math.random());
    return { ...(window === undefined ? {} : { window }), lookAt: nextLook(now, info?.heldUntil) };
  }

  async #obtain(settings: AcmeSettings, authority: AcmeAuthority): Promise<void> {
    const identity = identityOf(settings);
    const before = this.#certificate();
    this.#log(`asks ${settings.directoryUrl} for a certificate for ${settings.names.join(", ")}`);
    try {
      const issued = await authority.issue(this.#challenges as Challenges, before?.chainPem);
      const wanted = this.#settings;
      const certificate = { identity, issue: settings.issue, obtainedAt: this.#now(), ...issued };
      if (wanted !== undefined && identityOf(wanted) === identity) keepCertificate(this.#directory, certificate);
      this.#keep({ identity, failures: 0 });
      this.#log(`serves the new certificate, valid until ${leafOf(certificate).validToDate.toISOString()}`);
      this.#next = this.#now();
    } catch (error) {
      this.#failed(identity, error as Error);
    }
  }

  #failed(identity: string, error: Error): void {
    const before = this.#progress();
    const failures = before.failures + 1;
    const retryAt = this.#now() + retryDelay(failures, Math.random(), this.#pace.firstRetryMs ?? FIRST_RETRY_MS);
    const heldUntil = error instanceof AcmeProblem ? error.heldUntil : undefined;
    this.#next = Math.max(retryAt, heldUntil ?? 0);
    const problem = error.message;
    this.#keep({
      ...(before.window === undefined ? {} : { window: before.window }),
      ...(before.lookAt === undefined ? {} : { lookAt: before.lookAt }),
      ...{ identity, failures, problem, retryAt },
      ...(heldUntil === undefined ? {} : { heldUntil }),
    });
    this.#log(`no certificate: ${problem}; tries again at ${new Date(this.#next).toISOString()}`);
  }

  /** The certificate for these settings that is still valid. */
  #certificate(): AcmeCertificate | undefined {
    if (this.#settings === undefined) return undefined;
    const found = readCertificate(this.#directory, identityOf(this.#settings));
    return found !== undefined && leafOf(found).validToDate.getTime() > this.#now() ? found : undefined;
  }

  #progress(): Progress {
    const identity = this.#settings === undefined ? "" : identityOf(this.#settings);
    const found = readJson<Progress>(join(this.#directory, LAYOUT.acmeProgress));
    return found?.identity === identity ? found : { identity, failures: 0 };
  }

  #keep(progress: Progress): void {
    writeAtomic(join(this.#directory, LAYOUT.acmeProgress), `${JSON.stringify(progress)}\n`);
  }
}

const leafOf = ({ chainPem }: Pick<AcmeCertificate, "chainPem">): X509Certificate =>
  new X509Certificate(certificateBlocks(chainPem)[0] ?? "");
