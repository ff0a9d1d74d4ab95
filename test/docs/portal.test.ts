import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { portal } from "../../cli/verbs/portal.ts";
import { createApi } from "../../portal/http/api.ts";
import { onPath } from "../../tools/setup/find.ts";
import { PULUMI_VERSION } from "../../tools/setup/pulumi.ts";
import { quoted, ROOT, rowsOf, textOf } from "./support.ts";

const PAGE = "docs/portal.md";
const UNIT = "docs/operations/gateway-portal.service";
const CONTAINER = "docs/operations/Containerfile";

/** Variables the code reads, found by their names in it. */
const known = () => {
  const code = readFileSync(join(ROOT, "portal", "settings.ts"), "utf8");
  return new Set([...code.matchAll(/\b(GATEWAY_PORTAL_[A-Z_]+|DATABASE_URL)\b/g)].map(([name]) => name));
};
const named = (text: string) => new Set([...text.matchAll(/\b(GATEWAY_PORTAL_[A-Z_]+|DATABASE_URL)\b/g)].map(([name]) => name));

describe("what the documentation says of the portal", () => {
  it("lists every option and every variable, and no other", () => {
    const rows = rowsOf(PAGE, ["Option", "Variable", "Meaning", "Default"]);
    const options = portal.declare(new Command("portal")).options.map(({ long }) => long);
    assert.deepEqual(rows.flatMap(({ Option = "" }) => quoted(Option)).sort(), [...options].sort());
    assert.deepEqual(new Set(rows.flatMap(({ Variable = "" }) => quoted(Variable))), known());
    for (const { Option = "", Variable = "" } of rows.filter((row) => row.Option !== ""))
      assert.equal(quoted(Variable)[0], `GATEWAY_PORTAL_${(quoted(Option)[0] ?? "").slice(2).replaceAll("-", "_").toUpperCase()}`);
  });

  it("says of every route who may call it", () => {
    const { routes } = createApi({} as never);
    const declared = routes.map(({ method, path, access }) => ({
      Call: `\`${method} ${path}\``,
      Roles: access === "signed in" ? "everybody who is signed in" : [access].flat().join(", "),
    }));
    assert.deepEqual(rowsOf(PAGE, ["Call", "Roles"]), declared);
  });

  it("names only variables there are, in the unit and in the container file", () => {
    for (const file of [UNIT, CONTAINER])
      assert.deepEqual(
        [...named(textOf(file))].filter((name) => !known().has(name)),
        [],
        file,
      );
  });

  it("builds the container with the pinned Pulumi CLI, and a Node that can start the rest", () => {
    assert.match(textOf(CONTAINER), new RegExp(`^FROM pulumi/pulumi-base:${PULUMI_VERSION.replaceAll(".", "\\.")} `, "m"));
    assert.match(textOf(CONTAINER), /^FROM node:2[0-9]-/m);
  });

  it("has a unit that systemd accepts", function () {
    const analyze = onPath("systemd-analyze")[0];
    if (analyze === undefined) return this.skip();
    const folder = mkdtempSync(join(tmpdir(), "gateway-unit-"));
    try {
      const file = join(folder, "gateway-portal.service");
      // The checkout is somewhere else here, and the service's user is not there.
      writeFileSync(
        file,
        textOf(UNIT)
          .replaceAll("/opt/secure-gateway", ROOT)
          .replace(/^User=.*$/m, "User=root"),
      );
      const { status, stderr } = spawnSync(analyze, ["verify", "--man=no", file], { encoding: "utf8" });
      assert.equal(stderr, "");
      assert.equal(status, 0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return undefined;
  });
});
