import assert from "node:assert/strict";
import { writes } from "../simulator/core/journal.ts";
import type { Run } from "./engine.ts";

/** What the simulated ACME authority was asked in a run, as `acme:newOrder <name of the resource>`. */
export const acmeRequests = ({ journal }: Run): string[] =>
  journal.filter(({ operation, type }) => operation === "invoke" && type.startsWith("acme:")).map(({ type, name }) => `${type} ${name}`);

/** Asserts that writes began in this order. */
export function order(run: Run, ...wanted: readonly string[]): void {
  const done = writes(run.journal);
  const places = wanted.map((write) => done.indexOf(write));
  wanted.forEach((write, index) => {
    assert.notEqual(places[index], -1, `${write} was not written; written:\n${done.join("\n")}`);
    if (index > 0) assert.ok((places[index - 1] as number) < (places[index] as number), `${write} came before ${wanted[index - 1]}`);
  });
}
