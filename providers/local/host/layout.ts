import { join } from "node:path";

/** What lies in a gateway's folder besides the files the program asks for. Names are relative to the folder. */
export const LAYOUT = {
  /** Description of the gateway. */
  description: "gateway.json",
  /** Says whose folder it is and which of the program's files may lie in it, from before the first one is written. */
  claim: "claim.json",
  bootstrap: "bootstrap.json",
  /** Sockets, locks and records of processes; nothing in it outlives the processes. */
  run: "run",
  lock: join("run", "lock"),
  agentLock: join("run", "agent.lock"),
  agentSocket: join("run", "agent.sock"),
  envoyRecord: join("run", "envoy.json"),
  hotRestartSocket: join("run", "hot"),
  serviceRecord: (name: string) => join("run", `service-${name}.json`),
  /** Socket of the rate limit service that counts quotas. */
  quotaSocket: join("run", "quota.sock"),
  logs: "logs",
  envoyLog: join("logs", "envoy.log"),
  agentLog: join("logs", "agent.log"),
  serviceLog: (name: string) => join("logs", `${name}.log`),
  services: "services",
  serviceFiles: (name: string) => join("services", name),
  /** Counters of quotas. */
  quotas: "quotas",
  quotaJournal: join("quotas", "journal.jsonl"),
  /** Accounts and certificates of ACME authorities. */
  acme: "acme",
  /** The certificate of the front door and its key, as Envoy reads them. */
  acmeSecret: join("acme", "front.json"),
  /** The chain of that certificate. */
  acmeChain: join("acme", "chain.pem"),
  acmeCertificate: (identity: string) => join("acme", `certificate-${identity}.json`),
  acmeAccount: (directory: string) => join("acme", `account-${directory}.json`),
  /** How far the next certificate is. */
  acmeProgress: join("acme", "progress.json"),
  /** Socket on which the agent answers the authority's challenges; Envoy leads them there. */
  acmeSocket: join("run", "acme.sock"),
} as const;

/** First parts of paths that the program's own files must not have. */
export const RESERVED: readonly string[] = [
  LAYOUT.description,
  LAYOUT.claim,
  LAYOUT.bootstrap,
  LAYOUT.run,
  LAYOUT.logs,
  LAYOUT.services,
  LAYOUT.quotas,
  LAYOUT.acme,
];
