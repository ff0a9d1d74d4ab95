import { setTimeout as sleep } from "node:timers/promises";
import { echo, type Handler } from "../../../support/live/backend.ts";

/** Answers after as many milliseconds as the header `x-wait` says. */
export const slow: Handler = async (request, response) => {
  await sleep(Number(request.headers["x-wait"] ?? 0));
  return echo(request, response);
};

/**
 * Answers with the status in the header `x-status`. With `x-failures: <id>:<count>` that is so for the first `count` requests of this id, and
 * 200 from then on.
 */
export function flaky(): Handler {
  const seen = new Map<string, number>();
  return async (request, response) => {
    const status = Number(request.headers["x-status"] ?? 200);
    const [id = "", count] = String(request.headers["x-failures"] ?? "").split(":");
    const before = seen.get(id) ?? 0;
    seen.set(id, before + 1);
    if (request.headers["x-wait"] !== undefined) await sleep(Number(request.headers["x-wait"]));
    if (count === undefined || before < Number(count)) response.statusCode = status;
    return echo(request, response);
  };
}

/** Says it is ill at `/health` after a request with `x-health: ill`; answers everything else. */
export function healthy(): Handler {
  let status = 200;
  return (request, response) => {
    if (request.headers["x-health"] !== undefined) status = request.headers["x-health"] === "ill" ? 500 : 200;
    if (request.path === "/health") response.statusCode = status;
    return echo(request, response);
  };
}
