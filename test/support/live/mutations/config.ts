import { FILES, SECRETS } from "../../../../components/backends/local/envoy/layout.ts";
import type { GatewayModel } from "../../../../components/spec/model.ts";
import { child, listOf, ofType, type Tree } from "./tree.ts";

/** A rendered configuration: what `renderBootstrap` and `renderFiles` give. */
export interface RenderedConfig {
  readonly bootstrap: string;
  readonly files: Readonly<Record<string, string>>;
}

/** The same, parsed; edits of it change what `text` gives. */
export class OpenConfig {
  readonly model: GatewayModel;
  readonly bootstrap: Tree;
  readonly #trees = new Map<string, Tree>();
  readonly #texts = new Map<string, string>();

  constructor(config: RenderedConfig, model: GatewayModel) {
    this.model = model;
    this.bootstrap = JSON.parse(config.bootstrap);
    for (const [path, text] of Object.entries(config.files)) {
      if (path.endsWith(".json")) this.#trees.set(path, JSON.parse(text));
      else this.#texts.set(path, text);
    }
  }

  get text(): RenderedConfig {
    const files = [...this.#texts, ...[...this.#trees].map(([path, tree]) => [path, JSON.stringify(tree)] as const)];
    return { bootstrap: JSON.stringify(this.bootstrap), files: Object.fromEntries(files) };
  }

  get listeners(): Tree {
    return this.#tree(FILES.listeners);
  }

  get routes(): Tree {
    return this.#tree(FILES.routes);
  }

  get clusters(): Tree {
    return this.#tree(FILES.clusters);
  }

  get frontSecret(): Tree {
    return this.#tree(FILES.secret(SECRETS.front));
  }

  listener(name: string): Tree | undefined {
    return listOf(this.listeners, "resources").find((listener) => listener.name === name);
  }

  /** HTTP at the front door. */
  get manager(): Tree {
    return ofType(this.listener("https"), "HttpConnectionManager")[0] ?? {};
  }

  get frontTls(): Tree[] {
    return ofType(this.listener("https"), "DownstreamTlsContext");
  }

  /** The configuration of an HTTP filter at the front door. */
  filter(name: string): Tree | undefined {
    return child(
      listOf(this.manager, "http_filters").find((filter) => filter.name === name),
      "typed_config",
    );
  }

  dropFilter(name: string): void {
    this.manager.http_filters = listOf(this.manager, "http_filters").filter((filter) => filter.name !== name);
    for (const configs of this.perRoute) delete configs[name];
  }

  /** Every entry of the route table; one route of the document can have several, and its preflight one of its own. */
  get entries(): Tree[] {
    return ofType(this.routes, "RouteList").flatMap((list) => listOf(list, "routes"));
  }

  /** Entries that pass requests of these routes of the document on. */
  entriesOf(wanted: (route: GatewayModel["routes"][number]) => boolean): Tree[] {
    const names = new Set(this.model.routes.filter(wanted).map(({ name }) => name));
    return this.entries.filter(({ name }) => names.has(String(name)));
  }

  /** What routes say about HTTP filters. */
  get perRoute(): Tree[] {
    const hosts = ofType(this.routes, "RouteConfiguration").flatMap((table) => listOf(table, "virtual_hosts"));
    return [...hosts, ...this.entries].map((entry) => child(entry, "typed_per_filter_config")).filter((configs) => configs !== undefined);
  }

  /** Clusters of these backends of the document. */
  backends(wanted: (backend: GatewayModel["backends"][string]) => boolean): Tree[] {
    const names = new Set(
      Object.values(this.model.backends)
        .filter(wanted)
        .map(({ name }) => `backend-${name}`),
    );
    return listOf(this.clusters, "resources").filter(({ name }) => names.has(String(name)));
  }

  clustersNamed(start: string): Tree[] {
    return listOf(this.clusters, "resources").filter(({ name }) => String(name).startsWith(start));
  }

  #tree(path: string): Tree {
    const tree = this.#trees.get(path);
    if (tree === undefined) throw new Error(`the configuration has no file ${path}`);
    return tree;
  }
}

export type Mutation = (config: OpenConfig) => void;
