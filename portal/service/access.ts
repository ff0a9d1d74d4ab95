import { type Actor, Refusal, type Role } from "../service.ts";

/** Whether the actor's roles hold for a stack. */
export const reaches = ({ stacks }: Actor, stack: string): boolean => stacks.some((glob) => matches(glob, stack));

/** `*` stands for any characters, everything else for itself. */
function matches(glob: string, name: string): boolean {
  const parts = glob.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
}

/** Whether the actor may see a stack: every role may. */
export const sees = (actor: Actor, stack: string): boolean => actor.roles.length > 0 && reaches(actor, stack);

/**
 * Refuses what the actor may not do with a stack. It does not depend on whether there is such a stack, so that a refusal tells nothing.
 *
 * @param roles any one of these is enough
 * @throws Refusal `forbidden`
 */
export function demand(actor: Actor, stack: string, ...roles: readonly Role[]): void {
  if (reaches(actor, stack) && roles.some((role) => actor.roles.includes(role))) return;
  throw new Refusal(
    "forbidden",
    `${actor.name} may not do this with this stack`,
    `ask an administrator for the role ${roles.join(" or ")} on it`,
  );
}

/** Refuses what concerns the whole portal. @throws Refusal `forbidden` */
export function demandEverywhere(actor: Actor, role: Role): void {
  if (actor.roles.includes(role) && actor.stacks.includes("*")) return;
  throw new Refusal("forbidden", `${actor.name} may not do this`, `ask an administrator for the role ${role} on every stack`);
}

/** What every role may: look. */
export const ANY: readonly Role[] = ["viewer", "requester", "approver", "admin"];
