import { parentPort, workerData } from "node:worker_threads";
import { type ParityOptions, type ParityResult, runParity } from "./run.ts";

/** What a thread tells: that one more plan was read, and at the end what it found. */
export type FromWorker = "done" | ParityResult;

const say = (message: FromWorker) => parentPort?.postMessage(message);
say(await runParity({ ...(workerData as ParityOptions), done: () => say("done") }));
