// Runs the example program as Pulumi's Node host would, against an engine that only records. Copied next to the example by the test.
import * as pulumi from "@pulumi/pulumi";

/** @type {{ type: string; name: string }[]} */
const made = [];
/** What AWS computes and the program reads before it can go on. */
const computed = { arn: "arn:aws:x:eu-central-1::y", privateKeyPemPkcs8: "a key", domainValidationOptions: [{}] };
const answers = { accountId: "123456789012", arn: "arn:aws:sts::123456789012:user/a", region: "eu-central-1", json: "{}" };
await pulumi.runtime.setMocks(
  {
    newResource: ({ type, name, inputs }) => {
      made.push({ type, name });
      return { id: `${name}-id`, state: { ...computed, ...inputs } };
    },
    call: ({ inputs }) => ({ ...inputs, ...answers }),
  },
  "orders-gateway",
  "dev",
  false,
);
const program = await import(new URL("index.js", import.meta.url).href);
/** @type {(output: unknown) => Promise<unknown>} */
const value = (output) => new Promise((resolve) => pulumi.output(output).apply(resolve));
const [url, controls] = await Promise.all([value(program.url), value(program.controls)]);
const { loadModel, SecureGateway } = await import("secure-gateway");
const file = new URL("gateway.yaml", import.meta.url).pathname;
const others = {
  gcp: { edge: "none", gcp: { project: "shop-prod-123456", region: "europe-west3" } },
  local: { edge: "none", tls: { certificate: { source: "internal" } } },
};
const refused = [];
for (const [cloud, value] of Object.entries(others)) {
  const model = await loadModel({ file, overlays: [{ value, origin: "the test" }] });
  try {
    new SecureGateway(`orders-${cloud}`, { cloud, model });
  } catch (error) {
    refused.push(error instanceof pulumi.RunError ? error.message : String(error));
  }
}
process.stdout.write(JSON.stringify({ made, url, controls, refused }));
