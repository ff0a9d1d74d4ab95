import { resourceName } from "../components/spec/schema/primitives.ts";

/** Something a person has to say, because the input does not or because it would be a guess. */
export interface Question {
  /** Field of the document that answers it, such as `hostname`; with several, any one of them. */
  readonly paths: readonly [string, ...string[]];
  /** What is asked, and why the import does not know. */
  readonly what: string;
}

export type Alternative = Readonly<Record<string, unknown>>;

/**
 * Who may call a route, as far as the input says: credentials, `public` where it says so, or `unsaid` where it merely asks for nothing.
 * What is unsaid becomes a question, never a public route.
 */
export type Callers = readonly Alternative[] | "public" | "unsaid";

type Fields = Record<string, unknown>;

/** The document being written. Every name is made valid and unique once, and stays the same for the same source. */
export class Draft {
  /** Top-level fields other than those below. */
  readonly fields: Fields = {};
  readonly providers = new Map<string, Fields>();
  readonly consumers = new Map<string, Fields>();
  readonly plans = new Map<string, Fields>();
  readonly backends = new Map<string, Fields>();
  readonly routes = new Map<string, Fields>();
  readonly questions: Question[] = [];
  readonly #cors = new Map<string, Fields>();
  readonly #hostnames = new Set<string>();
  readonly #acceptPublic: boolean;
  #name: string | undefined;

  /** @param acceptPublic a person has said that routes asking for nothing are meant for anyone. */
  constructor(acceptPublic: boolean) {
    this.#acceptPublic = acceptPublic;
  }

  /** The first name offered that can be made one. */
  name(offered: string | undefined): void {
    this.#name ??= slug(offered ?? "");
  }

  hostname(offered: string): void {
    this.#hostnames.add(offered.toLowerCase());
  }

  ask(path: string, what: string): void {
    if (!this.questions.some((question) => question.paths.includes(path))) this.questions.push({ paths: [path], what });
  }

  /** A section such as `tls` or `limits`, made when it is not there. */
  section(name: string): Fields {
    this.fields[name] ??= {};
    return this.fields[name] as Fields;
  }

  addRoute(offered: string, fields: Fields, callers: Callers): string {
    const name = uniqueName(offered, "route", this.routes);
    const route = { ...fields };
    this.routes.set(name, route);
    if (callers === "public" || (callers === "unsaid" && this.#acceptPublic)) route.public = true;
    else if (callers === "unsaid")
      this.questions.push({
        paths: [`routes.${name}.require`, `routes.${name}.public`],
        what: "who may call it: the input asks for no credential there; say what it takes, or that anyone may call it (--accept-public says so for all of them)",
      });
    else if (callers.length === 0)
      this.questions.push({
        paths: [`routes.${name}.require`, `routes.${name}.public`],
        what: "who may call it: what the input asks for there could not be carried over",
      });
    else route.require = callers;
    return name;
  }

  /** Every route asks for one of these besides what it asks for already. */
  demand(alternatives: readonly Alternative[]): void {
    for (const [name, route] of this.routes) {
      const own = (route.require as readonly Alternative[] | undefined) ?? [{}];
      delete route.public;
      route.require = own.flatMap((one) => alternatives.map((other) => ({ ...one, ...other })));
      const asked = this.questions.findIndex(({ paths }) => paths[0] === `routes.${name}.require`);
      if (asked >= 0) this.questions.splice(asked, 1);
    }
  }

  /** CORS of every route with this path; said once for the gateway when all routes have the same. */
  cors(path: string, cors: Fields): void {
    this.#cors.set(path, cors);
  }

  #placeCors(): void {
    const routes = [...this.routes.values()];
    const texts = new Set(routes.map((route) => JSON.stringify(this.#cors.get(String(route.path)) ?? null)));
    const [same] = texts;
    if (texts.size === 1 && same !== undefined && same !== "null") this.fields.cors ??= JSON.parse(same);
    else
      for (const route of routes) {
        const cors = this.#cors.get(String(route.path));
        if (cors !== undefined) route.cors ??= cors;
      }
  }

  /** The document in the order people read it; fields that stayed empty are left out. */
  document(): Fields {
    this.#placeCors();
    const [hostname, ...others] = [...this.#hostnames];
    if (this.#name === undefined) this.ask("name", "what the gateway is called; resources are named after it");
    if (hostname === undefined) this.ask("hostname", "the public host name; the input names none");
    else if (others.length > 0)
      this.ask("hostname", `the one public host name; the input has several: ${[hostname, ...others].slice(0, 10).join(", ")}`);
    const all: Fields = {
      name: this.#name,
      hostname: others.length > 0 ? undefined : hostname,
      ...this.fields,
      jwt: this.providers.size > 0 ? { providers: Object.fromEntries(this.providers) } : undefined,
      plans: Object.fromEntries(this.plans),
      consumers: Object.fromEntries(this.consumers),
      backends: Object.fromEntries(this.backends),
      routes: Object.fromEntries(this.routes),
    };
    const order = [...ORDER, ...Object.keys(all)];
    const filled = Object.entries(all).filter(([key, value]) => key === "backends" || key === "routes" || !isEmpty(value));
    return Object.fromEntries(filled.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
  }
}

const ORDER = [
  "name",
  "hostname",
  "tls",
  "http",
  "clientIp",
  "jwt",
  "apiKeys",
  "plans",
  "consumers",
  "access",
  "rateLimit",
  "cors",
  "limits",
  "headers",
  "backends",
  "routes",
];

const isEmpty = (value: unknown) => value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);

/** A name for a gateway made of a title; undefined when nothing is left of it. */
function slug(title: string): string | undefined {
  const name = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  return resourceName.safeParse(name).success ? name : undefined;
}

/** A name for an entry of a map in the letters such names have, which no other entry has. */
export function uniqueName(offered: string, otherwise: string, taken: { has(name: string): boolean }): string {
  const plain = offered
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[^A-Za-z]+/, "")
    .slice(0, 60)
    .replace(/[^A-Za-z0-9]+$/, "");
  const base = plain === "" ? otherwise : plain;
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}
