import { parentPort, workerData } from "node:worker_threads";
import { type ParityOptions, type ParityResult, runParity } from "./run.ts";

/** Tells that one more plan was read, and at the end what was found. */
const say = (message: "done" | ParityResult) => parentPort?.postMessage(message);
say(await runParity({ ...(workerData as ParityOptions), done: () => say("done") }));
