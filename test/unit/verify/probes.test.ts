import assert from "node:assert/strict";
import { join } from "node:path";
import { loadModel } from "../../../components/spec/load.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { judgePath } from "../../../verify/oracle/paths.ts";
import { allProbes } from "../../../verify/probes/index.ts";
import { junitReport } from "../../../verify/report/junit.ts";
import { textReport } from "../../../verify/report/text.ts";
import { selectProbes } from "../../../verify/select.ts";
import { resolveSettings } from "../../../verify/settings.ts";
import { VerifyOptionsError, type VerifyReport } from "../../../verify/types.ts";

const SHOP = join(import.meta.dirname, "../../../gateways/shop.yaml");

describe("verify's probes of the shop", () => {
  let model: GatewayModel;
  before(async () => {
    model = await loadModel({ file: SHOP });
  });

  it("try more than 300 attacks, each under an id of its own", () => {
    const probes = allProbes(model);
    assert.ok(probes.filter(({ attack }) => attack).length > 300);
    assert.equal(new Set(probes.map(({ id }) => id)).size, probes.length);
  });

  it("are selected by control, family, id and pattern", () => {
    const probes = allProbes(model);
    const ids = (only?: string[], skip?: string[]) => selectProbes(probes, only, skip).map(({ id }) => id);
    assert.ok(ids(["cors"]).every((id) => id.startsWith("cors.")));
    assert.deepEqual(ids(["route.reached@list-orders"]), ["route.reached@list-orders"]);
    assert.deepEqual(ids(["route.reached*"], ["*@list-orders"]).includes("route.reached@list-orders"), false);
    assert.throws(() => ids(["cross"]), {
      name: "VerifyOptionsError",
      message:
        '"only" has "cross", which matches no probe of this gateway; give a control (cors), a family (jwt), a probe (jwt.alg-none@…), or a pattern with *',
    });
  });

  it("know from the document alone where a path leads", () => {
    const kind = (method: string, path: string) => {
      const verdict = judgePath(model, method, path);
      return verdict.kind === "route" ? verdict.route.name : verdict.kind;
    };
    assert.equal(kind("GET", "//orders/./x/../y"), "show-order");
    assert.equal(kind("GET", "/orders%2fx"), "ambiguous");
    assert.equal(kind("DELETE", "/orders"), "method");
    assert.equal(kind("GET", "/Orders"), "unknown");
  });

  it("are refused a URL of another host", () => {
    assert.throws(
      () => resolveSettings({ model, url: "https://elsewhere.example.com" }),
      (error) => error instanceof VerifyOptionsError && error.message.startsWith('"url" names the host "elsewhere.example.com"'),
    );
  });
});

describe("verify's reports", () => {
  const report: VerifyReport = {
    url: "https://api.example.com",
    startedAt: "2026-01-01T00:00:00.000Z",
    durationMs: 1500,
    passed: 0,
    failed: 1,
    skipped: 1,
    probes: [
      { id: "cors.null@a", control: "cors", title: "T", attack: true, result: "failed", detail: 'got <"\u001b[31m">', durationMs: 5 },
      { id: "cors.off@a", control: "cors", title: "U", attack: true, result: "skipped", detail: "no key", durationMs: 0 },
    ],
  };

  it("are JUnit XML with failures and reasons, whatever a gateway answers", () => {
    const xml = junitReport(report);
    assert.match(xml, /<testsuite name="cors" tests="2" failures="1" errors="0" skipped="1"/);
    assert.match(xml, /<failure message="got &lt;&quot;\ufffd\[31m&quot;&gt;">T<\/failure>/);
    assert.match(xml, /<skipped message="no key"\/>/);
  });

  it("are text without escape sequences of others", () => {
    const text = textReport(report);
    assert.ok(text.includes('got <"\\x1b[31m">'));
    assert.ok(text.endsWith("https://api.example.com: 0 passed, 1 failed, 1 skipped in 1.5 s\n"));
    assert.equal(text.includes("\u001b"), false);
  });
});
