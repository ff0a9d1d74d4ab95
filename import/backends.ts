import { type Draft, uniqueName } from "./draft.ts";
import { isRoutePath } from "./paths.ts";
import { backendUrl } from "./values.ts";

/** Backends by what tells them apart in the input, so that the same target is one backend. */
export class Backends {
  readonly #draft: Draft;
  readonly #names = new Map<string, string>();

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  /** The backend with this key, made on first sight. `url` is asked for when it is no https address. */
  of(key: string, offered: string, url: string | undefined, why?: string): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = uniqueName(offered, "backend", this.#draft.backends);
    this.#names.set(key, name);
    const fields: Record<string, unknown> = {};
    this.#draft.backends.set(name, fields);
    const address = backendUrl(this.#draft, name, url, why);
    if (address !== undefined) fields.url = address;
    return name;
  }

  fields(name: string): Record<string, unknown> {
    return this.#draft.backends.get(name) ?? {};
  }

  /**
   * Where requests of a route go when the input writes a whole target URL: one backend for all routes that only put something before their
   * path, a rewrite where the path is another one. Undefined when that path cannot be written.
   */
  target(url: string, routePath: string): { backend: string; rewrite?: { path: string } } | undefined {
    const parts = /^(https?:\/\/)([^/]+)(\/.*)?$/.exec(url);
    if (parts === null) return { backend: this.of(url, "backend", url) };
    const [, scheme = "", host = "", path = "/"] = parts;
    const asPrefix = path.replace(/\/\{proxy\+?\}$/, "/*");
    const offered = host.split(/[.:]/)[0] ?? "backend";
    const base = asPrefix.endsWith(routePath) ? asPrefix.slice(0, -routePath.length) : undefined;
    if (base !== undefined) return { backend: this.of(scheme + host + base, offered, scheme + host + base) };
    if (!isRoutePath(asPrefix)) return undefined;
    return { backend: this.of(scheme + host, offered, scheme + host), rewrite: { path: asPrefix } };
  }
}
