import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority } from "../../../components/backends/local/resources.ts";
import type { KeyPair } from "../../../verify/wire/connect.ts";
import { Lab, type LabGateway } from "./support/lab.ts";

const DAY_MS = 86_400_000;

describe("certificates made elsewhere are imported into a stack", function () {
  this.timeout(120_000);
  let lab: Lab;
  let stack: LabGateway;
  let authority: KeyPair;
  let leaf: KeyPair;
  let files: { authority: string; leaf: string };
  before(async () => {
    lab = await Lab.open();
    stack = await lab.gateway("one");
    stack.write();
    ({ authority, leaf } = madeWithOpenssl(lab.folder));
    files = { authority: join(lab.folder, "authority.pem"), leaf: join(lab.folder, "leaf.pem") };
    writeFileSync(files.authority, authority.certificate + authority.privateKey);
    writeFileSync(files.leaf, leaf.certificate + leaf.privateKey + authority.certificate + authority.privateKey);
  });
  after(() => lab.close());

  const validityOf = (pem: string) => {
    const { validFromDate, validToDate } = new X509Certificate(pem);
    return validToDate.getTime() - validFromDate.getTime();
  };

  /** A program that takes both over, or goes on with what it has taken over. */
  const program =
    (importing: boolean, names: string[] = ["lab.localhost"]) =>
    async () => {
      const root = new CertificateAuthority(
        "authority",
        { commonName: "Company root", validityDays: Math.round(validityOf(authority.certificate) / DAY_MS) },
        importing ? { import: files.authority } : {},
      );
      const certificate = new Certificate(
        "certificate",
        {
          authorityCertificatePem: authority.certificate,
          authorityPrivateKeyPem: pulumi.secret(authority.privateKey),
          commonName: "lab.localhost",
          dnsNames: names,
          usages: ["server"],
          validityMs: validityOf(leaf.certificate),
        },
        importing ? { import: files.leaf } : {},
      );
      return { root: root.certificatePem, chain: certificate.chainPem, key: certificate.privateKeyPem };
    };

  it("as they are, with the key a secret", async () => {
    const { changes, outputs } = await stack.run("up", program(true));
    assert.deepEqual(changes, { create: 1, import: 2 });
    assert.equal(outputs.root, authority.certificate);
    assert.equal(outputs.chain, leaf.certificate);
    assert.equal(outputs.key, "[secret]");
  });

  it("and the stack goes on with them", async () => {
    assert.deepEqual((await stack.run("up", program(false))).changes, { same: 3 });
    const { changes, outputs } = await stack.run("up", program(false, ["lab.localhost", "other.localhost"]));
    assert.deepEqual(changes, { same: 2, update: 1 });
    const issued = new X509Certificate(outputs.chain as string);
    assert.equal(issued.subjectAltName, "DNS:lab.localhost, DNS:other.localhost");
    assert.equal(issued.verify(new X509Certificate(authority.certificate).publicKey), true);
    assert.deepEqual((await stack.run("destroy", program(false))).changes, { delete: 3 });
  });
});

/** A root and a certificate of it, as somebody's own authority would make them. */
function madeWithOpenssl(folder: string): { authority: KeyPair; leaf: KeyPair } {
  const openssl = (command: string) => execFileSync("openssl", command.split(" "), { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const key = (name: string) => openssl(`genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${name}.key`);
  const pair = (name: string): KeyPair => ({
    certificate: readFileSync(join(folder, `${name}.crt`), "utf8"),
    privateKey: readFileSync(join(folder, `${name}.key`), "utf8"),
  });
  key("root");
  // RFC 5280: a root says that it signs certificates and revocation lists.
  writeFileSync(join(folder, "root.cnf"), "[req]\ndistinguished_name=name\nprompt=no\n[name]\nCN=Company root\n");
  openssl(
    "req -x509 -new -key root.key -config root.cnf -days 365 -out root.crt -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign",
  );
  key("leaf");
  openssl("req -new -key leaf.key -subj /CN=lab.localhost -out leaf.csr");
  const extensions =
    "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:lab.localhost\nauthorityKeyIdentifier=keyid\n";
  writeFileSync(join(folder, "leaf.ext"), extensions);
  openssl("x509 -req -in leaf.csr -CA root.crt -CAkey root.key -CAcreateserial -days 90 -extfile leaf.ext -out leaf.crt");
  return { authority: pair("root"), leaf: pair("leaf") };
}
