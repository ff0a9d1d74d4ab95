import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { after, before, describe, it } from "mocha";
import { DynamoCounters } from "../../../components/backends/aws/authorizer/counters.ts";
import { planOf } from "../../support/plan.ts";
import { ensureMoto, Moto } from "./moto.ts";
import { stackDocument } from "./support.ts";

const PLANS = join(import.meta.dirname, "..", "..", "golden", "aws", "plans", "in");

/** Reads documents with a reader of OpenAPI that knows nothing of us, and says what is wrong with each. */
const VALIDATE = `
import json, sys
from openapi_spec_validator import OpenAPIV30SpecValidator
print(json.dumps({name: [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in OpenAPIV30SpecValidator(spec).iter_errors()]
                  for name, spec in json.load(sys.stdin).items()}))
`;

interface Integration {
  readonly type?: string;
  readonly uri?: string;
}
interface Body {
  readonly paths: Record<string, Record<string, Record<string, Record<string, string>>>>;
}

/** moto wants a target of every integration; a mock has none. */
function forMoto(body: Body): Body {
  const paths = Object.entries(body.paths).map(([path, operations]) => [
    path,
    Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => {
        const integration = operation["x-amazon-apigateway-integration"] ?? {};
        return [method, { ...operation, "x-amazon-apigateway-integration": { uri: MOCK, httpMethod: "POST", ...integration } }];
      }),
    ),
  ]);
  return { ...body, paths: Object.fromEntries(paths) };
}
const MOCK = "mock:";

/** Lets one request at a time through: DynamoDB changes an item by one write after the other, moto's threads do not. */
class Queue {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async before(target: string): Promise<Queue> {
    let turn: Promise<unknown> = Promise.resolve();
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        turn = turn.then(async () => {
          const { host: _, connection: __, "content-length": ___, ...headers } = request.headers as Record<string, string>;
          const answer = await fetch(target, { method: "POST", headers, body: Buffer.concat(chunks) });
          response.writeHead(answer.status, { "content-type": "application/json" });
          response.end(await answer.text());
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Queue(server);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe("AWS emulator", function () {
  this.timeout(240_000);
  let moto: Moto;
  const bodies = new Map<string, Body>();

  before(async () => {
    moto = await Moto.start();
    const documents: [string, () => ReturnType<typeof planOf>][] = [
      ...globSync("*.yaml", { cwd: PLANS }).map(
        (file) => [file, () => planOf("aws", { file: join(PLANS, file) })] as [string, () => ReturnType<typeof planOf>],
      ),
      ...["aws-dev", "aws-prod", "aws-onprem"].map((stack) => {
        const { document, overlay } = stackDocument(stack);
        return [stack, () => planOf("aws", document, { overlays: [overlay] })] as [string, () => ReturnType<typeof planOf>];
      }),
    ];
    for (const [name, plan] of documents) {
      const api = (await plan()).resources.find(
        ({ type }) => type === "aws:apigateway/restApi:RestApi" || type === "aws:apigatewayv2/api:Api",
      );
      bodies.set(name, JSON.parse(String(api?.inputs.body)) as Body);
    }
  });
  after(() => moto?.stop());

  it("every definition is valid OpenAPI", async () => {
    const { python } = await ensureMoto();
    const running = promisify(execFile)(python, ["-c", VALIDATE], { maxBuffer: 64 * 1024 * 1024 });
    const broken = { openapi: "3.0.1", info: { title: "broken" }, paths: { "/a": { get: {} } } };
    // AWS writes a greedy variable with a plus sign in the path and without one as a parameter.
    running.child.stdin?.end(JSON.stringify({ ...Object.fromEntries(bodies), broken }).replaceAll("{proxy+}", "{proxy}"));
    const { broken: faults, ...found } = JSON.parse((await running).stdout) as Record<string, string[]>;
    assert.ok((faults ?? []).length >= 2, "the reader finds faults where there are some");
    assert.equal(Object.keys(found).length, bodies.size);
    assert.deepEqual(
      Object.entries(found).filter(([, errors]) => errors.length > 0),
      [],
    );
  });

  it("every REST API is imported with each of its routes, methods and integrations", async () => {
    let imported = 0;
    for (const [name, body] of bodies) {
      if (name.startsWith("http-api")) continue;
      const { id } = await moto.call<{ id: string }>("apigateway", "/restapis?mode=import", { method: "POST", body: forMoto(body) });
      const { item } = await moto.call<{
        item: { path: string; resourceMethods?: Record<string, { methodIntegration?: Integration }> }[];
      }>("apigateway", `/restapis/${id}/resources?embed=methods`);
      const resources = new Map(item.map((resource) => [resource.path, resource.resourceMethods ?? {}]));
      for (const [path, operations] of Object.entries(body.paths)) {
        const methods = resources.get(path);
        assert.ok(methods, `${name} has no resource ${path}`);
        for (const [method, operation] of Object.entries(operations)) {
          const key = method.toUpperCase();
          const written = operation["x-amazon-apigateway-integration"];
          const read: Integration | undefined = methods[key]?.methodIntegration;
          assert.ok(written && read, `${name}: ${key} ${path} has no integration`);
          assert.equal(read.type?.toLowerCase(), written.type, `${name}: ${key} ${path}`);
          assert.equal(read.uri, written.uri ?? MOCK, `${name}: ${key} ${path}`);
          imported++;
        }
        assert.equal(Object.keys(methods).length, Object.keys(operations).length, `${name}: ${path}`);
      }
      // Replaced by the definition of another gateway, nothing of the first stays.
      const other = forMoto(bodies.get("minimal.yaml") as Body);
      await moto.call("apigateway", `/restapis/${id}?mode=overwrite`, { method: "PUT", body: other });
      const replaced = await moto.call<{ item: { path: string }[] }>("apigateway", `/restapis/${id}/resources`);
      assert.deepEqual(replaced.item.map(({ path }) => path).sort(), ["/"], name);
    }
    assert.ok(imported > 100, `only ${imported} methods`);
  });

  describe("counters in a table", () => {
    let clock = Date.UTC(2026, 0, 1);
    let counters: DynamoCounters;

    before(async () => {
      await moto.call("dynamodb", "/", {
        method: "POST",
        headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.CreateTable" },
        body: {
          TableName: "counters",
          AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
          KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
          BillingMode: "PAY_PER_REQUEST",
        },
      });
      counters = new DynamoCounters("counters", moto.environment, () => clock);
    });

    const scan = () =>
      moto.call<{ Items: Record<string, Record<string, string>>[] }>("dynamodb", "/", {
        method: "POST",
        headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.Scan" },
        body: { TableName: "counters" },
      });

    it("let the burst pass, then one request an interval", async () => {
      const bucket = { intervalMicros: 100_000, burst: 5 };
      const answers: (number | undefined)[] = [];
      for (let i = 0; i < 7; i++) answers.push(await counters.take("one", bucket));
      assert.deepEqual(answers, [undefined, undefined, undefined, undefined, undefined, 1, 1]);
      clock += 100;
      assert.equal(await counters.take("one", bucket), undefined);
      assert.equal(await counters.take("one", bucket), 1);
      clock += 10_000;
      for (let i = 0; i < 5; i++) assert.equal(await counters.take("one", bucket), undefined);
      assert.equal(await counters.take("one", bucket), 1);
      assert.equal(await counters.take("another", bucket), undefined);
    });

    it("say how long to wait", async () => {
      const bucket = { intervalMicros: 30_000_000, burst: 2 };
      await counters.take("slow", bucket);
      await counters.take("slow", bucket);
      assert.equal(await counters.take("slow", bucket), 30);
      clock += 12_000;
      assert.equal(await counters.take("slow", bucket), 18);
    });

    it("let no more pass in any window than burst and rate allow", async () => {
      const bucket = { intervalMicros: 50_000, burst: 4 };
      const passed: number[] = [];
      let seed = 42;
      const random = () => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        return seed / 2_147_483_648;
      };
      for (let i = 0; i < 250; i++) {
        clock += Math.floor(random() * 60);
        if ((await counters.take("window", bucket)) === undefined) passed.push(clock);
      }
      for (let from = 0; from < passed.length; from++) {
        for (let to = from; to < passed.length; to++) {
          const allowed = bucket.burst + (((passed[to] as number) - (passed[from] as number)) * 1000) / bucket.intervalMicros;
          assert.ok(to - from + 1 <= allowed + 1e-9, `${to - from + 1} passed where ${allowed} may`);
        }
      }
      assert.ok(passed.length > 100);
    });

    it("give a token to one of those who ask at once", async () => {
      const bucket = { intervalMicros: 60_000_000, burst: 10 };
      const queue = await Queue.before(moto.url);
      try {
        const environment = { ...moto.environment, AWS_ENDPOINT_URL_DYNAMODB: queue.url };
        const instances = Array.from({ length: 30 }, () => new DynamoCounters("counters", environment, () => clock));
        const answers = await Promise.all(instances.map((instance) => instance.take("crowd", bucket)));
        // Whoever loses six races in a row gives up; the burst itself is never exceeded.
        const passed = answers.filter((answer) => answer === undefined).length;
        assert.ok(passed <= 10 && passed >= 6, `${passed} passed`);
      } finally {
        await queue.close();
      }
    });

    it("keep a quota to the last request, each period anew", async () => {
      const ends = Math.floor(clock / 1000) + 86_400;
      const answers: boolean[] = [];
      for (let i = 0; i < 4; i++) answers.push(await counters.count("quota/acme/day/2026-01-01", 3, ends));
      assert.deepEqual(answers, [true, true, true, false]);
      assert.equal(await counters.count("quota/acme/day/2026-01-02", 3, ends), true);
    });

    it("store neither a client's address nor a name, and an end for every entry", async () => {
      await counters.take("rateLimit/203.0.113.7", { intervalMicros: 1000, burst: 1 });
      const { Items } = await scan();
      assert.ok(Items.length >= 7);
      for (const item of Items) {
        assert.match(item.id?.S ?? "", /^[A-Za-z0-9_-]{43}$/);
        assert.match(item.expires?.N ?? "", /^\d{10}$/);
      }
      assert.doesNotMatch(JSON.stringify(Items), /203\.0\.113|acme/);
    });

    it("throw when the table is not there, so that nothing passes", async () => {
      const lost = new DynamoCounters("no-such-table", moto.environment);
      await assert.rejects(
        lost.take("x", { intervalMicros: 1, burst: 1 }),
        /^Error: the counters answered 400 .*ResourceNotFoundException$/,
      );
      await assert.rejects(lost.count("x", 1, 1), /ResourceNotFoundException/);
    });
  });
});
