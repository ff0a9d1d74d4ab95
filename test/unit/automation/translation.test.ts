import assert from "node:assert/strict";
import { hostname } from "node:os";
import { CommandError, ConcurrentUpdateError, StackNotFoundError } from "@pulumi/pulumi/automation/index.js";
import { Channel } from "../../../automation/channel.ts";
import { OperationError } from "../../../automation/errors.ts";
import { type OperationEvent, operationEvent, plain } from "../../../automation/events.ts";
import { operationError } from "../../../automation/failure.ts";
import { isAbandoned, stateLocks } from "../../../automation/locks.ts";
import { repairPending } from "../../../automation/pending.ts";
import { typeOfUrn } from "../../../components/urn.ts";

const URN = "urn:pulumi:one::lab::secure-gateway:index:SecureGateway$tls:index/privateKey:PrivateKey::shop-key";

type ErrorClass = new (result: { stdout: string; stderr: string; code: number; toString(): string }) => CommandError;
const commandError = (stderr: string, Class: unknown = CommandError, stdout = "") =>
  new (Class as ErrorClass)({ stdout, stderr, code: 255, toString: () => stderr });
const translate = (error: unknown, events: readonly OperationEvent[] = [], cancelled = false) =>
  operationError({ stack: "one", error, events, cancelled });

describe("the engine's events", () => {
  const metadata = (op: string, more = {}) => ({ op, urn: URN, type: "tls:index/privateKey:PrivateKey", provider: "p", ...more }) as never;

  it("become what happens to a resource, with the names of what differs and no values", () => {
    assert.deepEqual(
      operationEvent({
        sequence: 1,
        timestamp: 1,
        resourcePreEvent: { metadata: metadata("update", { detailedDiff: { a: {}, "b.c": {} } }) },
      }),
      {
        kind: "resource",
        phase: "begin",
        action: "update",
        type: "tls:index/privateKey:PrivateKey",
        name: "shop-key",
        changed: ["a", "b.c"],
      },
    );
    assert.equal(
      operationEvent({ sequence: 1, timestamp: 1, resOpFailedEvent: { metadata: metadata("create"), status: 1, steps: 1 } })?.kind,
      "resource",
    );
  });

  it("of the stack itself and of providers are left out, and so is what nobody needs", () => {
    const of = (type: string) =>
      operationEvent({ sequence: 1, timestamp: 1, resourcePreEvent: { metadata: metadata("create", { type }) } });
    assert.deepEqual(["pulumi:pulumi:Stack", "pulumi:providers:aws"].map(of), [undefined, undefined]);
    assert.equal(operationEvent({ sequence: 1, timestamp: 1, preludeEvent: { config: {} } }), undefined);
    assert.equal(
      operationEvent({ sequence: 1, timestamp: 1, diagnosticEvent: { message: "x", severity: "info", color: "raw", ephemeral: true } }),
      undefined,
    );
  });

  it("become messages without colour directives, about the resource they are about", () => {
    const message = "<{%fg 1%}>error: <{%reset%}>no such zone\n";
    assert.deepEqual(
      operationEvent({ sequence: 1, timestamp: 1, diagnosticEvent: { message, severity: "info#err", color: "raw", urn: URN } }),
      {
        kind: "message",
        severity: "info",
        text: "error: no such zone",
        resource: { type: "tls:index/privateKey:PrivateKey", name: "shop-key" },
      },
    );
    assert.equal(plain("<{%reset%}>a"), "a");
    assert.equal(typeOfUrn("urn:pulumi:one::lab::pulumi:pulumi:Stack::lab-one"), "pulumi:pulumi:Stack");
  });

  it("are read in order by whoever comes, however late", async () => {
    const channel = new Channel<number>();
    channel.push(1);
    const read: number[] = [];
    const reading = (async () => {
      for await (const item of channel) read.push(item);
    })();
    await new Promise(setImmediate);
    channel.push(2);
    channel.push(3);
    channel.close();
    await reading;
    assert.deepEqual(read, [1, 2, 3]);
  });
});

describe("how an operation failed", () => {
  const failed: OperationEvent = { kind: "resource", phase: "failed", action: "create", type: "aws:a:B", name: "api", changed: [] };
  const said: OperationEvent = { kind: "message", severity: "error", text: "AccessDenied", resource: { type: "aws:a:B", name: "api" } };

  it("is an error of the closed set, whatever the engine printed", () => {
    const cases: [OperationError, string, string][] = [
      [translate(commandError("error: incorrect passphrase")), "secrets", "The passphrase does not fit the stack's secrets"],
      [
        translate(commandError("error: passphrase must be set with PULUMI_…")),
        "secrets",
        "The stack's secrets are protected by a passphrase, and there is none",
      ],
      [translate(commandError("error: unable to open bucket s3://x")), "state", "The state backend cannot be reached"],
      [translate(commandError("spawn /x/pulumi ENOENT")), "tool", "The Pulumi CLI cannot be started"],
      [
        translate(commandError("error: x cannot be started: spawn x ENOENT"), [failed, said]),
        "provider",
        "api (aws:a:B) failed: AccessDenied",
      ],
      [translate(commandError("no stack named 'one' found", StackNotFoundError)), "no-stack", 'Stack "one" has not been deployed'],
      [translate(commandError("error: update cancelled"), [], true), "cancelled", "The operation was stopped before it had finished"],
      [translate(commandError("\nended by SIGKILL")), "lost", "The engine was killed before it had finished"],
      [translate(commandError("warning: x\nerror: something new")), "lost", "something new"],
      [translate(commandError("error: update failed"), [failed, said]), "provider", "api (aws:a:B) failed: AccessDenied"],
      [translate(commandError("error: update failed"), [failed]), "provider", "api (aws:a:B) failed: its provider gave no reason"],
      [
        translate(commandError("x"), [{ kind: "message", severity: "error", text: "the secret is missing" }]),
        "program",
        "the secret is missing",
      ],
      [
        translate(commandError("x"), [{ kind: "policy", mandatory: true, policy: "p/q", text: "no TLS", resource: "api" }]),
        "policy",
        "p/q: no TLS",
      ],
    ];
    for (const [error, code, message] of cases) assert.deepEqual([error.code, error.message], [code, message]);
  });

  it("keeps an error that is one of the set already, and lets a fault of ours through", () => {
    const error = new OperationError("usage", "m", "r");
    assert.equal(translate(error), error);
    const bug = new TypeError("x is undefined");
    assert.throws(() => translate(bug), bug);
  });

  it("names who holds the lock of the state", () => {
    const stderr =
      "error: the stack is currently locked by 2 lock(s).\n  file:///s/a.json: created by ann@build (pid 12) at 2026-11-21T12:00:00Z\n  file:///s/b.json: created by bob@desk (pid 13) at 2026-11-21T12:00:01Z";
    assert.deepEqual(stateLocks(stderr), [
      { user: "ann", host: "build", pid: 12, since: "2026-11-21T12:00:00Z" },
      { user: "bob", host: "desk", pid: 13, since: "2026-11-21T12:00:01Z" },
    ]);
    const error = translate(commandError(stderr, ConcurrentUpdateError));
    assert.deepEqual(
      [error.code, error.message, error.remedy],
      [
        "locked",
        'The state of stack "one" is locked by ann@build (process 12, since 2026-11-21T12:00:00Z), bob@desk (process 13, since 2026-11-21T12:00:01Z)',
        "wait until it has finished; if you know that it no longer runs, clear the lock with `npx gateway cancel -s one`",
      ],
    );
  });

  it("takes a lock for abandoned only when its engine ran here and runs no more", () => {
    const lock = (host: string, pid: number) => ({ user: "ann", host, pid, since: "" });
    assert.equal(isAbandoned(lock("elsewhere", 999_999_999)), false);
    assert.equal(isAbandoned(lock(hostname(), 999_999_999)), true);
    // The number now belongs to a program that is no engine.
    assert.equal(isAbandoned(lock(hostname(), process.pid)), true);
  });
});

describe("creations that were interrupted", () => {
  const pending = (type: string, name: string, operation = "creating") => ({
    type: operation,
    resource: { urn: `urn:pulumi:one::lab::${type}::${name}`, type },
  });
  const state = (...operations: unknown[]) => ({ version: 3, deployment: { resources: [], pending_operations: operations } });

  it("are dropped where they can simply be repeated, and reported where they cannot", () => {
    const cloud = pending("aws:apigateway/restApi:RestApi", "shop-api");
    const update = pending("localgateway:index:Host", "shop-host", "updating");
    const { repaired, open } = repairPending(state(pending("localgateway:index:Host", "shop-host"), cloud, update));
    assert.deepEqual(repaired, state(cloud, update));
    assert.deepEqual(open, [{ urn: cloud.resource.urn, type: "aws:apigateway/restApi:RestApi", name: "shop-api" }]);
  });

  it("leave a state without any as it is", () => {
    assert.deepEqual(repairPending(state()), { repaired: undefined, open: [] });
    assert.deepEqual(repairPending({ version: 3, deployment: {} }), { repaired: undefined, open: [] });
  });
});
