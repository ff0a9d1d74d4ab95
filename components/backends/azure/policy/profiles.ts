import { digest } from "../../../digest.ts";
import type { GatewayModel, Route } from "../../../spec/model.ts";
import { type Arm, switchOn, variable } from "./csharp.ts";

/**
 * Routes that are handled alike share a profile: the document chooses a route by path and method, everything after that by profile,
 * so that it grows with what differs and not with the number of routes.
 */
export class Profiles {
  readonly model: GatewayModel;
  readonly #ids = new Map<string, string>();
  readonly #members = new Map<string, Route[]>();

  constructor(model: GatewayModel) {
    this.model = model;
    for (const route of model.routes) {
      const key = JSON.stringify(settings(route));
      const id = this.#ids.get(key) ?? `p${this.#ids.size + 1}`;
      this.#ids.set(key, id);
      const members = this.#members.get(id);
      if (members) members.push(route);
      else this.#members.set(id, [route]);
    }
  }

  get ids(): string[] {
    return [...this.#members.keys()];
  }

  of(route: Route): string {
    return this.#ids.get(JSON.stringify(settings(route))) as string;
  }

  /** One route of each profile, by profile. */
  representatives(): [string, Route][] {
    return [...this.#members].map(([id, members]) => [id, members[0] as Route]);
  }

  /** Profiles whose routes this is true of. */
  where(holds: (route: Route) => boolean): string[] {
    return this.representatives().flatMap(([id, route]) => (holds(route) ? [id] : []));
  }

  /** Arms of a switch over the profile: profiles with equal results share one. */
  arms(result: (route: Route) => string): Arm[] {
    const cases = new Map<string, string[]>();
    for (const [id, route] of this.representatives()) {
      const text = result(route);
      const known = cases.get(text);
      if (known) known.push(id);
      else cases.set(text, [id]);
    }
    return [...cases].map(([text, ids]) => ({ cases: ids, result: text }));
  }

  /** A switch over the profile of the request; `fallback` is also what a request without a profile gets. */
  select(result: (route: Route) => string, fallback: string, ...use: [((result: string) => string)?, string?]): string {
    return switchOn(variable("profile"), this.arms(result), fallback, ...use);
  }
}

/** Everything of a route that decides how its requests are handled, in a form that is equal for equal routes. */
function settings(route: Route) {
  const { access, cors, requirement, bodyBytes, headers, backends, timeoutMs, retries, rewrite, rateLimits } = route;
  const limits = rateLimits.map(({ path: _, ...limit }) => limit);
  const rewriting = rewrite && {
    from: route.path.segments,
    fromSlash: route.path.trailingSlash,
    to: rewrite.segments,
    ...shapeOf(rewrite),
  };
  return { access, cors, requirement, bodyBytes, headers, backends, timeoutMs, retries, rewriting, limits };
}

const shapeOf = ({ kind, trailingSlash }: Route["path"]) => ({ kind, trailingSlash });

/** A backend's id in the service, which may hold those of others. */
export const backendId = (gateway: string, backend: string): string => `${gateway}-${backend}`;

/** Where a route's requests go: one backend, or a pool of several by weight. The id follows from the content. */
export function targetId({ name: gateway }: Pick<GatewayModel, "name">, { backends }: Pick<Route, "backends">): string {
  const [only, ...more] = backends;
  if (only !== undefined && more.length === 0) return backendId(gateway, only.name);
  const content = backends
    .map(({ name, weight }) => `${name}=${weight}`)
    .sort()
    .join(",");
  return `${gateway}-pool-${digest(content).slice(0, 12)}`;
}

/** Pools of a model by id, each once. */
export function poolsOf(model: GatewayModel): Map<string, Route["backends"]> {
  return new Map(model.routes.filter(({ backends }) => backends.length > 1).map((route) => [targetId(model, route), route.backends]));
}
