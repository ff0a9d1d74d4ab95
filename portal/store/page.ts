import { type Page, type PageRequest, Refusal } from "../service.ts";

const DEFAULT = 50;
const MOST = 200;
const END = 2_147_483_647;

/** Where a page that runs from new to old begins, and how long it is. @throws Refusal `invalid` */
export function pageRange({ after, limit = DEFAULT }: PageRequest): { readonly before: number; readonly limit: number } {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new Refusal("invalid", `The length of a page is ${JSON.stringify(limit)}`, `give a whole number from 1 to ${MOST}`);
  if (after === undefined) return { before: END, limit };
  if (!/^[1-9]\d{0,9}$/.test(after) || Number(after) > END)
    throw new Refusal("invalid", "The page's beginning is not one this portal has given", "give `next` of the page before");
  return { before: Number(after), limit };
}

/** A page out of the rows asked for, which are one more than it holds when another page follows. */
export function pageOf<Row, Item>(rows: readonly Row[], limit: number, cursor: (row: Row) => number, item: (row: Row) => Item): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), ...(rows.length > limit && last !== undefined ? { next: String(cursor(last)) } : {}) };
}
