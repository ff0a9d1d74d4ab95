import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder } from "../../../providers/local/host/folder.ts";
import { inTemporaryFolder } from "./support/openssl.ts";
import { operation } from "./support/provider.ts";

const call = operation("Host");
const work = async () => "done";
const refusal = (directory: string, cause: string) => ({
  name: "ResourceError",
  message: `directory: ${directory} cannot be used: ${cause}: give a folder that you can write to or make (local.stateDirectory in the gateway document)`,
});

describe("provider: folder of a Host", () => {
  it("makes it and those above it, for its owner alone, and gives the lock back", () =>
    inTemporaryFolder(async (folder) => {
      const directory = join(folder, "a", "b", "gateway");
      assert.equal(await inFolder(directory, call, work), "done");
      assert.deepEqual(
        [join(folder, "a"), directory, join(directory, "run")].map((path) => statSync(path).mode & 0o777),
        [0o700, 0o700, 0o700],
      );
      assert.deepEqual(readdirSync(join(directory, "run")), []);
      assert.equal(await inFolder(directory, call, work), "done");
    }));

  it("says which file is in the way", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      const below = join(file, "gateway");
      await assert.rejects(inFolder(below, call, work), refusal(below, `a file is in the way (ENOTDIR, ${below})`));
      await assert.rejects(inFolder(file, call, work), {
        message: `directory: ${file} is not a folder: give the path of a folder, which may be missing`,
      });
      const directory = join(folder, "gateway");
      mkdirSync(directory);
      writeFileSync(join(directory, "run"), "");
      await assert.rejects(inFolder(directory, call, work), refusal(directory, `a file is in the way (EEXIST, ${join(directory, "run")})`));
      symlinkSync("round", join(folder, "round"));
      const round = join(folder, "round", "gateway");
      await assert.rejects(inFolder(round, call, work), refusal(round, `its links lead round in a circle (ELOOP, ${round})`));
    }));

  it("says where no folder can be made, and ends", async function () {
    if (process.platform !== "linux") this.skip();
    const directory = "/proc/gateway-test/one";
    await assert.rejects(
      inFolder(directory, call, work),
      refusal(directory, "the system keeps no folders there (ENOENT, /proc/gateway-test)"),
    );
  });

  it("says that it may not write", () =>
    inTemporaryFolder(async (folder) => {
      const closed = join(folder, "closed");
      mkdirSync(closed, { mode: 0o500 });
      const directory = join(closed, "gateway");
      await asNobody(folder, () =>
        assert.rejects(inFolder(directory, call, work), refusal(directory, `this user may not write there (EACCES, ${directory})`)),
      );
      assert.equal(existsSync(directory), false);
    }));
});

/** Runs something without the rights of root, which may write everywhere. */
async function asNobody(folder: string, run: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return run();
  const { chmodSync } = await import("node:fs");
  chmodSync(folder, 0o755);
  process.seteuid?.(65_534);
  try {
    await run();
  } finally {
    process.seteuid?.(0);
  }
}
