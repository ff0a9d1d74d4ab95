import { createHash } from "node:crypto";
import { join } from "node:path";
import { readJson, writeAtomic } from "../machine/files.ts";
import type { AcmeSettings } from "./acme.ts";
import { LAYOUT } from "./layout.ts";

/** How Envoy is started. Another one of these takes a hot restart. */
export interface Launch {
  /** Absolute path of the program. */
  readonly envoy: string;
  /** SHA-256 of the bootstrap. */
  readonly bootstrap: string;
  /** 0 means one per core. */
  readonly workers: number;
  readonly drainMs: number;
  readonly adminSocket: string;
}

/** A service as the agent runs it. */
export interface ServiceDescription {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly onFileChange: "restart" | "SIGHUP";
  /** SHA-256 by name of file. */
  readonly files: Readonly<Record<string, string>>;
}

export interface Quota {
  readonly consumer: string;
  readonly requests: number;
  readonly per: "day" | "week" | "month";
}

/** Whose a folder is. */
export interface Claim {
  /** URN of the resource the folder belongs to. */
  readonly urn: string;
  /** Files of the program that may lie in it: those asked for and, while they are being exchanged, those before. */
  readonly files: readonly string[];
}

/** What is to run in a folder: written by the provider, carried out by the agent. It holds no secret. */
export interface Description {
  readonly format: 1;
  readonly launch: Launch;
  /** The program's files, in the order they are written. */
  readonly files: readonly string[];
  readonly listeners: readonly string[];
  readonly services: Readonly<Record<string, ServiceDescription>>;
  readonly quotas: readonly Quota[];
  readonly logRetentionDays: number;
  /** Where an ACME authority issues the certificate of the front door. */
  readonly acme?: AcmeSettings;
}

/** @returns undefined when the folder is not a gateway's */
export const readClaim = (directory: string): Claim | undefined => readJson(join(directory, LAYOUT.claim));

export const writeClaim = (directory: string, claim: Claim): void => writeAtomic(join(directory, LAYOUT.claim), JSON.stringify(claim));

/** @returns undefined when nothing is to run there yet */
export const readDescription = (directory: string): Description | undefined => readJson(join(directory, LAYOUT.description));

export const writeDescription = (directory: string, description: Description): void =>
  writeAtomic(join(directory, LAYOUT.description), `${JSON.stringify(description, null, 2)}\n`);

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export const launchDigest = ({ envoy, bootstrap, workers, drainMs, adminSocket }: Launch): string =>
  sha256(JSON.stringify([envoy, bootstrap, workers, drainMs, adminSocket]));
