import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AcmeKeeper } from "../../../providers/local/agent/acme/keeper.ts";
import { AcmeProblem, problemIn, retryAfter } from "../../../providers/local/agent/acme/problem.ts";
import { chooseWindow, nextLook, renewAt, retryDelay } from "../../../providers/local/agent/acme/schedule.ts";
import { issueRoot } from "../../../providers/local/x509/issue.ts";
import { newPrivateKey } from "../../../providers/local/x509/keys.ts";
import { testFolder } from "../../live/provider/support/gateway.ts";
import { TestAuthority } from "../../support/live/certificates.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("when an ACME authority is asked", () => {
  it("waits longer after each failure, four times at most in the first hour, twelve hours at most", () => {
    const delays = [1, 2, 3, 4, 5, 6, 50].map((failures) => retryDelay(failures, 0));
    assert.deepEqual(delays, [MINUTE, 4 * MINUTE, 16 * MINUTE, 64 * MINUTE, 256 * MINUTE, 12 * HOUR, 12 * HOUR]);
    assert.equal(retryDelay(1, 1), 1.1 * MINUTE);
  });

  it("draws one moment of a suggested window, and another only for another window", () => {
    const first = chooseWindow(NOW, NOW + DAY, undefined, 0.5);
    assert.deepEqual(first, { start: NOW, end: NOW + DAY, at: NOW + DAY / 2 });
    assert.equal(chooseWindow(NOW, NOW + DAY, first, 0.9), first);
    assert.equal(chooseWindow(NOW, NOW + HOUR, first, 1)?.at, NOW + HOUR);
    assert.equal(chooseWindow(Number.NaN, NOW, undefined, 0), undefined);
    assert.equal(chooseWindow(NOW, NOW, undefined, 0), undefined);
  });

  it("renews at that moment, else at a third of the life before the end, never after it", async () => {
    const validity = { notBefore: new Date(NOW), notAfter: new Date(NOW + 90 * DAY) };
    const pem = await issueRoot("test", await newPrivateKey("P-256"), validity);
    assert.equal(renewAt(pem, undefined), NOW + 60 * DAY);
    assert.equal(renewAt(pem, { start: NOW, end: NOW + 2 * DAY, at: NOW + DAY }), NOW + DAY);
    assert.equal(renewAt(pem, { start: NOW, end: NOW + 200 * DAY, at: NOW + 100 * DAY }), NOW + 60 * DAY);
  });

  it("asks for the window as often as the authority says, between a minute and a day", () => {
    assert.deepEqual(
      [undefined, NOW + 1000, NOW + 3 * HOUR, NOW + 9 * DAY].map((held) => nextLook(NOW, held)),
      [NOW + 6 * HOUR, NOW + MINUTE, NOW + 3 * HOUR, NOW + DAY],
    );
  });
});

describe("an ACME authority's problem", () => {
  it("names its kind, and until when the authority is to be left alone", () => {
    const data = { type: "urn:ietf:params:acme:error:rateLimited", detail: "too many\ncertificates" };
    const problem = problemIn({ status: 429, data, headers: { "retry-after": "120" } }, NOW);
    assert.ok(problem instanceof AcmeProblem);
    assert.deepEqual(
      [problem.type, problem.message, problem.heldUntil],
      ["rateLimited", "too many certificates (rateLimited)", NOW + 2 * MINUTE],
    );
    assert.equal(problemIn({ status: 503, data: "<html>", headers: {} }, NOW)?.message, "HTTP status 503");
    assert.equal(problemIn({ status: 200, data, headers: {} }, NOW), undefined);
  });

  it("reads Retry-After as seconds or as a date", () => {
    assert.equal(retryAfter("60", NOW), NOW + MINUTE);
    assert.equal(retryAfter("Sat, 21 Nov 2026 13:00:00 GMT", NOW), NOW + HOUR);
    for (const nothing of [undefined, "", "soon", "-5", "Sat, 21 Nov 2020 13:00:00 GMT"]) assert.equal(retryAfter(nothing, NOW), undefined);
  });
});

describe("an ACME authority that is tired of us", () => {
  const folder = testFolder();
  const directory = join(folder.path, "gateway");
  let server: Server;
  let keeper: AcmeKeeper;
  let requests = 0;
  let now = Date.now();
  after(async () => {
    await keeper?.close();
    server?.close();
    folder.remove();
  });

  it("is not asked again before the time it names, whoever wishes it and whatever is restarted", async () => {
    const authority = await TestAuthority.create();
    const own = await authority.issue({ ipAddresses: ["127.0.0.1"] });
    server = createServer({ cert: own.chain, key: own.privateKey }, (_request, response) => {
      requests += 1;
      response.writeHead(429, { "retry-after": "3600", "content-type": "application/problem+json" });
      response.end(JSON.stringify({ type: "urn:ietf:params:acme:error:rateLimited", detail: "come back in an hour" }));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const settings = {
      directoryUrl: `https://127.0.0.1:${(server.address() as { port: number }).port}/dir`,
      email: "ops@example.com",
      names: ["shop.test"],
      keyType: "P256" as const,
      caCertificates: [authority.root],
      issue: 1,
    };
    const rest = async () => {
      while (keeper.status().busy) await sleep(5);
    };
    const begin = async () => {
      keeper = new AcmeKeeper(directory, () => {}, { firstRetryMs: 1, lookMs: 5, now: () => now });
      await keeper.ensure(settings, join(folder.path, "acme.sock"));
      await rest();
    };
    await begin();
    assert.equal(requests, 1);
    assert.equal(keeper.status().problem, "come back in an hour (rateLimited)");
    keeper.renew();
    await sleep(100);
    await keeper.close();
    await begin();
    await sleep(100);
    assert.equal(requests, 1);
    assert.ok(Math.abs(Date.parse(keeper.status().next ?? "") - (Date.now() + HOUR)) < MINUTE);
    now = Date.now() + HOUR + MINUTE;
    while (requests === 1) await sleep(5);
    assert.equal(requests, 2);
  });
});
