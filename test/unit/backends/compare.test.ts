import assert from "node:assert/strict";
import { compareClouds } from "../../../components/backends/compare.ts";
import { CLOUDS } from "../../../components/backends/contract.ts";
import { usedControls } from "../../../components/backends/controls.ts";
import { judge } from "../../../components/backends/judge.ts";
import { loadModel } from "../../../components/spec/load.ts";

describe("comparing clouds", () => {
  const shop = () => loadModel({ file: "gateways/shop.yaml" });

  it("lists every control the document asks for once, with every place", async () => {
    const model = await shop();
    const { controls } = compareClouds(model);
    const uses = usedControls(model);
    assert.deepEqual(
      controls.map(({ control }) => control),
      [...new Set(uses.map(({ control }) => control))],
    );
    assert.equal(
      controls.reduce((sum, { paths }) => sum + paths.length, 0),
      uses.length,
    );
  });

  it("says of each cloud what judging for that cloud alone says", async () => {
    const model = await shop();
    const { clouds, controls } = compareClouds(model);
    assert.deepEqual(
      clouds.map(({ cloud }) => cloud),
      CLOUDS,
    );
    for (const { cloud, variant, enforced, refusals, findings } of clouds) {
      const alone = judge(cloud, model);
      assert.deepEqual(
        { variant, enforced, refusals, findings },
        { variant: alone.variant, enforced: alone.faults.length === 0, refusals: alone.faults, findings: alone.findings },
      );
      for (const { control, by } of controls) {
        const refused = alone.refused.filter((refusal) => refusal.control === control).map(({ fault }) => fault);
        const kept = alone.decisions.find((decision) => decision.control === control);
        if (refused.length > 0) assert.deepEqual(by[cloud], { status: "refused", refusals: refused });
        else assert.deepEqual(by[cloud], { status: kept?.status, how: kept?.how, deviation: kept?.deviation });
      }
    }
  });

  it("finds a document that one cloud refuses and another enforces", async () => {
    const text = JSON.stringify({
      name: "stock",
      hostname: "stock.shop.example.com",
      tls: { certificate: { source: "internal" } },
      backends: { stock: { url: "https://stock.shop.example.org", protocol: "grpc" } },
      routes: { stock: { grpc: { service: "shop.v1.Stock" }, backend: "stock", public: true } },
    });
    const { clouds, controls } = compareClouds(await loadModel({ file: "gateway.yaml", text }));
    assert.equal(clouds.find(({ cloud }) => cloud === "local")?.enforced, true);
    assert.equal(clouds.find(({ cloud }) => cloud === "aws")?.enforced, false);
    const grpc = controls.find(({ control }) => control === "route.grpc");
    assert.equal(grpc?.by.local.status, "native");
    assert.equal(grpc?.by.aws.status, "refused");
    assert.ok(
      grpc?.by.aws.status === "refused" && grpc.by.aws.refusals.every(({ path, remedy }) => path === "routes.stock.grpc" && remedy !== ""),
    );
  });
});
