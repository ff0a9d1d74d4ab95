import assert from "node:assert/strict";
import type { SeenRequest } from "../../../support/live/backend.ts";
import type { Answer, CallOptions } from "../../../support/live/client.ts";
import { apiKeyOf } from "../../../support/live-gateway.ts";
import type { Place } from "./check.ts";

/** One request, and the status it must be answered. */
export async function ask({ gateway }: Place, path: string, status: number, options: CallOptions = {}): Promise<Answer> {
  const answer = await gateway.call(path, options);
  assert.equal(answer.status, status, `${options.method ?? "GET"} ${path} was answered ${answer.status}: ${answer.body.slice(0, 200)}`);
  return answer;
}

/** One request that is passed on, and what the backend saw of it. */
export async function passed(at: Place, path: string, options: CallOptions = {}): Promise<SeenRequest> {
  return (await ask(at, path, 200, options)).json<SeenRequest & Record<string, unknown>>();
}

export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
export const key = (consumer: string) => ({ headers: { "x-api-key": apiKeyOf(consumer) } });

/** No answer at all: the handshake or the connection fails. */
export async function noAnswer(answer: Promise<Answer>): Promise<void> {
  const status = await answer.then(
    (got) => `an answer with status ${got.status}`,
    () => "none",
  );
  assert.equal(status, "none");
}

/** Statuses of requests one after the other. */
export async function statuses({ gateway }: Place, count: number, path: string, options: CallOptions = {}): Promise<number[]> {
  const seen: number[] = [];
  for (let index = 0; index < count; index++) seen.push((await gateway.call(path, options)).status);
  return seen;
}
