import { z } from "zod";
import { admitsOnly, toAlternative } from "../resolve/alternatives.ts";
import { alternative } from "../schema/access.ts";

const alternatives = z.array(alternative).min(1);

/**
 * True when `require` lets in nobody whom `security` would not: what clients of the API are told must never be more than the gateway checks.
 * True as well when `require` has not the right shape, which is reported elsewhere.
 */
export function tightens(require: unknown, security: unknown): boolean {
  const [narrow, wide] = [alternatives.safeParse(require), alternatives.safeParse(security)];
  if (!narrow.success || !wide.success) return true;
  const allowed = wide.data.map(toAlternative);
  return narrow.data.map(toAlternative).every((item) => allowed.some((other) => admitsOnly(item, other)));
}
