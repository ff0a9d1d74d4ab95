import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Documents, inProcess } from "../cli/support.ts";
import { SAMPLES } from "./support.ts";

const ENDPOINTS = join(SAMPLES, "endpoints.yaml");

describe("gateway import", () => {
  const documents = new Documents();
  after(() => documents.close());

  it("writes a document that check takes once everything is said, and reports on standard output", async () => {
    const out = join(documents.folder, "weather.yaml");
    const first = await inProcess(["import", "-f", ENDPOINTS, "--out", out]);
    assert.equal(first.code, 1);
    assert.match(first.stdout, /To be said \(--set field=value, or in the document\): 2\n {2}consumers\n/);
    assert.match(
      readFileSync(out, "utf8"),
      /^# Made by gateway import from .*endpoints\.yaml \(gcp\)\.\n# To be said before it can be used:\n# - consumers: /,
    );
    const again = await inProcess(["import", "-f", ENDPOINTS, "--out", out]);
    assert.deepEqual(
      [again.code, again.stderr],
      [2, `error: --out: ${out} is there already\nWhat to do: choose another name, or say --force.\n`],
    );
    const done = await inProcess(["import", "-f", ENDPOINTS, "--out", out, "--force", "--set", "consumers={ app: {} }", "--accept-public"]);
    assert.equal(done.code, 0);
    assert.match(done.stdout, /^✓ .*weather\.yaml: 3 routes, 2 backends \(gcp\)\n/);
    assert.equal((await inProcess(["check", "-f", out])).code, 0);
  });

  it("without --out the document is the answer and the report goes to standard error", async () => {
    const { code, stdout, stderr } = await inProcess(["import", "-f", ENDPOINTS, "--accept-public", "--set", "consumers={ app: {} }"]);
    assert.equal(code, 0);
    assert.match(stdout, /^# Made by gateway import .*\nname: weather\nhostname: weather\./);
    assert.match(stderr, /^✓ imported 3 routes, 2 backends \(gcp\)\n/);
  });

  it("--json is one document with everything, lines included", async () => {
    const { code, stdout, stderr } = await inProcess(["import", "-f", ENDPOINTS, "--json"]);
    const answer = JSON.parse(stdout);
    assert.deepEqual([code, stderr, answer.ok, answer.format, answer.questions.length], [1, "", false, "gcp", 2]);
    const cors = answer.leftovers.find(({ what }: { what: string }) => what === "preflights were passed to the backend");
    assert.deepEqual(cors, {
      weight: "behaviour",
      file: cors.file,
      paths: ["x-google-endpoints[0].allowCors"],
      line: 11,
      what: "preflights were passed to the backend",
      remedy: "say in cors which origins may read answers",
    });
  });

  it("an answer that makes the document wrong is told with the field", async () => {
    const { code, stderr } = await inProcess([
      "import",
      "-f",
      ENDPOINTS,
      "--accept-public",
      "--set",
      "consumers={ app: {} }",
      "--set",
      "hostname=Nope",
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /To be corrected: 1\n {2}gateway\.yaml:\d+:\d+: hostname: /);
  });

  it("wrong usage names the option", async () => {
    const errorOf = async (...args: string[]) => (await inProcess(["import", ...args])).stderr;
    assert.equal(await errorOf(), "error: there is nothing to import\nWhat to do: give a file with -f.\n");
    assert.equal(
      await errorOf("-f", "no.yaml"),
      "error: -f: no.yaml cannot be read (ENOENT)\nWhat to do: give the path of a readable file.\n",
    );
    assert.equal(await errorOf("-f", SAMPLES), `error: -f: ${SAMPLES} is not an ordinary file\nWhat to do: give a file.\n`);
    assert.equal(
      await errorOf("-f", ENDPOINTS, "--from", "nginx"),
      'error: --from is "nginx"\nWhat to do: choose one of openapi, aws, azure, gcp, kong, gateway-api.\n',
    );
    assert.equal(
      await errorOf("-f", ENDPOINTS, "--set", "hostname"),
      'error: --set: "hostname" is not a field and its value\nWhat to do: write a field and its value, such as hostname=api.example.com.\n',
    );
    assert.match(
      await errorOf("-f", join(SAMPLES, "azure-policy.xml"), "--from", "kong"),
      /^error: the input cannot be read\n.*azure-policy\.xml: there is nothing of the format kong in it; leave --from out, or give another file\n/,
    );
  });
});
