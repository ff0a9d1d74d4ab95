import type { Answer } from "./wire/answer.ts";
import { mediaType } from "./wire/answer.ts";

/**
 * What a backend made for tests tells about the request it received, so that probes can see behind the gateway. A backend says so with the media
 * type below; it must never run in production, because it repeats credentials and identities. docs/verify.md is the contract.
 */
export const ECHO_TYPE = "application/x-gateway-echo+json";

export interface Echo {
  /** Name of the service, the same for all its instances. */
  readonly service: string;
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
  /** Every header as received, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly tls: {
    /** SNI received. */
    readonly serverName: string | null;
    /** Names in the caller's certificate, when it showed one that the backend's authorities signed. */
    readonly clientNames: readonly string[] | null;
  };
  /** Requests with the same `nonce` directive so far, this one included. */
  readonly attempt: number;
  /** Requests the service has received so far by path without query, those to itself included. */
  readonly received: Readonly<Record<string, number>>;
  /** Directives it understands in the query parameter `gateway-echo`. */
  readonly abilities: readonly EchoAbility[];
}

/**
 * `delay:<ms>` answers after that time. `fail:<status>:<times>` answers the first so many requests of a nonce with that status.
 * `nonce:<text>` groups requests. `certificate:<kind>` shows a wrong certificate on the handshakes of the next moment and closes the connections
 * there are, so that the gateway has to make new ones: of an authority nobody trusts, expired, or for another name. Several are joined with a comma.
 */
export type EchoAbility = "delay" | "fail" | "nonce" | `certificate:${WrongBackendCertificate}`;

export type WrongBackendCertificate = "untrusted" | "expired" | "wrong-name";

export const WRONG_BACKEND_CERTIFICATES: readonly WrongBackendCertificate[] = ["untrusted", "expired", "wrong-name"];

/** Milliseconds a backend shows a wrong certificate. */
export const IMPOSTOR_MS = 700;

/** The echo in an answer; undefined when the answer is none. */
export function echoOf(answer: Answer): Echo | undefined {
  if (mediaType(answer) !== ECHO_TYPE) return undefined;
  try {
    return JSON.parse(answer.body.toString("utf8")) as Echo;
  } catch {
    return undefined;
  }
}

export function echoHeader(echo: Echo, name: string): string[] {
  return echo.headers.flatMap(([key, value]) => (key === name ? [value] : []));
}

/** The target with directives for the backend. */
export function withDirectives(target: string, ...directives: string[]): string {
  return `${target}${target.includes("?") ? "&" : "?"}gateway-echo=${directives.join(",")}`;
}
