import assert from "node:assert/strict";
import { decide, supportOf } from "../../../components/backends/capabilities.ts";
import { CONTROLS, type ControlId } from "../../../components/backends/controls.ts";
import { localDeclaration } from "../../../components/backends/local/declaration.ts";
import { selfSigned } from "../../support/live/certificates.ts";
import { localModel } from "./support.ts";

const { capabilities } = localDeclaration;
const faultsOf = async (changes: Record<string, unknown>) => decide("local", "envoy", capabilities, await localModel(changes)).faults;

describe("what the local backend declares", () => {
  it("says for every control how it is kept, or why not and what to do instead", () => {
    assert.deepEqual(Object.keys(capabilities).sort(), Object.keys(CONTROLS).sort());
    for (const control of Object.keys(capabilities) as ControlId[]) {
      const support = supportOf(capabilities[control], "envoy");
      const texts = support.status === "refused" ? [support.reason, support.remedy] : [support.how];
      for (const text of texts) assert.ok(text.length > 5, `${control}: "${text}"`);
    }
  });

  it("refuses what only a cloud has", async () => {
    assert.deepEqual(
      (
        await faultsOf({
          waf: "managed",
          ddos: "advanced",
          edge: "cdn",
          dns: { zone: "test" },
          tls: { certificate: { source: "managed" } },
        })
      ).map(({ path }) => path),
      ["tls.certificate.source", "waf", "ddos", "edge", "dns.zone"],
    );
    const [alarms] = await faultsOf({ observability: { alarms: { notify: ["mailto:a@b.test"] } } });
    assert.deepEqual(alarms, {
      path: "observability.alarms",
      message:
        "local (envoy) cannot do this: raise alarms on errors, latency, refusals, backends and certificates; nobody is here to raise an alarm",
      remedy: "leave observability.alarms out and let your monitoring watch /metrics, or choose a cloud",
    });
  });

  it("refuses a rewrite with more parameters than Envoy can refer to", async () => {
    const path = (count: number) => Array.from({ length: count }, (_, index) => `/{p${index}}`).join("");
    const rewriting = (count: number) => ({
      routes: {
        hello: { path: path(count), methods: ["GET"], backend: "one", public: true, rewrite: { path: path(count) } },
      },
    });
    assert.deepEqual(await faultsOf(rewriting(9)), []);
    assert.deepEqual(
      (await faultsOf(rewriting(10))).map(({ path: at, remedy }) => [at, remedy]),
      [["routes.hello.rewrite", "use at most 9 parameters in the path of a route with rewrite"]],
    );
  });

  it("refuses tracing without a collector", async () => {
    const [fault] = await faultsOf({ observability: { tracing: true } });
    assert.equal(fault?.remedy, "give observability.tracing.endpoint, the OTLP/HTTP URL of a collector");
    assert.deepEqual(await faultsOf({ observability: { tracing: { endpoint: "http://127.0.0.1:4318" } } }), []);
  });

  it("refuses optional client certificates with lists for all clients", async () => {
    const { certificate } = await selfSigned({ dnsNames: ["ca.test"] });
    const validating = (more: object) => ({
      tls: { certificate: { source: "internal" }, clientValidation: { caCertificates: [certificate], mode: "Optional", ...more } },
      routes: { hello: { path: "/hello", methods: ["GET"], backend: "one", require: [{ clientCertificate: true }] } },
    });
    assert.deepEqual(await faultsOf(validating({})), []);
    for (const list of [{ subjectAltNames: ["a.test"] }, { certificateHashes: ["0".repeat(64)] }])
      assert.deepEqual(
        (await faultsOf(validating(list))).map(({ path }) => path),
        ["tls.clientValidation.mode"],
      );
  });
});
