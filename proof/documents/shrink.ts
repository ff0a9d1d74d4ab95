import type { Cloud } from "../../components/backends/contract.ts";
import { judge } from "../../components/backends/judge.ts";
import { loadDocument } from "../../components/spec/load.ts";
import { planInTheOpen } from "../open-plan.ts";
import { observe } from "../parity/observe.ts";

type Path = readonly string[];

const TRIES = 40;

/** The smallest document found that still shows a control weaker: parts are taken out one after the other as long as it does. */
export async function shrink(
  cloud: Cloud,
  document: Record<string, unknown>,
  secrets: Readonly<Record<string, string>>,
  control: string,
): Promise<Record<string, unknown>> {
  let smallest = document;
  let tries = 0;
  for (let again = true; again && tries < TRIES; ) {
    again = false;
    for (const path of paths(smallest)) {
      tries += 1;
      if (tries >= TRIES) break;
      const candidate = without(smallest, path) as Record<string, unknown>;
      if (await shows(cloud, candidate, secrets, control)) {
        smallest = candidate;
        again = true;
        break;
      }
    }
  }
  return smallest;
}

async function shows(
  cloud: Cloud,
  value: Record<string, unknown>,
  secrets: Readonly<Record<string, string>>,
  control: string,
): Promise<boolean> {
  const { model } = await loadDocument({
    file: "document.json",
    text: JSON.stringify(value),
    read: () => Promise.reject(new Error("no files")) as never,
  });
  if (model === undefined || judge(cloud, model).faults.length > 0) return false;
  const plan = await planInTheOpen({ cloud, model, secrets });
  return observe(plan, model).some((one) => one.control === control && one.verdict === "weaker");
}

/** Every part of a document, the larger before what is in them. */
function paths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [];
  const own = Object.keys(value).map((key) => [...path, key]);
  return [...own, ...own.flatMap((one) => paths((value as Record<string, unknown>)[one.at(-1) as string], one))];
}

function without(value: unknown, [key = "", ...rest]: Path): unknown {
  if (Array.isArray(value))
    return rest.length === 0
      ? value.filter((_, index) => String(index) !== key)
      : value.map((entry, index) => (String(index) === key ? without(entry, rest) : entry));
  const { [key]: own, ...others } = value as Record<string, unknown>;
  return rest.length === 0 ? others : { ...others, [key]: without(own, rest) };
}
