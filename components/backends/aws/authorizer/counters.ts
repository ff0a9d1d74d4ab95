import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";
import type { BucketPolicy } from "./policy.ts";

/** Counts requests where every instance of the authorizer sees the same numbers. */
export interface Counters {
  /** Takes a token; undefined when there was one, else seconds until there is. @throws when it cannot be known. */
  take(bucket: string, policy: BucketPolicy): Promise<number | undefined>;
  /** Counts one request of a calendar period; true when the quota allows it. @throws when it cannot be known. */
  count(counter: string, limit: number, expiresAt: number): Promise<boolean>;
}

/** Lost races against other requests of the same bucket before giving up; each round somebody got a token. */
const ROUNDS = 6;
const TIMEOUT_MS = 2000;

/**
 * Token buckets and counters in a DynamoDB table, each changed by one conditional write, so that no two requests take the same token.
 * A bucket is stored as the theoretical arrival time of the generic cell rate algorithm, in microseconds.
 */
export class DynamoCounters implements Counters {
  readonly #table: string;
  readonly #endpoint: string;
  readonly #client: AwsClient;
  readonly #now: () => number;

  constructor(table: string, environment: Readonly<Record<string, string | undefined>>, now: () => number = Date.now) {
    const region = environment.AWS_REGION ?? "";
    this.#table = table;
    this.#endpoint = environment.AWS_ENDPOINT_URL_DYNAMODB ?? `https://dynamodb.${region}.amazonaws.com`;
    this.#now = now;
    this.#client = new AwsClient({
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? "",
      ...(environment.AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: environment.AWS_SESSION_TOKEN }),
      service: "dynamodb",
      region,
      retries: 0,
    });
  }

  async take(bucket: string, { intervalMicros, burst }: BucketPolicy): Promise<number | undefined> {
    const now = this.#now() * 1000;
    const latest = now + (burst - 1) * intervalMicros;
    const expires = String(Math.ceil((now + burst * intervalMicros) / 1e6) + 3600);
    const key = { id: { S: keyOf(bucket) } };
    let arrival = now;
    for (let round = 0; round < ROUNDS; round++) {
      const running = arrival > now;
      const outcome = await this.#update({
        Key: key,
        UpdateExpression: running ? "SET tat = tat + :interval, expires = :expires" : "SET tat = :next, expires = :expires",
        ConditionExpression: running ? "tat > :now AND tat <= :latest" : "attribute_not_exists(tat) OR tat <= :now",
        ExpressionAttributeValues: {
          ":now": { N: String(now) },
          ":expires": { N: expires },
          ...(running
            ? { ":interval": { N: String(intervalMicros) }, ":latest": { N: String(latest) } }
            : { ":next": { N: String(now + intervalMicros) } }),
        },
      });
      if (outcome.done) return undefined;
      arrival = Number(outcome.item?.tat?.N ?? Number.NaN);
      if (!Number.isFinite(arrival)) throw new Error("the counter's state cannot be read");
      if (arrival > latest) return Math.max(1, Math.ceil((arrival - latest) / 1e6));
    }
    return 1;
  }

  async count(counter: string, limit: number, expiresAt: number): Promise<boolean> {
    const { done } = await this.#update({
      Key: { id: { S: keyOf(counter) } },
      UpdateExpression: "ADD used :one SET expires = :expires",
      ConditionExpression: "attribute_not_exists(used) OR used < :limit",
      ExpressionAttributeValues: { ":one": { N: "1" }, ":limit": { N: String(limit) }, ":expires": { N: String(expiresAt) } },
    });
    return done;
  }

  async #update(input: Record<string, unknown>): Promise<{ done: boolean; item?: { tat?: { N?: string } } }> {
    const response = await this.#client.fetch(this.#endpoint, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.UpdateItem" },
      body: JSON.stringify({ TableName: this.#table, ReturnValuesOnConditionCheckFailure: "ALL_OLD", ...input }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return { done: true };
    const body = (await response.json()) as { __type?: string; Item?: { tat?: { N?: string } } };
    if (body.__type?.endsWith("ConditionalCheckFailedException"))
      return { done: false, ...(body.Item === undefined ? {} : { item: body.Item }) };
    throw new Error(`the counters answered ${response.status} ${body.__type ?? ""}`.trim());
  }
}

/** Values of clients and tokens stand in the table only as digests. */
const keyOf = (bucket: string) => createHash("sha256").update(bucket).digest("base64url");
