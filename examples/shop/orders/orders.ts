import { randomUUID } from "node:crypto";
import type { Neighbour } from "../common/neighbour.ts";
import { type Call, Problem, type Reply } from "../common/service.ts";

interface Order {
  readonly id: string;
  /** Subject of the token it was placed with. */
  readonly owner: string;
  readonly lines: readonly { readonly product: string; readonly quantity: number }[];
  readonly placedAt: string;
}

/**
 * Orders of the signed-in customer. The gateway has checked token and scope; whose orders these are only the service knows, so it compares the owner
 * of every order it touches (broken object level authorization is first in OWASP's list for a reason).
 *
 * @param catalog Asked whether a product exists before it is ordered; undefined takes every product
 */
export function createOrders(catalog?: Pick<Neighbour, "get">): (call: Call) => Promise<Reply> {
  const orders = new Map<string, Order>();
  return async (call) => {
    const owner = call.subject;
    if (owner === undefined) throw new Problem(401, "The request names no customer");
    if (call.path === "/orders" && call.method === "GET")
      return { status: 200, body: { orders: [...orders.values()].filter((order) => order.owner === owner).map(shown) } };
    if (call.path === "/orders" && call.method === "POST") {
      const order: Order = {
        id: randomUUID(),
        owner,
        lines: await sold(linesOf(await call.json()), catalog),
        placedAt: new Date().toISOString(),
      };
      orders.set(order.id, order);
      return { status: 201, headers: { location: `/orders/${order.id}` }, body: shown(order) };
    }
    const id = /^\/orders\/([^/]+)$/.exec(call.path)?.[1];
    if (id !== undefined && call.method === "GET") {
      const order = orders.get(id);
      // Somebody else's order looks like none at all.
      if (order?.owner !== owner) throw new Problem(404, "There is no such order");
      return { status: 200, body: shown(order) };
    }
    throw new Problem(404, "There is nothing here");
  };
}

function shown({ id, lines, placedAt }: Order): Omit<Order, "owner"> {
  return { id, lines, placedAt };
}

/** @throws Problem 400 for a product that is not sold, 503 when the catalogue does not say */
async function sold(lines: Order["lines"], catalog: Pick<Neighbour, "get"> | undefined): Promise<Order["lines"]> {
  for (const { product } of catalog === undefined ? [] : lines) {
    const { status } = await (catalog as Pick<Neighbour, "get">).get(`/products/${product}`).catch(() => ({ status: 0 }));
    if (status === 404) throw new Problem(400, `There is no product "${product}"`);
    if (status !== 200) throw new Problem(503, "The catalogue cannot be asked now");
  }
  return lines;
}

function linesOf(body: unknown): Order["lines"] {
  const lines = typeof body === "object" && body !== null && "lines" in body ? body.lines : undefined;
  if (!Array.isArray(lines) || lines.length === 0 || lines.length > 100) throw new Problem(400, "lines: give 1 to 100 of them");
  return lines.map((line: unknown, index) => {
    const { product, quantity } = (typeof line === "object" && line !== null ? line : {}) as Record<string, unknown>;
    if (typeof product !== "string" || !/^[a-z0-9-]{1,64}$/.test(product))
      throw new Problem(400, `lines[${index}].product: give a product's id`);
    if (typeof quantity !== "number" || !Number.isInteger(quantity) || quantity < 1 || quantity > 1000)
      throw new Problem(400, `lines[${index}].quantity: give a whole number from 1 to 1000`);
    return { product, quantity };
  });
}
