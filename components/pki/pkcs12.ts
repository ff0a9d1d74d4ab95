import { createHash, createPrivateKey } from "node:crypto";
import forge from "node-forge";
import { parseChain } from "./certificate.ts";
import { seeded } from "./seeded.ts";

const { asn1 } = forge;
const { Class, Type } = asn1;

/** RFC 7292 with the numbers of its appendix D and of RFC 8018. */
const OIDS = {
  data: "1.2.840.113549.1.7.1",
  shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certBag: "1.2.840.113549.1.12.10.1.3",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  localKeyId: "1.2.840.113549.1.9.21",
  sha256: "2.16.840.1.101.3.4.2.1",
} as const;

const ITERATIONS = 10_000;
const SALT_BYTES = 16;

/**
 * A PKCS #12 file of a chain, leaf first, and its key of any kind: key under AES-256 (PBES2), content under an HMAC of SHA-256, as OpenSSL 3, Java 8u301
 * and Windows Server 2019 read it. The same content always gives the same file.
 *
 * @param privateKey PEM
 * @param password What protects the key; not empty
 * @returns The file in base64
 */
export function pkcs12(chain: string, privateKey: string, password: string): string {
  const certificates = parseChain(chain).map(({ raw }) => raw);
  const key = createPrivateKey(privateKey).export({ type: "pkcs8", format: "der" });
  const id = createHash("sha1")
    .update(certificates[0] ?? "")
    .digest();
  return seeded(privateKey, `${chain}${password}`, () => {
    const bags = certificates.map((der, index) => certificateBag(der, index === 0 ? id : undefined));
    const safe = sequence(data(sequence(...bags)), data(sequence(keyBag(key, password, id))));
    const file = sequence(integer(3), data(safe), mac(der(safe), password));
    return Buffer.from(der(file), "binary").toString("base64");
  });
}

type Node = forge.asn1.Asn1;

const der = (node: Node): string => asn1.toDer(node).getBytes();
const sequence = (...parts: Node[]): Node => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts);
const set = (...parts: Node[]): Node => asn1.create(Class.UNIVERSAL, Type.SET, true, parts);
const oid = (id: string): Node => asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(id).getBytes());
const octets = (bytes: string): Node => asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, bytes);
const integer = (value: number): Node => asn1.create(Class.UNIVERSAL, Type.INTEGER, false, asn1.integerToDer(value).getBytes());
const explicit = (part: Node): Node => asn1.create(Class.CONTEXT_SPECIFIC, 0, true, [part]);
const binary = (bytes: Buffer): string => bytes.toString("binary");

/** A ContentInfo of plain data. */
const data = (content: Node): Node => sequence(oid(OIDS.data), explicit(octets(der(content))));

const localKeyId = (id: Buffer): Node => set(sequence(oid(OIDS.localKeyId), set(octets(binary(id)))));

function certificateBag(certificate: Buffer, id: Buffer | undefined): Node {
  const value = sequence(oid(OIDS.x509Certificate), explicit(octets(binary(certificate))));
  return sequence(oid(OIDS.certBag), explicit(value), ...(id === undefined ? [] : [localKeyId(id)]));
}

function keyBag(key: Buffer, password: string, id: Buffer): Node {
  const encrypted = forge.pki.encryptPrivateKeyInfo(asn1.fromDer(binary(key)), password, {
    algorithm: "aes256",
    count: ITERATIONS,
    saltSize: SALT_BYTES,
    prfAlgorithm: "sha256",
  });
  return sequence(oid(OIDS.shroudedKeyBag), explicit(encrypted), localKeyId(id));
}

function mac(content: string, password: string): Node {
  const salt = forge.random.getBytesSync(SALT_BYTES);
  const key = forge.pkcs12.generateKey(password, forge.util.createBuffer(salt), 3, ITERATIONS, 32, forge.md.sha256.create());
  const hmac = forge.hmac.create();
  hmac.start("sha256", key);
  hmac.update(content);
  const algorithm = sequence(oid(OIDS.sha256), asn1.create(Class.UNIVERSAL, Type.NULL, false, ""));
  return sequence(sequence(algorithm, octets(hmac.digest().getBytes())), octets(salt), integer(ITERATIONS));
}
