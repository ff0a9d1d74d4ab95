import { rmSync } from "node:fs";
import { join } from "node:path";
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { Counters, Standing } from "./counters.ts";

/** What Envoy's rate limit filter has to send: this domain, and descriptors with this key. */
export const QUOTA_DOMAIN = "quota";
export const QUOTA_KEY = "consumer";

interface Request {
  readonly domain: string;
  readonly descriptors: readonly { readonly entries: readonly { readonly key: string; readonly value: string }[] }[];
  readonly hitsAddend: number;
}

/** Serves `envoy.service.ratelimit.v3.RateLimitService` on a Unix socket. */
export async function serveQuotas(socket: string, counters: Counters): Promise<{ close: () => void }> {
  const definition = loadSync(join(import.meta.dirname, "ratelimit.proto"), { enums: String, defaults: true });
  const { envoy } = loadPackageDefinition(definition) as unknown as {
    envoy: { service: { ratelimit: { v3: { RateLimitService: { service: ServiceDefinition } } } } };
  };
  const server = new Server();
  server.addService(envoy.service.ratelimit.v3.RateLimitService.service, {
    shouldRateLimit(call: ServerUnaryCall<Request, object>, callback: sendUnaryData<object>) {
      try {
        callback(null, judge(call.request, counters));
      } catch (error) {
        callback({ code: error instanceof NotAQuota ? status.INVALID_ARGUMENT : status.INTERNAL, details: (error as Error).message });
      }
    },
  });
  rmSync(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
  });
  return {
    close() {
      server.forceShutdown();
      rmSync(socket, { force: true });
    },
  };
}

class NotAQuota extends Error {}

function judge({ domain, descriptors, hitsAddend }: Request, counters: Counters): object {
  if (domain !== QUOTA_DOMAIN) throw new NotAQuota(`the domain is "${domain}"; only "${QUOTA_DOMAIN}" is counted here`);
  const standings = descriptors.map(({ entries }) => {
    const consumer = entries.find(({ key }) => key === QUOTA_KEY)?.value;
    if (consumer === undefined) throw new NotAQuota(`a descriptor has no entry "${QUOTA_KEY}"`);
    return counters.take(consumer, hitsAddend || 1);
  });
  const exhausted = standings.flat().filter(({ within }) => !within);
  const waitMs = Math.max(0, ...exhausted.map(({ resetMs }) => resetMs));
  return {
    overallCode: exhausted.length > 0 ? "OVER_LIMIT" : "OK",
    statuses: standings.map(statusOf),
    responseHeadersToAdd: exhausted.length > 0 ? [{ key: "retry-after", value: String(Math.ceil(waitMs / 1000)) }] : [],
  };
}

const UNITS = { day: "DAY", week: "WEEK", month: "MONTH" } as const;

/** The quota of a consumer that is nearest to its end. */
function statusOf(standings: readonly Standing[]): object {
  const [nearest] = standings.toSorted((a, b) => Number(a.within) - Number(b.within) || a.remaining - b.remaining);
  if (nearest === undefined) return { code: "OK" };
  const { quota, within, remaining, resetMs } = nearest;
  return {
    code: within ? "OK" : "OVER_LIMIT",
    currentLimit: { requestsPerUnit: Math.min(quota.requests, 0xffffffff), unit: UNITS[quota.per], name: quota.consumer },
    limitRemaining: Math.min(remaining, 0xffffffff),
    durationUntilReset: { seconds: Math.ceil(resetMs / 1000), nanos: 0 },
  };
}
