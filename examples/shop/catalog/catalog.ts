import { createHash } from "node:crypto";
import { type Call, Problem, type Reply } from "../common/service.ts";

interface Product {
  readonly id: string;
  readonly name: string;
  /** In cents. */
  readonly price: number;
}

const PRODUCTS: readonly Product[] = [
  { id: "teapot", name: "Teapot, cast iron", price: 6900 },
  { id: "sencha", name: "Sencha, 100 g", price: 1450 },
  { id: "matcha-whisk", name: "Matcha whisk, bamboo", price: 2200 },
];

/** What the shop sells: open to every browser the gateway's CORS rules admit, and as a feed to partners with an API key. */
export function createCatalog(products: readonly Product[] = PRODUCTS): (call: Call) => Reply {
  return (call) => {
    if (call.method !== "GET" && call.method !== "HEAD") throw new Problem(405, "The catalogue can only be read");
    if (call.path === "/products") return cached(call, { products });
    const id = /^\/products\/([^/]+)$/.exec(call.path)?.[1];
    if (id !== undefined) {
      const product = products.find((candidate) => candidate.id === id);
      if (product === undefined) throw new Problem(404, "There is no such product");
      return cached(call, product);
    }
    if (call.path === "/feed/products") {
      // The gateway has checked the key and says whose it is; the key itself never comes here.
      if (call.consumer === undefined) throw new Problem(401, "The request names no partner");
      return cached(call, { partner: call.consumer, products });
    }
    throw new Problem(404, "There is nothing here");
  };
}

/** Answers 304 to a client that has this already. */
function cached(call: Call, body: unknown): Reply {
  const etag = `"${createHash("sha256").update(JSON.stringify(body)).digest("base64url").slice(0, 22)}"`;
  const headers = { etag, "cache-control": call.consumer === undefined ? "public, max-age=60" : "private, max-age=60" };
  return call.header("if-none-match") === etag ? { status: 304, headers } : { status: 200, headers, body };
}
