import { parentPort, workerData } from "node:worker_threads";
import type { Cloud } from "../../components/backends/contract.ts";
import { mutateBackend, type Sample } from "./backends.ts";

/** What one thread does. */
export interface Work {
  readonly root: string;
  readonly cloud: Cloud;
  readonly sample: Sample;
}

const { root, cloud, sample } = workerData as Work;
parentPort?.postMessage(await mutateBackend(root, cloud, sample));
