import { titleOf } from "./page.ts";
import type { PlanSize } from "./plan.ts";
import type { Sections } from "./results.ts";

const [WIDTH, HEIGHT] = [860, 420];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 350, 24, 56];
const COLOURS: Readonly<Record<string, string>> = {
  floor: "#8a8f98",
  aws: "#d97706",
  azure: "#2563eb",
  gcp: "#16a34a",
  local: "#7c3aed",
  pulumi: "#be185d",
  cdk: "#111827",
};

/** Processor time of a plan by number of routes, both axes logarithmic; undefined when it was not measured. */
export function planPicture(all: Sections): string | undefined {
  const sizes = (all.plan?.result as { sizes: PlanSize[] } | undefined)?.sizes;
  const [first, last] = [sizes?.[0], sizes?.at(-1)];
  if (sizes === undefined || first === undefined || last === undefined || first === last) return undefined;
  const names = Object.keys(first.costs);
  const seconds = sizes.flatMap(({ costs }) => names.map((name) => costs[name]?.cpu ?? Number.NaN)).filter((value) => value > 0);
  /** The largest size a program reached, where its line ends. */
  const reached = (name: string) => sizes.findLast(({ costs }) => name in costs) ?? first;
  const label = (name: string) => {
    const { routes } = reached(name);
    return plain(titleOf(name)) + (routes === last.routes ? "" : `, ends at ${routes.toLocaleString("en-US")}`);
  };
  const [low, high] = [10 ** Math.floor(Math.log10(Math.min(...seconds))), 10 ** Math.ceil(Math.log10(Math.max(...seconds)))];
  const across = (routes: number) =>
    LEFT +
    ((Math.log10(routes) - Math.log10(first.routes)) / (Math.log10(last.routes) - Math.log10(first.routes))) * (WIDTH - LEFT - RIGHT);
  const up = (value: number) =>
    HEIGHT - BOTTOM - ((Math.log10(value) - Math.log10(low)) / (Math.log10(high) - Math.log10(low))) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, index) => low * 10 ** index);
  const grid = [
    ...ticks.map((value) => `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(up(value))}" y2="${at(up(value))}"/>`),
    ...sizes.map(({ routes }) => `<line x1="${at(across(routes))}" x2="${at(across(routes))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>`),
  ];
  const labels = [
    ...ticks.map((value) => `<text x="${LEFT - 8}" y="${at(up(value) + 4)}" text-anchor="end">${value} s</text>`),
    ...sizes.map(
      ({ routes }) =>
        `<text x="${at(across(routes))}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${routes.toLocaleString("en-US")}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">routes</text>`,
  ];
  // Names of lines that end close together are moved apart.
  let free = Number.NEGATIVE_INFINITY;
  const ends = names.map((name) => ({ name, y: up(reached(name).costs[name]?.cpu ?? low) })).sort((a, b) => a.y - b.y);
  const legend = ends.map(({ name, y }) => {
    free = Math.max(y, free + 16);
    return `<text x="${WIDTH - RIGHT + 12}" y="${at(free + 4)}" fill="${COLOURS[name]}">${label(name)}</text>`;
  });
  const lines = names.map((name) => {
    const points = sizes
      .flatMap(({ routes, costs: { [name]: cost } }) => (cost ? [`${at(across(routes))},${at(up(cost.cpu))}`] : []))
      .join(" ");
    return `<polyline points="${points}" fill="none" stroke="${COLOURS[name]}" stroke-width="2"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#374151">`,
    "<title>Processor time of a plan by number of routes</title>",
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<g stroke="#e5e7eb">${grid.join("")}</g>`,
    ...labels,
    ...lines,
    ...legend,
    "</svg>",
    "",
  ].join("\n");
}

const at = (value: number) => value.toFixed(1);
const plain = (text: string) => text.replaceAll("`", "").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
