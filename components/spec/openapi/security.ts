import { isPlainObject } from "../overlay.ts";
import { show } from "../show.ts";
import { suggestion } from "../suggest.ts";
import type { OpenApiFiles } from "./files.ts";
import { child, entries, faultAt, type Node } from "./node.ts";
import { readScheme, type Scheme } from "./schemes.ts";

/** What of the gateway document security schemes are matched with. */
export interface Credentials {
  readonly jwtProviders: readonly string[];
  readonly apiKeyHeader: string;
}

/** One alternative of a route's `require`, as a document writes it. */
export interface RawAlternative {
  readonly jwt?: string;
  readonly scopes?: readonly string[];
  readonly apiKey?: unknown;
  readonly clientCertificate?: unknown;
}

export interface SecurityReading {
  /** Undefined after a fault. */
  readonly alternatives: readonly RawAlternative[] | undefined;
  readonly node: Node;
}

/** Reads `security` lists: alternatives of schemes that must all be met. Each list and each scheme is read once, however many operations share it. */
export class SecurityReader {
  readonly #root: Node;
  readonly #files: OpenApiFiles;
  readonly #credentials: Credentials;
  readonly #read = new Map<unknown, SecurityReading>();
  readonly #schemes = new Map<string, Scheme | undefined>();

  constructor(root: Node, files: OpenApiFiles, credentials: Credentials) {
    this.#root = root;
    this.#files = files;
    this.#credentials = credentials;
  }

  /** The operation's own list, or the document's where it has none; undefined where neither says anything. */
  of(operation: Node): SecurityReading | undefined {
    const node = child(operation, "security") ?? child(this.#root, "security");
    if (node === undefined) return undefined;
    let reading = this.#read.get(node.value);
    if (reading === undefined || !Array.isArray(node.value)) {
      reading = { node, alternatives: this.#readList(node) };
      this.#read.set(node.value, reading);
    }
    return reading.node.source === node.source ? { ...reading, node } : reading;
  }

  #readList(node: Node): readonly RawAlternative[] | undefined {
    if (!Array.isArray(node.value)) {
      this.#files.faults.push(faultAt(node, [], `expected a list, found ${show(node.value)}`, "give a list of security requirements"));
      return undefined;
    }
    const read = node.value.map((_, index) => this.#readAlternative({ ...node, value: node.value, path: node.path }, index));
    return read.some((item) => item === undefined) ? undefined : (read as RawAlternative[]);
  }

  #readAlternative(list: Node, index: number): RawAlternative | undefined {
    const node = child(list, index) ?? list;
    const fault = (message: string, remedy: string) => {
      this.#files.faults.push(faultAt(node, [], message, remedy));
      return undefined;
    };
    if (!isPlainObject(node.value))
      return fault(`expected a map of schemes, found ${show(node.value)}`, "give a map from scheme to scopes");
    const wanted = entries(node);
    if (wanted.length === 0)
      return fault(
        "lets callers without any credential pass",
        "remove the empty requirement; for an operation open to all write security: [] and x-gateway: { public: true }",
      );
    const parts = wanted.map(([name, scopes]) => this.#readPart(name, scopes));
    if (parts.some((part) => part === undefined)) return undefined;
    return this.#combine(parts as RawAlternative[], fault);
  }

  #readPart(name: string, scopes: Node): RawAlternative | undefined {
    const scheme = this.#scheme(name, scopes);
    if (scheme === undefined) return undefined;
    if (!Array.isArray(scopes.value) || scopes.value.some((scope) => typeof scope !== "string")) {
      this.#files.faults.push(
        faultAt(scopes, [], `expected a list of scopes, found ${show(scopes.value)}`, "give a list of texts, [] for none"),
      );
      return undefined;
    }
    const names = scopes.value as string[];
    if (scheme.kind !== "jwt") {
      if (names.length === 0) return scheme.kind === "apiKey" ? { apiKey: scheme.demand } : { clientCertificate: scheme.demand };
      this.#files.faults.push(faultAt(scopes, [], `the scheme "${name}" has no scopes`, "write []"));
      return undefined;
    }
    const { issued } = scheme;
    const unknown = issued && names.findIndex((scope) => !issued.includes(scope));
    if (issued && unknown !== undefined && unknown >= 0) {
      const scope = names[unknown] ?? "";
      this.#files.faults.push(
        faultAt(
          scopes,
          [unknown],
          `the scheme "${name}" has no scope ${show(scope)} in its flows`,
          suggestion(scope, issued, "declare it in the flows' scopes"),
        ),
      );
      return undefined;
    }
    return { jwt: scheme.provider, scopes: names };
  }

  #scheme(name: string, at: Node): Scheme | undefined {
    if (this.#schemes.has(name)) return this.#schemes.get(name);
    const schemes = child(this.#root, "components", "securitySchemes");
    const node = schemes && child(schemes, name);
    let scheme: Scheme | undefined;
    if (node === undefined) {
      const known = entries(schemes).map(([key]) => key);
      const remedy = suggestion(name, known, "declare it under components.securitySchemes");
      this.#files.faults.push(faultAt(at, [], `there is no security scheme ${show(name)}`, remedy));
    } else {
      const target = this.#files.follow(node);
      scheme = target && readScheme(name, target, this.#credentials, this.#files.faults);
    }
    this.#schemes.set(name, scheme);
    return scheme;
  }

  #combine(parts: readonly RawAlternative[], fault: (message: string, remedy: string) => undefined): RawAlternative | undefined {
    const tokens = parts.filter((part) => part.jwt !== undefined);
    const providers = new Set(tokens.map((part) => part.jwt));
    if (providers.size > 1)
      return fault(
        `asks for tokens of ${[...providers].join(" and ")} together, and a request carries one`,
        "list them as alternatives, one entry each",
      );
    const scopes = [...new Set(tokens.flatMap((part) => part.scopes ?? []))];
    return Object.assign({}, ...parts, tokens.length > 0 && scopes.length > 0 ? { scopes } : {}) as RawAlternative;
  }
}
