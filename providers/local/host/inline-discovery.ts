import { isRecord } from "../rpc/values.ts";
import type { RenderedFile, Resource } from "./render.ts";

type Json = Record<string, unknown>;

/**
 * One bootstrap that says everything the bootstrap and its discovery files say together, for `envoy --mode validate`, which does not read
 * discovery files. References to files become what the files hold; what cannot be put in place stays a reference.
 *
 * @param directory absolute paths that start there mean the same as relative ones
 */
export function inlineDiscovery(bootstrap: string, files: ReadonlyMap<string, RenderedFile>, directory: string): Json {
  const resourcesOf = (config: unknown): readonly Resource[] | undefined => {
    const path = pathOf(config);
    return path === undefined ? undefined : files.get(path.replace(`${directory}/`, ""))?.discovery?.resources;
  };
  const inline = new Inliner(resourcesOf);
  const whole = inline.visit(JSON.parse(bootstrap)) as Json;
  const dynamic = isRecord(whole.dynamic_resources) ? whole.dynamic_resources : {};
  const taken = { listeners: resourcesOf(dynamic.lds_config), clusters: resourcesOf(dynamic.cds_config) };
  const fixed = isRecord(whole.static_resources) ? whole.static_resources : {};
  const { lds_config, cds_config, ...others } = dynamic;
  return {
    ...whole,
    dynamic_resources: { ...others, ...(taken.listeners ? {} : { lds_config }), ...(taken.clusters ? {} : { cds_config }) },
    static_resources: {
      ...fixed,
      listeners: [...list(fixed.listeners), ...inline.all(taken.listeners)],
      clusters: [...list(fixed.clusters), ...inline.all(taken.clusters)],
      secrets: [...list(fixed.secrets), ...inline.secrets.values()],
    },
  };
}

/** Replaces references to routes, secrets and endpoints by what they refer to. */
class Inliner {
  readonly secrets = new Map<string, Json>();
  readonly #resourcesOf: (config: unknown) => readonly Resource[] | undefined;

  constructor(resourcesOf: (config: unknown) => readonly Resource[] | undefined) {
    this.#resourcesOf = resourcesOf;
  }

  all = (resources: readonly Resource[] = []): Json[] => resources.map((resource) => this.visit(withoutType(resource)) as Json);

  visit(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.visit(item));
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => this.#entry(key, item)));
  }

  #entry(key: string, item: unknown): [string, unknown][] {
    if (isRecord(item)) {
      if (key === "rds") return [this.#route(item) ?? [key, item]];
      // With a source the name is looked up there; without one, among the static secrets.
      if ("sds_config" in item && this.#secret(item)) return [[key, { name: item.name }]];
    }
    if (key.endsWith("_sds_secret_configs") && Array.isArray(item))
      return [[key, item.map((one) => (isRecord(one) && this.#secret(one) ? { name: one.name } : one))]];
    return [[key, this.visit(item)]];
  }

  #route(reference: Json): [string, unknown] | undefined {
    const found = this.#resourcesOf(reference.config_source)?.find(({ name }) => name === reference.route_config_name);
    return found && ["route_config", this.visit(withoutType(found))];
  }

  #secret(reference: Json): boolean {
    const found = this.#resourcesOf(reference.sds_config)?.find(({ name }) => name === reference.name);
    if (found === undefined) return false;
    this.secrets.set(found.name, withoutType(found));
    return true;
  }
}

function pathOf(config: unknown): string | undefined {
  if (!isRecord(config)) return undefined;
  const source = config.path_config_source;
  const path = isRecord(source) ? source.path : config.path;
  return typeof path === "string" ? path : undefined;
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function withoutType({ "@type": _, ...rest }: Resource): Json {
  return rest as unknown as Json;
}
