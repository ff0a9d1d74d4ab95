import type { Dice } from "../dice.ts";
import { retries } from "./backends.ts";
import { type Fields, METHODS, WORDS, type World } from "./common.ts";
import { access, bucket, cors, headerChanges } from "./traffic.ts";

/** Up to six routes whose paths do not overlap. */
export function routes(dice: Dice, world: World): Fields {
  const count = dice.between(1, 6);
  const entries: [string, Fields][] = [];
  for (let index = 0; index < count; index += 1) entries.push([`route-${"abcdef"[index]}`, route(dice, world, index)]);
  return Object.fromEntries(entries);
}

function route(dice: Dice, world: World, index: number): Fields {
  const word = `${WORDS[(index * 3 + dice.between(0, 2)) % WORDS.length]}${index}`;
  const path = dice.weighted([
    [4, `/${word}`],
    [3, `/${word}/{id}`],
    [2, `/${word}/*`],
    [1, `/${word}/{id}/parts/{part}`],
  ]);
  const grpc = dice.chance(0.06);
  const requirement = alternatives(dice, world);
  return {
    ...(grpc
      ? { grpc: { service: `shop.${word[0]?.toUpperCase()}${word.slice(1)}`, ...dice.maybe(0.5, () => ({ method: "Get" })) } }
      : { path, methods: dice.some(METHODS, 1) }),
    ...(world.backends.length > 1 && dice.chance(0.15)
      ? { backends: world.backends.slice(0, 2).map((name) => ({ name, weight: dice.between(1, 9) * 10 })) }
      : { backend: dice.one(world.backends) }),
    ...(requirement.length === 0 ? { public: true } : { require: requirement }),
    ...dice.maybe(0.15, () => ({ access: access(dice) })),
    ...dice.maybe(0.3, () => ({ rateLimit: routeLimits(dice, requirement) })),
    ...dice.maybe(0.1, () => ({ cors: dice.chance(0.5) ? null : cors(dice) })),
    ...dice.maybe(0.2, () => ({ bodyLimit: dice.one(["64KiB", "128KiB", "2MiB"]) })),
    ...dice.maybe(0.3, () => ({ timeout: `${dice.between(1, 20)}s` })),
    ...dice.maybe(0.1, () => ({ retries: dice.chance(0.5) ? null : retries(dice) })),
    ...dice.maybe(0.15, () => ({ headers: headerChanges(dice) })),
    ...(grpc || !dice.chance(0.15) ? {} : { rewrite: { path: rewriteOf(path) } }),
  };
}

function rewriteOf(path: string): string {
  if (path.endsWith("/*")) return "/moved/*";
  return path.includes("{id}") ? "/moved/{id}" : "/moved";
}

function alternatives(dice: Dice, world: World): Fields[] {
  const kinds = [
    ...(world.providers.length > 0 ? ["jwt", "jwt", "jwt"] : []),
    ...(world.consumers.length > 0 ? ["apiKey", "apiKey"] : []),
    ...(world.certificates ? ["clientCertificate"] : []),
  ];
  if (kinds.length === 0 || dice.chance(0.2)) return [];
  const count = dice.weighted([
    [6, 1],
    [2, 2],
  ]);
  const made = Array.from({ length: count }, () => {
    const credentials = [...new Set([dice.one(kinds), ...(dice.chance(0.15) ? [dice.one(kinds)] : [])])];
    return Object.assign({}, ...credentials.map((kind) => credential(dice, world, kind))) as Fields;
  });
  return [...new Map(made.map((one) => [JSON.stringify(one), one])).values()];
}

function credential(dice: Dice, { providers, plans }: World, kind: string): Fields {
  if (kind === "jwt")
    return {
      jwt: providers.length > 1 && dice.chance(0.3) ? [...providers] : dice.one(providers),
      ...dice.maybe(0.6, () => ({ scopes: dice.some(["orders.read", "orders.write", "admin"], 1) })),
      ...dice.maybe(0.3, () => ({
        claims: { role: dice.one<unknown>(["staff", ["staff", "boss"]]), ...dice.maybe(0.3, () => ({ "org.id": "7" })) },
      })),
    };
  if (kind === "apiKey") return { apiKey: plans.length > 0 && dice.chance(0.4) ? { plans: dice.some(plans, 1) } : true };
  return {
    clientCertificate: dice.chance(0.5) ? true : { subjectAltNames: dice.some(["partner.example.com", "spiffe://example.com/batch"], 1) },
  };
}

function routeLimits(dice: Dice, requirement: readonly Fields[]): Fields[] {
  const keys = ["gateway", "clientIp"];
  if (requirement.length > 0 && requirement.every((one) => "apiKey" in one)) keys.push("consumer");
  if (requirement.length > 0 && requirement.every((one) => "jwt" in one)) keys.push("jwtClaim:sub");
  if (requirement.length > 0) keys.push("header:x-tenant-id");
  return dice
    .some(keys, 1)
    .slice(0, 2)
    .map((key) => ({ ...bucket(dice), key }));
}
