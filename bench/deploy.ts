import { SecureGateway } from "../components/secure-gateway.ts";
import { loadModel } from "../components/spec/load.ts";
import { counts, Lab } from "../test/support/engine.ts";
import { documentFor, LARGEST } from "./documents.ts";
import { rounded } from "./measure.ts";
import type { Extent } from "./results.ts";

interface Deployed {
  readonly resources: number;
  readonly firstUpSeconds: number;
  readonly noopUpSeconds: number;
  readonly oneRouteSeconds: number;
  /** Resources the change of one route touches. */
  readonly oneRouteChanges: number;
  /** Largest memory of the program so far, in MiB. */
  readonly memoryMib: number;
}

const CONFIG = {
  aws: { "aws:region": { value: "eu-central-1" } },
  azure: { "azure-native:location": { value: "westeurope" } },
  gcp: { "gcp:project": { value: "bench-123456" }, "gcp:region": { value: "europe-west3" } },
} as const;

/** `up`, `up` that changes nothing, and `up` after a change of one route, on the real engine with simulated clouds that answer at once. */
export async function benchDeploy(_root: string, extent: Extent) {
  const lab = await Lab.open({ latencyMs: 0 });
  try {
    // CloudFront's certificate is validated in a zone of the account.
    await lab.existing("aws:route53/zone:Zone", { name: "example.com" }, { region: "eu-central-1" });
    const clouds: Record<string, Record<number, Deployed>> = {};
    for (const cloud of ["aws", "azure", "gcp"] as const) {
      const sizes: Record<number, Deployed> = {};
      for (const routes of extent.sizes.filter((size) => size <= LARGEST)) {
        const stack = await lab.stack(`${cloud}-${routes}`, CONFIG[cloud]);
        const document = { ...documentFor(cloud, routes), ...(cloud === "aws" ? { dns: { zone: "example.com" } } : {}) } as unknown as {
          routes: Record<string, Record<string, unknown>>;
        };
        const changed = { ...document, routes: { ...document.routes, "route-0": { ...document.routes["route-0"], timeout: "7s" } } };
        const program = (shown: object) => async () => {
          const model = await loadModel({ file: "bench.json", text: JSON.stringify(shown) });
          return new SecureGateway(model.name, { cloud, model }).outputs();
        };
        const timed = async (shown: object) => {
          const began = performance.now();
          const run = await stack.up(program(shown));
          return { seconds: rounded((performance.now() - began) / 1000, 2), counts: counts(run) };
        };
        const first = await timed(document);
        const noop = await timed(document);
        const other = await timed(changed);
        // The next size has the same names.
        await stack.destroy();
        sizes[routes] = {
          resources: first.counts.create ?? 0,
          firstUpSeconds: first.seconds,
          noopUpSeconds: noop.seconds,
          oneRouteSeconds: other.seconds,
          oneRouteChanges: Object.entries(other.counts).reduce((sum, [what, count]) => sum + (what === "same" ? 0 : count), 0),
          memoryMib: rounded(process.resourceUsage().maxRSS / 1024, 0),
        };
      }
      clouds[cloud] = sizes;
    }
    return clouds;
  } finally {
    await lab.close();
  }
}
