import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { writeServiceFiles } from "../../../components/pki/distribution/files.ts";
import { pkcs12 } from "../../../components/pki/pkcs12.ts";
import { newKey } from "../../simulator/core/pki.ts";
import { cloudAuthority } from "../../support/real-certificates.ts";

describe("identities in files", function () {
  this.timeout(20_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "gateway-files-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("change together, keep the ones before for readers that have them open, and clear away what a crash left", async () => {
    const service = join(folder, "orders");
    const read = (name: string) => readFileSync(join(service, "current", name), "utf8");
    await writeServiceFiles(service, { "tls.crt": "one", "tls.key": "one" });
    const first = readlinkSync(join(service, "current"));
    mkdirSync(join(service, "version-0123456789abcdef"));
    writeFileSync(join(service, "keep.txt"), "somebody else's");
    await writeServiceFiles(service, { "tls.crt": "two", "tls.key": "two" });
    const second = readlinkSync(join(service, "current"));
    assert.deepEqual([read("tls.crt"), read("tls.key")], ["two", "two"]);
    assert.deepEqual(readdirSync(service).sort(), ["current", "keep.txt", first, second].sort());
    await writeServiceFiles(service, { "tls.crt": "three", "tls.key": "three" });
    assert.ok(!readdirSync(service).includes(first));
    assert.equal(statSync(join(service, "current", "tls.key")).mode & 0o777, 0o600);
    assert.equal(statSync(service).mode & 0o777, 0o700);
  });

  it("have names of files in one folder", async () => {
    for (const name of ["../tls.key", "a/b", ".hidden", ""])
      await assert.rejects(
        writeServiceFiles(join(folder, "bad"), { [name]: "" }),
        new RegExp(`^Error: "${name}" is no name of a file in one folder$`),
      );
    assert.ok(!readdirSync(folder).includes("bad"), "nothing is made");
  });

  it("as PKCS #12: read by openssl with its chain, for every kind of key, the same for the same content", async () => {
    const { root, intermediate, key } = await cloudAuthority("Shop");
    const ec = key.export({ format: "pem", type: "pkcs8" }).toString();
    const file = pkcs12(`${intermediate}${root}`, ec, "open sesame");
    assert.equal(pkcs12(`${intermediate}${root}`, ec, "open sesame"), file);
    const rsa = newKey({ algorithm: "RSA", bits: 2048 }).export({ format: "pem", type: "pkcs8" }).toString();
    for (const [content, private_] of [
      [file, ec],
      [pkcs12(root, rsa, "open sesame"), rsa],
    ] as const) {
      writeFileSync(join(folder, "tls.p12"), Buffer.from(content, "base64"));
      const openssl = (password: string) =>
        execFileSync("openssl", ["pkcs12", "-in", join(folder, "tls.p12"), "-passin", `pass:${password}`, "-nodes"], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "pipe"],
        });
      const text = openssl("open sesame");
      assert.ok(text.includes(private_.trim()), "the key comes out as it went in");
      assert.equal(text.match(/BEGIN CERTIFICATE/g)?.length, private_ === ec ? 2 : 1);
      assert.throws(() => openssl("wrong"), /invalid password|Mac verify error/);
    }
  });
});
