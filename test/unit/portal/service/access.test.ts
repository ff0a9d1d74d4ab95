import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demand, demandEverywhere, reaches } from "../../../../portal/service/access.ts";
import { demandText, readWithin } from "../../../../portal/service/documents.ts";
import { checkedOptions } from "../../../../portal/service/operation-options.ts";
import type { Actor, Role } from "../../../../portal/service.ts";

const actor = (roles: readonly Role[], ...stacks: string[]): Actor => ({ id: "x", name: "X", roles, stacks, from: "" });

describe("who may do what", () => {
  it("matches stacks by globs, whole and literally", () => {
    assert.equal(reaches(actor([], "team-a-*"), "team-a-prod"), true);
    assert.equal(reaches(actor([], "team-a-*"), "xteam-a-prod"), false);
    assert.equal(reaches(actor([], "a.c"), "abc"), false);
    assert.equal(reaches(actor([], "*"), "anything\nat all"), true);
    assert.equal(reaches(actor([]), "x"), false);
    assert.equal(reaches(actor([], ""), "x"), false);
    assert.equal(reaches(actor([], "(a|b)"), "a"), false);
  });

  it("denies what no role allows", () => {
    assert.doesNotThrow(() => demand(actor(["approver"], "*"), "one", "requester", "approver"));
    assert.throws(() => demand(actor(["viewer", "admin"], "*"), "one", "requester"), {
      code: "forbidden",
      message: "X may not do this with this stack",
      remedy: "ask an administrator for the role requester on it",
    });
    assert.throws(() => demand(actor(["requester"], "two"), "one", "requester"), { code: "forbidden" });
    assert.throws(() => demandEverywhere(actor(["admin"], "one"), "admin"), { code: "forbidden" });
    assert.throws(() => demandEverywhere(actor(["viewer"], "*"), "admin"), { code: "forbidden" });
  });
});

describe("what a document may read", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "gateway-read-"));
    mkdirSync(join(folder, "gateways", "keys"), { recursive: true });
    writeFileSync(join(folder, "outside.pem"), "outside");
    writeFileSync(join(folder, "gateways", "keys", "inside.pem"), "inside");
    symlinkSync(join(folder, "outside.pem"), join(folder, "gateways", "link.pem"));
    mkdirSync(join(folder, "gateways-of-others"));
    writeFileSync(join(folder, "gateways-of-others", "x"), "outside");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is its own folder and below, also through links", () => {
    const read = readWithin(join(folder, "gateways"));
    assert.equal(read("keys/inside.pem"), "inside");
    assert.equal(read("./keys/../keys/inside.pem"), "inside");
    for (const path of [
      "../outside.pem",
      "link.pem",
      "/etc/passwd",
      join(folder, "gateways", "keys", "inside.pem"),
      "../gateways-of-others/x",
      "nothing",
    ])
      assert.throws(() => read(path), Error, path);
  });
});

describe("what people hand in", () => {
  it("is bounded", () => {
    assert.throws(() => demandText("x".repeat(1024 * 1024 + 1)), { code: "too large", message: "The document is larger than 1 MiB" });
    assert.throws(() => demandText("name: a\0b"), { code: "invalid" });
    demandText("ä".repeat(512 * 1024));
  });

  it("has only options that there are, with values they can have", () => {
    assert.deepEqual(checkedOptions("verify", { only: ["jwt.*"], exact: true, patienceSeconds: 5 }), {
      only: ["jwt.*"],
      exact: true,
      patienceSeconds: 5,
    });
    assert.throws(() => checkedOptions("preview", { x: 1 }), { code: "invalid", remedy: "preview takes none" });
    for (const options of [
      { only: "jwt" },
      { only: ["a b"] },
      { exact: 1 },
      { patienceSeconds: 0 },
      { patienceSeconds: 601 },
      { accessLog: "/etc/passwd" },
    ])
      assert.throws(() => checkedOptions("verify", options), { code: "invalid" });
    assert.throws(() => checkedOptions("refresh", { forgetInterrupted: "yes" }), { code: "invalid" });
  });
});
