import type { Draft } from "../draft.ts";
import type { Field } from "../reader.ts";
import { cidrOf } from "../values.ts";

/** `ip-filter`: the gateway's allow or deny list. */
export function readIpFilter(policy: Field, draft: Draft): void {
  const action = policy.text("@action");
  const blocks: string[] = [];
  for (const item of policy.items("address")) {
    const [field] = textFields(item);
    const block = cidrOf(field?.text() ?? "");
    if (block === undefined) item.leave("protection", "it is no address", "say it in access");
    else blocks.push(block);
  }
  for (const range of policy.items("address-range")) {
    const found = rangeBlocks(range.text("@from") ?? "", range.text("@to") ?? "");
    if (found === undefined) range.leave("protection", "it is no range of IPv4 addresses", "say it in access as address blocks");
    else blocks.push(...found);
  }
  if (action !== "allow" && action !== "forbid") {
    policy.leave("protection", "addresses are allowed or forbidden by a computed rule", "say them in access");
    return;
  }
  const access = draft.section("access");
  const list = action === "allow" ? "allowCidrs" : "denyCidrs";
  if (list === "allowCidrs" && access[list] !== undefined) {
    policy.leave(
      "protection",
      "a second list of allowed addresses, of which a caller must be on both",
      "say in access the addresses on both",
    );
    return;
  }
  access[list] = [...((access[list] as string[] | undefined) ?? []), ...blocks];
}

const textFields = (item: Field): Field[] => item.entries().flatMap(([key, field]) => (key === "#text" ? field : []));

const numberOf = (address: string): number | undefined => {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  return parts?.every((part) => part <= 255) ? parts.reduce((sum, part) => sum * 256 + part, 0) : undefined;
};

const textOf = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");

/** The fewest blocks that are exactly a range of addresses, both ends included. */
export function rangeBlocks(from: string, to: string): string[] | undefined {
  let [start, end]: (number | undefined)[] = [numberOf(from), numberOf(to)];
  if (start === undefined || end === undefined || end < start) return undefined;
  const blocks: string[] = [];
  while (start <= end) {
    let bits = 0;
    while (bits < 32 && start % 2 ** (bits + 1) === 0 && start + 2 ** (bits + 1) - 1 <= end) bits++;
    blocks.push(`${textOf(start)}/${32 - bits}`);
    start += 2 ** bits;
  }
  return blocks;
}
