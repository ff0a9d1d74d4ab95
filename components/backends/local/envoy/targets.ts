import { isIP } from "node:net";
import type { Backend, GatewayModel, Route } from "../../../spec/model.ts";
import { pathRegex, substitution } from "./path-pattern.ts";
import { type JsonObject, present } from "./values.ts";

/** Name of a backend's cluster. */
export const clusterOf = (backend: string): string => `backend-${backend}`;

/** What `Host` says to a backend that is not sent the public name: the host of its URL, and the port where it is not 443. */
export function authorityOf(backend: Backend): string {
  const host = isIP(backend.host) === 6 ? `[${backend.host}]` : backend.host;
  return backend.port === 443 ? host : `${host}:${backend.port}`;
}

/** One way a request of a route can go: the share of requests it gets, and what the route action says about it. */
export interface Target {
  /** Of a million, counted from the first target on; undefined for the last, which gets the rest. */
  readonly upTo: number | undefined;
  readonly action: JsonObject;
}

/**
 * Where a route's requests go. Backends with different base paths need a route entry each, because Envoy rewrites paths per route; they share
 * the requests by the random value Envoy draws once per request, so the shares are those of the weights.
 */
export function targetsOf(route: Route, model: GatewayModel): Target[] {
  const backends = route.backends.map(({ name, weight }) => ({ backend: model.backends[name] as Backend, weight }));
  const [first] = backends;
  if (first && backends.every(({ backend }) => backend.basePath === first.backend.basePath)) {
    return [{ upTo: undefined, action: { ...pathChange(route, first.backend.basePath), ...clusters(backends) } }];
  }
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  return backends.map(({ backend, weight }, index) => {
    sum += weight;
    return {
      upTo: index === backends.length - 1 ? undefined : Math.round((sum / total) * 1_000_000),
      action: { ...pathChange(route, backend.basePath), ...clusters([{ backend, weight: 1 }]) },
    };
  });
}

function clusters(backends: readonly { backend: Backend; weight: number }[]): JsonObject {
  const [first] = backends;
  if (first && backends.length === 1) return { cluster: clusterOf(first.backend.name), ...hostRewrite(first.backend) };
  return {
    weighted_clusters: {
      clusters: backends.map(({ backend, weight }) => ({ name: clusterOf(backend.name), weight, ...hostRewrite(backend) })),
    },
  };
}

const hostRewrite = (backend: Backend): JsonObject =>
  present({ host_rewrite_literal: backend.preserveHost ? undefined : authorityOf(backend) });

function pathChange({ path, rewrite }: Route, basePath: string): JsonObject {
  if (rewrite === undefined && basePath === "") return {};
  if (rewrite === undefined) return { regex_rewrite: { pattern: { regex: "^/" }, substitution: `${basePath}/` } };
  return {
    regex_rewrite: { pattern: { regex: `^${pathRegex(path)}$` }, substitution: basePath + substitution(rewrite, path) },
  };
}
