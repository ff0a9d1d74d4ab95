import assert from "node:assert/strict";
import { OperationError } from "../../../automation/errors.ts";
import type { OperationEvent, ResourceAction } from "../../../automation/events.ts";
import { UsageError } from "../../../cli/command-line.ts";
import { describeError, errorDocument } from "../../../cli/text/errors.ts";
import { ProgressLines } from "../../../cli/text/progress.ts";
import { changesText, summaryText } from "../../../cli/text/summary.ts";

class Paper {
  text = "";
  write(text: string): void {
    this.text += text;
  }
}

const step = (phase: "begin" | "end" | "failed", action: ResourceAction, name = "api", changed: string[] = []): OperationEvent => ({
  kind: "resource",
  phase,
  action,
  type: "aws:apigateway/restApi:RestApi",
  name,
  changed,
});

describe("what an operation shows", () => {
  const shown = (preview: boolean, ...events: OperationEvent[]) => {
    const paper = new Paper();
    const progress = new ProgressLines(paper, preview);
    for (const event of events) progress.show(event);
    progress.close();
    return paper.text;
  };
  const TYPE = "aws:apigateway/restApi:RestApi";

  it("one line for each thing done, with the properties that differ", () => {
    assert.equal(
      shown(
        false,
        step("begin", "create"),
        step("end", "create"),
        step("begin", "update", "log", ["retention"]),
        step("end", "update", "log", ["retention"]),
      ),
      `  + created  api  ${TYPE}\n  ~ updated  log  ${TYPE}  retention\n`,
    );
  });

  it("nothing for what stays the same", () => assert.equal(shown(false, step("begin", "same"), step("end", "same")), ""));

  it("what failed", () =>
    assert.equal(shown(false, step("begin", "delete"), step("failed", "delete")), `  ✗ deleting failed  api  ${TYPE}\n`));

  it("a preview as what it is: plans, once each", () =>
    assert.equal(
      shown(true, step("begin", "create"), step("end", "create"), step("begin", "delete", "old")),
      `  + create  api  ${TYPE}\n  - delete  old  ${TYPE}\n`,
    ));

  it("notes, warnings and policies; errors only at the end", () => {
    const message = (severity: "warning" | "error" | "info" | "debug"): OperationEvent => ({
      kind: "message",
      severity,
      text: severity,
      resource: { type: "t", name: "n" },
    });
    assert.equal(
      shown(
        false,
        { kind: "note", message: "clearing the lock" },
        message("warning"),
        message("error"),
        message("info"),
        message("debug"),
        {
          kind: "policy",
          mandatory: true,
          policy: "pack/tls",
          text: "TLS 1.0 is on",
          resource: "api",
        },
      ),
      "  clearing the lock\n  warning  n: warning\n  n: info\n  policy  pack/tls: TLS 1.0 is on (api)\n",
    );
  });

  it("counts in words", () => {
    assert.equal(changesText({ create: 3, same: 12, update: 1 }, false), "3 created, 1 updated, 12 unchanged");
    assert.equal(changesText({ create: 3, delete: 1 }, true), "3 to create, 1 to delete");
    assert.equal(changesText({}, false), "nothing to do");
  });

  it("ends with where the gateway is and what to create in DNS", () => {
    const outputs = {
      url: "https://api.example.com",
      certificate: { source: "managed", issuer: "", notAfter: "" },
      dnsRecords: [{ name: "api.example.com", type: "CNAME", value: "d1.cloudfront.net", purpose: "address" }],
    };
    assert.equal(
      summaryText({ kind: "up", stack: "prod", changes: { create: 2 }, outputs, seconds: 12.34 }, new Paper()),
      [
        "✓ prod is up: 2 created in 12.3 s",
        "  url            https://api.example.com",
        "  certificate    managed",
        "  create in DNS  api.example.com CNAME d1.cloudfront.net  (address)",
      ].join("\n"),
    );
    assert.equal(
      summaryText({ kind: "destroy", stack: "prod", changes: { delete: 2 }, outputs: {}, seconds: 1 }, new Paper()),
      "✓ prod is gone: 2 deleted in 1.0 s",
    );
  });
});

describe("errors of the command", () => {
  const failure = new OperationError("provider", "a failed: no", "correct it", {
    failures: [
      { type: "t", name: "a", message: "no" },
      { type: "t", name: "b", message: "neither" },
    ],
  });

  it("for people: every failure once, and what to do", () => {
    assert.equal(describeError(failure, new Paper()), "error: a failed: no\n  b (t) failed: neither\nWhat to do: correct it.");
    assert.equal(describeError(new UsageError("no", "do"), new Paper()), "error: no\nWhat to do: do.");
  });

  it("for programs: a code of the closed set", () => {
    assert.deepEqual(errorDocument(failure), {
      ok: false,
      error: { code: "provider", message: "a failed: no", remedy: "correct it" },
      faults: [],
      failures: failure.failures,
    });
    assert.deepEqual(errorDocument(new UsageError("no", "do")), { ok: false, error: { code: "usage", message: "no", remedy: "do" } });
    assert.deepEqual(errorDocument(new TypeError("x is undefined")), {
      ok: false,
      error: { code: "internal", message: "x is undefined", remedy: "please report it" },
    });
  });

  it("a fault of ours says so and can be reported", () =>
    assert.match(
      describeError(new TypeError("x is undefined"), new Paper()),
      /^error: This is a fault of the gateway command itself; please report it with the following lines\.\nTypeError: x is undefined\n {4}at /,
    ));
});
