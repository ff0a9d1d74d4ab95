import { Worker } from "node:worker_threads";

/**
 * Runs a module on a thread of its own, with `data` as its workerData.
 *
 * @param done told each time the module posts "done"
 * @returns what the module posts besides
 * @throws when the thread ends before that
 */
export function onThread<Result>(module: URL, data: unknown, done?: () => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(module, { workerData: data });
    worker.on("message", (message: "done" | Result) => {
      if (message === "done") done?.();
      else resolve(message as Result);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`a thread of the proof ended with ${code} before its work was done`)));
  });
}
