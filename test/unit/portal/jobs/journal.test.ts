import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JournalWriter, readJournal } from "../../../../portal/jobs/journal.ts";
import { Runner } from "../../../../portal/jobs/runner-process.ts";

describe("the journal of an attempt", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "gateway-journal-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const line = (message: string) => ({ at: "2026-01-01T00:00:00.000Z", event: { kind: "note" as const, message } });

  it("is read from any line's end on, and a line being written is left for later", () => {
    const path = join(folder, "journal");
    assert.deepEqual(readJournal(path, 0), { lines: [], next: 0 });
    const writer = new JournalWriter(path, (value) => value);
    writer.write(line("one"));
    writer.write(line("zwei ä"));
    const first = readJournal(path, 0);
    assert.deepEqual(first.lines, [line("one"), line("zwei ä")]);
    appendFileSync(path, '{"at":"2026');
    assert.deepEqual(readJournal(path, first.next), { lines: [], next: first.next });
    appendFileSync(path, '-01-01T00:00:00.000Z","engine":5}\n');
    const second = readJournal(path, first.next);
    assert.deepEqual(second.lines, [{ at: "2026-01-01T00:00:00.000Z", engine: 5 }]);
    assert.deepEqual(readJournal(path, second.next), { lines: [], next: second.next });
  });

  it("masks what is told, and keeps a stack file as it is", () => {
    const path = join(folder, "masked");
    const writer = new JournalWriter(path, () => ({ masked: true }));
    const settings = {
      at: "2026-01-01T00:00:00.000Z",
      stackFile: "config:\n  secure-gateway:document: gateways/lab.yaml\n",
      rotation: null,
    };
    writer.write(line("a secret"));
    writer.write(settings);
    assert.deepEqual(readJournal(path, 0).lines, [{ masked: true }, settings]);
  });

  it("has lines of any length", () => {
    const path = join(folder, "long");
    const writer = new JournalWriter(path, (value) => value);
    const long = line("x".repeat(1_500_000));
    writer.write(line("short"));
    writer.write(long);
    writer.write(line("last"));
    const lines = [];
    for (let offset = 0; ; ) {
      const part = readJournal(path, offset);
      if (part.lines.length === 0) break;
      lines.push(...part.lines);
      offset = part.next;
    }
    assert.deepEqual(lines, [line("short"), long, line("last")]);
  });

  it("belongs to a runner that either begins or never will", () => {
    const runner = new Runner(join(folder, "attempt"));
    assert.equal(runner.state(), "booting");
    assert.equal(runner.age, Number.POSITIVE_INFINITY);
    assert.equal(runner.void(), true);
    assert.equal(runner.state(), "ended");
    assert.equal(runner.void(), false);
  });
});
