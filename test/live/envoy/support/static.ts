import { FILES } from "../../../../components/backends/local/envoy/layout.ts";
import { eachTree, isTree, listOf, type Tree } from "../../../support/live/mutations/tree.ts";
import type { RenderedConfig } from "../../../support/live/mutations.ts";

/**
 * The whole configuration in one bootstrap. `envoy --mode validate` reads no watched files, so what they hold is put where Envoy looks:
 * listeners, clusters and secrets among the static resources, the route table into the connection manager.
 */
export function staticBootstrap({ bootstrap, files }: RenderedConfig): string {
  const resources = (path: string): Tree[] =>
    listOf(JSON.parse(files[path] ?? "{}"), "resources").map(({ "@type": _, ...resource }) => resource);
  const whole = JSON.parse(bootstrap) as Tree;
  const fixed = whole.static_resources as Tree;
  const listeners = resources(FILES.listeners);
  const clusters = resources(FILES.clusters);
  delete whole.dynamic_resources;
  whole.static_resources = {
    clusters: [...listOf(fixed, "clusters"), ...clusters],
    listeners,
    secrets: Object.keys(files)
      .filter((path) => path.startsWith("config/secrets/"))
      .flatMap(resources),
  };
  eachTree([listeners, clusters], (tree) => {
    delete tree.sds_config;
    if (!isTree(tree.rds)) return;
    delete tree.rds;
    [tree.route_config] = resources(FILES.routes);
  });
  return JSON.stringify(whole);
}
