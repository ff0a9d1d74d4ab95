import type { Deployed } from "./deploy.ts";
import type { PlanSize } from "./plan.ts";
import type { PortalFigures, Spread } from "./portal.ts";
import type { Section, Sections } from "./results.ts";

/** bench/RESULTS.md: every figure with the command that made it, on which machine and how busy it was. */
export function resultsPage(all: Sections): string {
  const parts = Object.entries(WRITERS).flatMap(([name, [title, write]]) => {
    const section = all[name];
    return section === undefined ? [] : [`## ${title}`, "", made(section), "", ...write(section.result as never), ""];
  });
  return [
    "# Results",
    "",
    "Written by the commands below; [README.md](README.md) says what is measured and how. Programs that are compared ran in turn in the same run. Read the ratios, and the",
    "processor time where the machine was busy: a load above the number of cores means that other programs wanted them too.",
    "",
    ...parts,
  ].join("\n");
}

function made({ at, command, machine }: Section): string {
  const busy = `load ${machine.loadBefore} on ${machine.cores} cores (${machine.model.trim()}), Node ${machine.node.slice(1)}`;
  return `\`${command}\`, ${at.slice(0, 16).replace("T", " ")} UTC, ${busy}.`;
}

type Writer = readonly [title: string, write: (result: never) => string[]];

const WRITERS: Readonly<Record<string, Writer>> = {
  plan: ["Plans against the peers", planLines as Writer[1]],
  warm: ["Validate, plan and judge in a warm process", warmLines as Writer[1]],
  deploy: ["Through the engine, simulated clouds", deployLines as Writer[1]],
  engine: ["Through the engine, this machine", engineLines as Writer[1]],
  portal: ["From a click in the portal to what happens", portalLines as Writer[1]],
  gateway: ["The live gateway against a bare proxy", gatewayLines as Writer[1]],
};

const TITLES: Readonly<Record<string, string>> = {
  floor: "floor: Node and the SDK",
  aws: "`gateway plan`, AWS",
  azure: "`gateway plan`, Azure",
  gcp: "`gateway plan`, Google Cloud",
  local: "`gateway plan`, this machine",
  pulumi: "Pulumi by hand, a resource per route",
  cdk: "AWS CDK synthesis",
};

export const titleOf = (name: string) => TITLES[name] ?? name;

type Cells = readonly (string | number | undefined)[];

const table = (head: Cells, rows: readonly Cells[]): string[] => [
  `| ${head.join(" | ")} |`,
  `|${" --- |".repeat(head.length)}`,
  ...rows.map((row) => `| ${row.map((cell) => cell ?? "").join(" | ")} |`),
];

const digits = (value: number | null | undefined, count = 2) =>
  typeof value === "number" && !Number.isNaN(value) ? value.toFixed(count) : "";
const withCommas = (value: number) => value.toLocaleString("en-US");

function planLines({
  sizes,
  perRoute,
  rounds,
}: {
  sizes: PlanSize[];
  perRoute: Record<string, (number | null)[]>;
  rounds: number;
}): string[] {
  const names = Object.keys(sizes[0]?.costs ?? {});
  const head = (first: string) => [first, ...sizes.map(({ routes }) => `${withCommas(routes)} routes`)];
  const rows = (cell: (size: PlanSize, name: string) => string | undefined) =>
    names.map((name) => [titleOf(name), ...sizes.map((size) => size.failures[name] ?? cell(size, name))]);
  const several = sizes
    .filter(({ gateways }) => gateways > 1)
    .map(({ routes, gateways }) => `${withCommas(routes)} routes are ${gateways} gateways`);
  const steps = sizes.slice(1).map(({ routes }, index) => `${withCommas(sizes[index]?.routes ?? 0)} to ${withCommas(routes)}`);
  return [
    "![Processor time of a plan by number of routes](plan.svg)",
    "",
    `Medians of ${rounds} rounds (2 at 1,000 routes, 1 at 10,000). Processes from start to end.${several.length > 0 ? ` On the clouds ${several.join(", ")}: none takes more in one API.` : ""}`,
    "",
    ...table(
      head("Processor seconds"),
      rows((size, name) => digits(size.costs[name]?.cpu)),
    ),
    "",
    ...table(
      head("Wall seconds"),
      rows((size, name) => digits(size.costs[name]?.wall)),
    ),
    "",
    ...table(
      head("Memory, MiB"),
      rows((size, name) => digits(size.costs[name]?.memory, 0)),
    ),
    "",
    ...table(
      head("Resources"),
      rows((size, name) => (name === "floor" ? "" : withCommas(size.resources[name] ?? 0))),
    ),
    "",
    ...table(
      head("Processor time against the plan for AWS"),
      ["floor", "pulumi", "cdk"].map((name) => [
        titleOf(name),
        ...sizes.map(
          ({ costs, failures }) => failures[name] ?? `${digits((costs[name]?.cpu ?? Number.NaN) / (costs.aws?.cpu ?? Number.NaN))} ×`,
        ),
      ]),
    ),
    "",
    ...table(
      ["Processor milliseconds per further route", ...steps],
      Object.entries(perRoute).map(([name, values]) => [titleOf(name), ...values.map((value) => digits(value))]),
    ),
  ];
}

interface WarmTimes {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly memoryMib: number;
}

function warmLines({
  routes,
  at100,
  rounds,
}: {
  routes: Record<string, WarmTimes>;
  at100: Record<string, WarmTimes>;
  rounds: number;
}): string[] {
  const row = (name: string, { wallMs, cpuMs, memoryMib }: WarmTimes) => [
    name,
    withCommas(wallMs),
    withCommas(cpuMs),
    withCommas(memoryMib),
  ];
  return [
    `Medians of the second half of ${rounds} rounds in one process. The aim: 100 routes on all four targets in less than 1,000 ms.`,
    "",
    ...table(
      ["", "wall, ms", "processor, ms", "memory, MiB"],
      [
        ...Object.entries(routes).map(([count, times]) => row(`${withCommas(Number(count))} routes, all four`, times)),
        ...Object.entries(at100).map(([cloud, times]) => row(`100 routes, ${cloud}`, times)),
      ],
    ),
  ];
}

function deployLines(clouds: Record<string, Record<string, Deployed | string>>): string[] {
  return [
    "The engine is the real one with its state in files; the clouds are simulated and answer at once, so that what is left is the program, the engine and the SDK. 10,000 routes are five gateways in five stacks, deployed one after the other; a change of one route is the `up` of its stack. *By hand* is a resource, a method and an integration for each route, without certificate, firewall, logs or authorizer.",
    "",
    ...table(
      [
        "Cloud",
        "routes",
        "resources",
        "first `up`, s",
        "`up` without a change, s",
        "`up` after a change of one route, s",
        "resources it touches",
        "memory, MiB",
      ],
      Object.entries(clouds).flatMap(([cloud, sizes]) =>
        Object.entries(sizes).map(([routes, one]) =>
          typeof one === "string"
            ? [cloud, withCommas(Number(routes)), "", one]
            : [
                cloud,
                withCommas(Number(routes)),
                one.resources,
                digits(one.firstUpSeconds),
                digits(one.noopUpSeconds),
                digits(one.oneRouteSeconds),
                one.oneRouteChanges,
                one.memoryMib,
              ],
        ),
      ),
    ),
  ];
}

function portalLines({ stacks, clicks, cli, firstEvent, firstOfRunner, firstOfEngine, ratios }: PortalFigures): string[] {
  const row = (name: string, { p50, p95 }: Spread, ratio?: number) => [name, withCommas(p50), withCommas(p95), digits(ratio)];
  return [
    `${stacks} stacks in the portal; ${clicks} previews asked for over HTTP, one after the other, each followed as Server-Sent Events, and a start of the Pulumi CLI after each.`,
    "",
    ...table(
      ["", "p50, ms", "p95, ms", "p95 against the CLI's"],
      [
        ["`pulumi version`", cli.p50, cli.p95, "1"],
        row("click to the first event: it is in the queue", firstEvent, ratios.firstEvent),
        row("click to the first word of the operation's own process", firstOfRunner, ratios.firstOfRunner),
        row("click to the first resource the engine tells of", firstOfEngine, ratios.firstOfEngine),
      ],
    ),
  ];
}

function engineLines({ seconds, resources }: { seconds: Record<string, number>; resources: Record<string, number> }): string[] {
  return table(
    ["Wall seconds", "10 routes", "1,000 routes"],
    [
      ["first `up`", digits(seconds.firstUp10), digits(seconds.firstUp1000)],
      ["`up` that changes nothing", digits(seconds.noopUp10), digits(seconds.noopUp1000)],
      ["`preview`", digits(seconds.preview10), digits(seconds.preview1000)],
      ["resources", resources.at10, resources.at1000],
    ],
  );
}

interface Reloads {
  readonly changes: number;
  readonly takenOverMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

interface GatewayFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p99RangeMs: readonly [number, number];
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerCoreSecond: number;
  readonly memoryMib?: number;
}

interface Above {
  readonly ms: number;
  readonly halfMs: readonly [number, number];
}

interface LiveGateway {
  readonly load: Readonly<Record<"perSecond" | "seconds" | "rounds" | "warmSeconds" | "reloadPerSecond", number>>;
  readonly figures: Readonly<Record<string, GatewayFigures>>;
  readonly reloads: Readonly<Record<string, Reloads>>;
  readonly aboveBare: Readonly<Record<"10" | "1000", { readonly p50: Above; readonly p99: Above }>>;
  readonly full1000To10: { readonly p50: number; readonly p99: number; readonly cpu: number };
}

function gatewayLines({ figures, load, reloads, aboveBare, full1000To10 }: LiveGateway): string[] {
  const name = (key: string) =>
    `${key.startsWith("bare") ? "bare TLS proxy" : "every policy"}, ${withCommas(Number(/\d+$/.exec(key)?.[0]))} routes`;
  const above = (what: "p50" | "p99") =>
    (["10", "1000"] as const)
      .map((count) => {
        const { ms, halfMs } = aboveBare[count][what];
        return `${digits(ms)} ms at ${withCommas(Number(count))} routes (half of the rounds between ${digits(halfMs[0])} and ${digits(halfMs[1])})`;
      })
      .join(", ");
  return [
    `Open loop by Vegeta over HTTP/1.1: ${load.perSecond} requests a second to each of the four, one after the other in turn, so that a busy moment of the machine falls on all alike; ${load.rounds} rounds of ${load.seconds} s after ${load.warmSeconds} s that are not counted. Latencies are those of all rounds together; the backend is an Envoy that answers by itself.`,
    "",
    ...table(
      ["", "p50, ms", "p99, ms", "p99 of the rounds, ms", "processor, µs per request", "requests per core and second", "memory, MiB"],
      Object.entries(figures).map(([key, one]) => [
        name(key),
        digits(one.p50Ms),
        digits(one.p99Ms),
        `${digits(one.p99RangeMs[0])} to ${digits(one.p99RangeMs[1])}`,
        one.cpuMicrosPerRequest,
        withCommas(one.requestsPerCoreSecond),
        one.memoryMib,
      ]),
    ),
    "",
    `Every policy above the bare proxy, p50: ${above("p50")}; p99: ${above("p99")} (aim: at most 1 ms). Every policy at 1,000 routes against 10: p50 ${digits(full1000To10.p50)} ×, p99 ${digits(full1000To10.p99)} × (aim: at most 1.5 ×), processor ${digits(full1000To10.cpu)} ×.`,
    "",
    `At ${load.reloadPerSecond} requests a second one route is changed again and again, each change as soon as Envoy has taken over the one before:`,
    "",
    ...table(
      ["", "changes", "until taken over, ms", "p50, ms", "p99, ms", "requests not answered 200"],
      Object.entries(reloads).map(([routes, one]) => [
        `every policy, ${withCommas(Number(routes))} routes`,
        one.changes,
        digits(one.takenOverMs, 0),
        digits(one.p50Ms),
        digits(one.p99Ms),
        one.failed,
      ]),
    ),
  ];
}
