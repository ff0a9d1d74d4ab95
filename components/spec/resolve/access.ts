import type { z } from "zod";
import type { PathPart } from "../faults.ts";
import type { AccessLists } from "../model.ts";
import type { accessLists } from "../schema/access.ts";
import { show } from "../show.ts";
import { type Block, contains, parseBlock } from "./cidrs.ts";
import type { ResolveContext } from "./context.ts";

interface Entry {
  readonly block: Block;
  readonly text: string;
  readonly path: readonly PathPart[];
}

/** Lists of one place, and the blocks they consist of for those below. */
export interface ResolvedAccess {
  readonly lists: AccessLists;
  readonly allow: readonly Entry[];
  readonly deny: readonly Entry[];
}

const EMPTY: ResolvedAccess = { lists: { allowCidrs: [], denyCidrs: [] }, allow: [], deny: [] };

/** Checks address lists; a route's (`outer` given) must leave something of what the gateway's let through. */
export function resolveAccess(
  lists: z.output<typeof accessLists> | undefined,
  path: readonly PathPart[],
  ctx: ResolveContext,
  outer: ResolvedAccess = EMPTY,
): ResolvedAccess {
  if (lists === undefined) return EMPTY;
  const [allow, deny] = (["allowCidrs", "denyCidrs"] as const).map((field) =>
    lists[field].flatMap((text, index) => resolveEntry(text, [...path, field, index], field === "denyCidrs", ctx) ?? []),
  ) as [Entry[], Entry[]];
  for (const entry of allow) {
    const denied = [...deny, ...outer.deny].find((other) => contains(other.block, entry.block));
    if (denied)
      ctx.fault(
        entry.path,
        `"${entry.text}" lies within "${denied.text}", which is denied first`,
        "remove one of the two, or deny a smaller block",
        [denied.path],
      );
    else if (outer.allow.length > 0 && !outer.allow.some((other) => meet(other.block, entry.block)))
      ctx.fault(
        entry.path,
        `the gateway's own allowCidrs let no address of "${entry.text}" through`,
        "remove it, or widen access.allowCidrs",
        [["access"]],
      );
  }
  const distinct = (entries: readonly Entry[]) => [...new Set(entries.map((entry) => entry.text))];
  return { lists: { allowCidrs: distinct(allow), denyCidrs: distinct(deny) }, allow, deny };
}

const meet = (a: Block, b: Block) => contains(a, b) || contains(b, a);

function resolveEntry(text: string, path: readonly PathPart[], deny: boolean, ctx: ResolveContext): Entry | undefined {
  const parsed = parseBlock(text);
  if ("problem" in parsed) {
    ctx.fault(path, `${show(text)} ${parsed.problem}`, parsed.remedy);
    return undefined;
  }
  if (parsed.block.bits === 0) {
    ctx.fault(
      path,
      `"${text}" is every address`,
      deny ? "deny smaller blocks; a gateway nobody may reach is better not deployed" : "leave allowCidrs out to allow every address",
    );
    return undefined;
  }
  if (!parsed.strict) {
    ctx.fault(path, `"${text}" has address bits set beyond its /${parsed.block.bits}`, `write ${parsed.canonical}`);
    return undefined;
  }
  return { block: parsed.block, text: parsed.canonical, path };
}
