import { Backends } from "../backends.ts";
import type { Draft } from "../draft.ts";
import type { Field } from "../reader.ts";
import { publicName } from "../values.ts";
import { type KubeObject, targetsOf } from "./objects.ts";

/** What backendRefs lead to. Services of the cluster are asked for, because a gateway outside it cannot reach them by their names. */
export class KubeBackends {
  readonly #backends: Backends;
  readonly #objects: readonly KubeObject[];
  readonly #used = new Map<string, string>();
  readonly #certificates = new Set<string>();

  constructor(draft: Draft, objects: readonly KubeObject[]) {
    this.#backends = new Backends(draft);
    this.#objects = objects;
  }

  /** The backend of a reference; undefined when it has no word in a document, which is reported. */
  of(ref: Field, namespace: string): string | undefined {
    ref.leaveAll(["group"], "operation", "how objects name one another", "nothing to do");
    const [kind, name, port] = [ref.text("kind") ?? "Service", ref.text("name") ?? "", ref.number("port")];
    const where = ref.text("namespace") ?? namespace;
    ref.leaveAll(["filters"], "behaviour", "changes for one backend of a route", "say headers of the route");
    if (kind !== "Service" && kind !== "Backend") {
      ref.leave("behaviour", `a backend of kind ${kind}`, "put a service behind the route");
      return undefined;
    }
    const object = this.#objects.find((one) => one.kind === kind && one.name === name && one.namespace === where);
    const url = kind === "Backend" ? endpointOf(object) : externalOf(object, port);
    const shown = `${kind} ${name} in namespace ${where}${port === undefined ? "" : `, port ${port}`}`;
    const backend = this.#backends.of(shown, name, url, `the input has ${shown}`);
    this.#used.set(`${kind} ${name}`, backend);
    this.#readTls(kind, name, backend);
    return backend;
  }

  fields(name: string): Record<string, unknown> {
    return this.#backends.fields(name);
  }

  /** PEM of a ConfigMap's ca.crt, by its name. */
  authorities(refs: readonly Field[]): string[] {
    return refs.flatMap((ref) => {
      ref.leaveAll(["group", "namespace"], "operation", "how objects name one another", "nothing to do");
      const [kind, name] = [ref.text("kind") ?? "ConfigMap", ref.text("name") ?? ""];
      const object = this.#objects.find((one) => one.kind === "ConfigMap" && one.name === name);
      const pem = kind === "ConfigMap" ? object?.root.map("data")?.text("ca.crt") : undefined;
      if (pem === undefined)
        ref.leave("protection", `the authorities in ${kind} ${name} are not in the input`, "give them in caCertificates");
      this.#certificates.add(name);
      return pem ?? [];
    });
  }

  #readTls(kind: string, name: string, backend: string): void {
    const fields = this.fields(backend);
    for (const policy of this.#objects.filter((object) => object.kind === "BackendTLSPolicy")) {
      if (!targetsOf(policy).some((target) => target.kind === kind && target.name === name)) continue;
      const validation = policy.spec?.map("validation");
      const [serverName, roots] = [validation?.text("hostname"), validation?.text("wellKnownCACertificates")];
      if (roots !== undefined && roots !== "System")
        validation?.at("wellKnownCACertificates")?.leave("unknown", `${roots} is not known`, "say trust of the backend");
      const caCertificates = this.authorities(validation?.maps("caCertificateRefs") ?? []);
      validation?.leaveAll(
        ["subjectAltNames"],
        "protection",
        "names the backend's certificate must have besides its host name",
        "say serverName of the backend",
      );
      fields.tls = { ...(caCertificates.length > 0 ? { caCertificates } : {}), ...(serverName === undefined ? {} : { serverName }) };
      if (caCertificates.length === 0 && roots === undefined) fields.tls = { ...(fields.tls as object), trust: "ca" };
    }
  }

  /** Objects no route leads to. */
  finish(): void {
    for (const object of this.#objects) {
      const used = this.#used.has(`${object.kind} ${object.name}`);
      if (object.kind === "Service") {
        if (used)
          for (const [key, field] of object.spec?.entries() ?? [])
            if (key !== "externalName" && key !== "type")
              field.leave("operation", "how the cluster runs the service", "see url of the backend");
        if (used) object.spec?.text("type");
        if (!used) object.root.leave("operation", "no route leads to this service", "nothing to do");
      } else if (object.kind === "Backend" && !used) object.root.leave("operation", "no route leads to this backend", "nothing to do");
      else if (object.kind === "ConfigMap" && !this.#certificates.has(object.name))
        object.root.leave("operation", "no policy uses this ConfigMap", "nothing to do");
      else if (object.kind === "BackendTLSPolicy" && !targetsOf(object).some(({ kind, name }) => this.#used.has(`${kind} ${name}`)))
        object.root.leave("operation", "no route leads to what this policy is about", "nothing to do");
    }
  }
}

/** The one endpoint of an Envoy Gateway Backend that has a host name. */
function endpointOf(object: KubeObject | undefined): string | undefined {
  const [first, ...others] = object?.spec?.maps("endpoints") ?? [];
  object?.spec?.leaveAll(
    ["appProtocols", "type", "fallback", "tls"],
    "behaviour",
    "how Envoy speaks to the endpoint",
    "say protocol and tls of the backend",
  );
  for (const other of others) other.leave("behaviour", "a second endpoint", "give one address that stands for all of them");
  const name = first?.map("fqdn");
  const [host, port] = [name?.text("hostname"), name?.number("port")];
  return host === undefined ? undefined : `https://${host}${port === undefined || port === 443 ? "" : `:${port}`}`;
}

/** A Service that stands for a name outside the cluster. */
function externalOf(object: KubeObject | undefined, port: number | undefined): string | undefined {
  const name = object?.spec?.text("externalName");
  const host = name === undefined ? undefined : publicName(name);
  return host === undefined ? undefined : `https://${host}${port === undefined || port === 443 ? "" : `:${port}`}`;
}
