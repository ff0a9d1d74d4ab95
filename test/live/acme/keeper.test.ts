import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import acme from "acme-client";
import { AcmeKeeper } from "../../../providers/local/agent/acme/keeper.ts";
import { type AcmeSettings, identityOf, readCertificate } from "../../../providers/local/host/acme.ts";
import { LAYOUT } from "../../../providers/local/host/layout.ts";
import { certificateBlocks } from "../../../providers/local/x509/pem.ts";
import { findPebble } from "../../../tools/setup/pebble.ts";
import { testFolder } from "../provider/support/gateway.ts";
import { Pebble } from "./support/pebble.ts";
import { Port80 } from "./support/port-80.ts";

const HOST = "keeper.test";
const DAY = 86_400_000;
const WITHIN_MS = 30_000;
const skipped = findPebble() === undefined ? " (skipped: Pebble is neither on PATH nor built, which takes Go)" : "";

describe(`certificates from an ACME authority that refuses a quarter of all nonces${skipped}`, function () {
  this.timeout(60_000);
  const folder = testFolder();
  const directory = join(folder.path, "gateway");
  const messages: string[] = [];
  let port80: Port80;
  let pebble: Pebble;
  let settings: AcmeSettings;
  let keeper: AcmeKeeper;
  /** How far the keeper's clock is ahead. */
  let ahead = 0;

  before(async function () {
    if (skipped) this.skip();
    port80 = await Port80.open();
    port80.lead(HOST, { socketPath: join(directory, "acme.sock") });
    pebble = await Pebble.start({ folder: join(folder.path, "pebble"), httpPort: port80.port });
    mkdirSync(directory);
    settings = {
      directoryUrl: pebble.directoryUrl,
      email: "ops@example.com",
      names: [HOST],
      keyType: "P256",
      caCertificates: [pebble.caCertificate],
      issue: 1,
    };
    keeper = newKeeper();
  });
  after(async () => {
    await keeper?.close();
    await pebble?.stop();
    port80?.close();
    folder.remove();
  });

  const newKeeper = () =>
    new AcmeKeeper(directory, (message) => messages.push(message), {
      firstRetryMs: 20,
      pollMs: 50,
      lookMs: 100,
      settleMs: 1000,
      now: () => Date.now() + ahead,
    });
  const ensure = (change: Partial<AcmeSettings> = {}) => {
    settings = { ...settings, ...change };
    return keeper.ensure(settings, join(directory, "acme.sock"));
  };
  const certificate = () => readCertificate(directory, identityOf(settings));
  const leaf = () => new X509Certificate(certificate()?.chainPem ?? assert.fail("there is no certificate"));
  const account = () => {
    const [name = assert.fail("there is no account")] = readdirSync(join(directory, LAYOUT.acme)).filter((file) =>
      file.startsWith("account-"),
    );
    return JSON.parse(readFileSync(join(directory, LAYOUT.acme, name), "utf8")) as { url: string; privateKeyPem: string };
  };
  const accountClient = () =>
    new acme.Client({ directoryUrl: settings.directoryUrl, accountKey: account().privateKeyPem, accountUrl: account().url });

  async function until(what: string, holds: () => boolean): Promise<void> {
    const end = Date.now() + WITHIN_MS;
    while (!holds()) {
      assert.ok(Date.now() < end, `waited in vain for ${what}; the keeper says:\n${messages.slice(-10).join("\n")}`);
      await sleep(20);
    }
  }

  /** Waits until another certificate than this one is kept and no work is going on. */
  async function another(before: string): Promise<void> {
    await until("another certificate", () => certificate() !== undefined && leaf().serialNumber !== before && !keeper.status().busy);
  }

  it("serves a placeholder until the first one is there, then a whole chain without the root", async () => {
    const first = ensure();
    await first;
    await until("the certificate", () => certificate() !== undefined);
    const chain = certificateBlocks(certificate()?.chainPem ?? "").map((pem) => new X509Certificate(pem));
    const root = new X509Certificate(await pebble.root());
    assert.equal(chain.length, 2);
    assert.equal(leaf().checkHost(HOST), HOST);
    assert.equal(chain[0]?.verify((chain[1] as X509Certificate).publicKey), true);
    assert.equal(chain[1]?.verify(root.publicKey), true);
    const served = readFileSync(join(directory, LAYOUT.acmeSecret), "utf8");
    assert.ok(served.includes(JSON.stringify(certificate()?.chainPem).slice(1, -1)));
    for (const file of readdirSync(join(directory, LAYOUT.acme)))
      assert.equal(statSync(join(directory, LAYOUT.acme, file)).mode & 0o777, 0o600, file);
  });

  it("leaves a certificate alone that is not due, also after a restart", async () => {
    await until("rest", () => !keeper.status().busy);
    const before = leaf().serialNumber;
    await keeper.close();
    keeper = newKeeper();
    await ensure();
    await sleep(300);
    await until("rest", () => !keeper.status().busy);
    assert.equal(leaf().serialNumber, before);
    assert.ok(Date.parse(keeper.status().next ?? "") > Date.now() + 60_000);
  });

  it("renews within the window that the authority suggests, under a new key and the same account", async () => {
    const before = { serial: leaf().serialNumber, key: certificate()?.privateKeyPem, account: account().url };
    const progress = JSON.parse(readFileSync(join(directory, LAYOUT.acmeProgress), "utf8")) as { window: { start: number; end: number } };
    const { validFromDate, validToDate } = leaf();
    assert.ok(progress.window.start > validFromDate.getTime() && progress.window.end < validToDate.getTime());
    ahead = progress.window.start - Date.now() - DAY;
    await sleep(300);
    assert.equal(leaf().serialNumber, before.serial, "a day before the window nothing is due");
    ahead = progress.window.end - Date.now() + 1000;
    await another(before.serial);
    ahead = 0;
    assert.notEqual(certificate()?.privateKeyPem, before.key);
    assert.equal(account().url, before.account);
  });

  it("gets every certificate it is asked for while half of all challenges fail", async () => {
    let state = 20_261_121;
    port80.lose = () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31 < 0.5;
    };
    let refused = 0;
    const counter = acme.axios.interceptors.response.use((answer) => {
      if (/:badNonce$/.test(String((answer.data as { type?: unknown } | undefined)?.type))) refused += 1;
      return answer;
    });
    const serials = new Set([leaf().serialNumber]);
    for (let round = 0; round < 5; round += 1) {
      const before = leaf().serialNumber;
      await ensure({ issue: settings.issue + 1 });
      await another(before);
      serials.add(leaf().serialNumber);
    }
    port80.lose = () => false;
    assert.equal(serials.size, 6);
    assert.ok(port80.lost >= 2, `only ${port80.lost} challenges were lost`);
    assert.ok(messages.some((message) => /^no certificate: .*; tries again at /.test(message)));
    assert.equal(keeper.status().problem, undefined);
    acme.axios.interceptors.response.eject(counter);
    assert.ok(refused > 5, `only ${refused} nonces were refused`);
  });

  it("replaces a certificate that its authority has revoked", async () => {
    const before = leaf().serialNumber;
    await accountClient().revokeCertificate(certificateBlocks(certificate()?.chainPem ?? "")[0] ?? "");
    ahead = 2 * DAY;
    await another(before);
    ahead = 0;
  });

  it("registers another account where the authority has ended the one it had", async () => {
    const before = { serial: leaf().serialNumber, ...account() };
    await accountClient().updateAccount({ status: "deactivated" });
    await ensure({ issue: settings.issue + 1 });
    await another(before.serial);
    assert.notEqual(account().url, before.url);
    assert.notEqual(account().privateKeyPem, before.privateKeyPem);
  });

  it("registers another account where the authority knows none any more", async () => {
    const before = { serial: leaf().serialNumber, ...account() };
    await pebble.end();
    await pebble.begin();
    await ensure({ issue: settings.issue + 1 });
    await another(before.serial);
    assert.notEqual(account().privateKeyPem, before.privateKeyPem);
    assert.equal(
      new X509Certificate(certificateBlocks(certificate()?.chainPem ?? "")[1] ?? "").verify(
        new X509Certificate(await pebble.root()).publicKey,
      ),
      true,
    );
  });

  it("keeps what it serves while the authority cannot be reached, and says why", async () => {
    const before = leaf().serialNumber;
    await pebble.end();
    await ensure({ issue: settings.issue + 1 });
    await until("a problem", () => keeper.status().problem !== undefined);
    assert.match(keeper.status().problem ?? "", /^https:.* cannot be reached: .*ECONNREFUSED/);
    assert.equal(leaf().serialNumber, before);
    await pebble.begin();
    keeper.renew();
    await another(before);
  });
});
