import assert from "node:assert/strict";
import { pkcs12 } from "../../../../components/pki/pkcs12.ts";
import { madeUpPem } from "../../../../proof/open-plan.ts";
import { withFile } from "../../../../proof/readers/internal/pkcs12.ts";
import { faultsOf } from "../../../../proof/readers/shape.ts";

const pem = (suffix: string, output: string): string => madeUpPem(suffix, output) ?? assert.fail(`${suffix} has no ${output}`);

describe("The reader of a service's PKCS #12 file", () => {
  const leaf = pem("service-stock", "certPem");
  const chain = `${leaf}${pem("intermediate", "certPem")}`;
  const key = pem("service-stock-key", "privateKeyPemPkcs8");
  const password = "p".repeat(43);
  const found = (file: string, word = password) =>
    faultsOf(withFile({ "tls.crt": chain }, chain, key), { "tls.crt": chain, "tls.p12": file, "tls.p12.password": word }, "files");
  const whole = pkcs12(chain, key, password);
  const OTHER = ["files.tls.p12 is not a file of the certificates and the key"];

  it("takes the chain and the key, opened by the password beside it", () => assert.deepEqual(found(whole), []));
  it("finds another key, such as that of the generation before", () =>
    assert.deepEqual(found(pkcs12(chain, pem("service-stock-key-g2", "privateKeyPemPkcs8"), password)), OTHER));
  it("finds a chain that is not whole", () => assert.deepEqual(found(pkcs12(leaf, key, password)), OTHER));
  it("finds another password", () => assert.deepEqual(found(whole, "q".repeat(43)), OTHER));
  it("finds a file that is none", () => {
    assert.deepEqual(found(`${whole}x`), OTHER);
    assert.deepEqual(found("(PKCS #12)"), OTHER);
  });
  it("takes a word for it where a plan has no certificates", () => {
    const shape = withFile({}, "(certificate)", "(key)");
    assert.deepEqual(faultsOf(shape, { "tls.p12": "(PKCS #12)", "tls.p12.password": password }), []);
    assert.deepEqual(faultsOf(shape, { "tls.p12.password": password }), ['tls.p12 is missing, not "(PKCS #12)"']);
  });
});
