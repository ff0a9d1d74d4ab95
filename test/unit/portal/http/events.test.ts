import assert from "node:assert/strict";
import type { OperationSummary } from "../../../../portal/service.ts";
import { ALL, pause, startPortal, type TestPortal } from "./support.ts";

interface Seen {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly sequence: number; readonly event: Record<string, unknown> };
}

/** Reads events as a browser does, until the stream ends or `enough`. */
async function read(response: Response, enough: (seen: readonly Seen[]) => boolean = () => false): Promise<Seen[]> {
  const seen: Seen[] = [];
  let text = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    text += part.value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      text = text.slice(end + 2);
      if (fields.data !== undefined) seen.push({ id: fields.id ?? "", event: fields.event ?? "", data: JSON.parse(fields.data) });
    }
    if (enough(seen)) await reader?.cancel();
  }
  return seen;
}

describe("the portal's event streams", () => {
  let portal: TestPortal;
  let operation: OperationSummary;
  beforeEach(async () => {
    portal = await startPortal();
    operation = (await (
      await portal.fetch("/api/v1/stacks/shop-dev/operations", { ...ALL, method: "POST", json: { kind: "preview" } })
    ).json()) as OperationSummary;
  });
  afterEach(() => portal.close());

  const stream = (headers: Record<string, string> = {}, query = "") =>
    portal.fetch(`/api/v1/operations/${operation.id}/events${query}`, { ...ALL, headers });
  const note = (message: string) => portal.service.emit(operation.id, { kind: "note", message });

  it("give what was, then what happens, and close with the operation", async () => {
    note("one");
    const response = await stream();
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
    assert.equal(response.headers.get("x-accel-buffering"), "no");
    const reading = read(response);
    await pause(20);
    note("two\nwith a second line");
    await pause(20);
    portal.service.end(operation.id);
    const seen = await reading;
    assert.deepEqual(
      seen.map(({ id, event, data }) => [id, event, data.sequence]),
      [
        ["1", "note", 1],
        ["2", "note", 2],
        ["3", "state", 3],
      ],
    );
    assert.equal(seen[1]?.data.event.message, "two\nwith a second line");
  });

  it("resume exactly: wherever a reader is cut off, the sequence is the same", async () => {
    const all = 40;
    for (let count = 1; count < all; count += 1) note(`event ${count}`);
    portal.service.end(operation.id);
    const whole = await read(await stream());
    assert.equal(whole.length, all);
    for (const cut of [1, 2, 17, 39]) {
      const rest = await read(await stream({ "last-event-id": String(cut) }));
      assert.deepEqual([...whole.slice(0, cut), ...rest], whole);
    }
    // The header is what a browser adds when it reconnects; it counts more than the address it first asked for.
    const both = await read(await stream({ "last-event-id": "38" }, "?after=2"));
    assert.deepEqual(both, whole.slice(38));
    const byQuery = await read(await stream({}, "?after=38"));
    assert.deepEqual(byQuery, whole.slice(38));
  });

  it("tell a reader that has seen everything not to come again", async () => {
    note("only one");
    portal.service.end(operation.id);
    const response = await stream({ "last-event-id": "2" });
    assert.equal(response.status, 204);
  });

  it("let go when the reader leaves", async () => {
    note("one");
    const response = await stream();
    await read(response, (seen) => seen.length === 1);
    for (let tries = 0; portal.service.waiting > 0 && tries < 100; tries += 1) {
      await pause(20);
      note("wakes whoever still waits");
    }
    assert.equal(portal.service.waiting, 0);
  });

  it("refuse before they begin: unknown operation, no number, nobody signed in", async () => {
    assert.equal((await portal.fetch("/api/v1/operations/op-none/events", ALL)).status, 404);
    const broken = await stream({ "last-event-id": "1; DROP" });
    assert.equal(broken.status, 422);
    assert.match(((await broken.json()) as { detail: string }).detail, /^header\.last-event-id: /);
    assert.equal((await portal.fetch(`/api/v1/operations/${operation.id}/events`)).status, 401);
  });

  it("break off when the database goes away, without a word of it, so that the client comes again", async () => {
    note("one");
    const reading = read(await stream());
    await pause(20);
    portal.service.failure = Object.assign(new Error("connect ECONNREFUSED 10.1.2.3:5432"), { code: "ECONNREFUSED" });
    note("wakes the stream");
    const seen = await reading;
    assert.deepEqual(
      seen.map(({ id }) => id),
      ["1"],
    );
    assert.ok(!JSON.stringify(seen).includes("10.1.2.3"));
    assert.match(portal.log.join(), /ECONNREFUSED/);
    portal.service.failure = undefined;
  });

  it("end when the portal stops", async () => {
    note("one");
    const reading = read(await stream());
    await pause(20);
    const began = Date.now();
    await portal.close();
    assert.equal((await reading).length, 1);
    assert.ok(Date.now() - began < 3000);
  });
});
