import { type Address, formatAddress, parseAddress } from "../machine/addresses.ts";
import { holdersOf, type PortHolder } from "../machine/listeners.ts";
import { describe } from "../machine/processes.ts";
import { propertyText } from "../resources/inputs.ts";
import { ResourceError } from "../resources/kind.ts";
import type { HostInputs } from "./inputs.ts";

/** Addresses a Host needs, each with the property that asks for it. */
export function addressesOf({ listeners, services }: Pick<HostInputs, "listeners" | "services">): { property: string; address: Address }[] {
  const asked = listeners.flatMap((listener, index) => {
    const address = parseAddress(listener);
    return address ? [{ property: `listeners[${index}]`, address }] : [];
  });
  const own = Object.entries(services).map(([name, { port }]) => ({
    property: propertyText(["services", name, "port"]),
    address: { host: "127.0.0.1", port },
  }));
  return [...asked, ...own];
}

/**
 * Makes sure that nobody else listens where this gateway has to. Envoy would share a port with another Envoy, and connections would go to
 * either.
 *
 * @param own processes of this gateway
 * @throws ResourceError naming every address taken and who has it
 */
export async function requireFree(needed: readonly { property: string; address: Address }[], own: ReadonlySet<number>): Promise<void> {
  const taken = await Promise.all(
    needed.map(async ({ property, address }) => {
      const others = (await holdersOf(address)).filter(({ pid }) => pid === undefined || !own.has(pid));
      return others.length === 0 ? [] : [`${property}: ${formatAddress(address)} is in use by ${people(others)}`];
    }),
  );
  const faults = taken.flat();
  if (faults.length > 0) throw new ResourceError(`${faults.join("; ")}: end ${faults.length === 1 ? "it" : "them"} or choose another port`);
}

const people = (holders: readonly PortHolder[]): string =>
  [...new Set(holders.map(({ pid }) => (pid === undefined ? "a process of another user" : describe(pid))))].join(" and ");
