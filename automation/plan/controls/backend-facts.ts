import type { Backend, Trust } from "../../../components/spec/model.ts";
import type { ControlFact } from "./facts.ts";
import { factsOf, fingerprints } from "./front-facts.ts";

/** How a backend is reached and verified. */
export function backendFacts(backend: Backend): ControlFact[] {
  const fact = factsOf(`backend ${backend.name}`);
  const { tls, network, host, port, basePath } = backend;
  const client = typeof tls.clientCertificate === "string" ? tls.clientCertificate : "imported";
  const shown =
    typeof tls.clientCertificate === "string" ? client : `imported, ${fingerprints([tls.clientCertificate.certificate]).join("")}`;
  return [
    fact("address", `${host}:${port}${basePath}`, { kind: "free" }, "neutral"),
    trustFact(fact, "tls.trust", tls.trust),
    fact("tls.serverName", tls.serverName, { kind: "free" }, "neutral"),
    fact("tls.clientCertificate", shown, { kind: "level", value: client === "none" ? 0 : 1 }, "neutral"),
    fact("network", network.type, { kind: "level", value: network.type === "public" ? 0 : 1 }, "neutral"),
    ...(backend.circuitBreaker === undefined ? [] : [fact("circuitBreaker", JSON.stringify(backend.circuitBreaker), { kind: "free" })]),
    ...(backend.healthCheck === undefined ? [] : [fact("healthCheck", backend.healthCheck.path, { kind: "free" }, "neutral")]),
  ];
}

/** Fewer signers that are believed are stronger: one certificate, declared authorities or the gateway's own, the public roots, anyone. */
const RANK = { unverified: 0, public: 1, ca: 2, internal: 2, pinned: 3 } as const;

/** Whose certificates are accepted on a connection the gateway makes. */
export function trustFact(fact: ReturnType<typeof factsOf>, control: string, trust: Trust): ControlFact {
  const { kind } = trust;
  const names = kind === "ca" ? fingerprints(trust.caCertificates) : kind === "pinned" ? fingerprints([trust.certificate]) : [kind];
  const shown = {
    unverified: "not verified",
    public: "public roots",
    internal: "the gateway's own authority",
    ca: `authorities ${names.join(", ")}`,
    pinned: `exactly ${names.join("")}`,
  }[kind];
  return fact(control, shown, { kind: "signers", rank: RANK[kind], values: names }, kind === "unverified" ? "stronger" : "neutral");
}
