import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { type Point, Soak, type Victim } from "../test/engine/portal/kill/soak.ts";
import { PostgresServer } from "../test/support/postgres.ts";

/**
 * Kills the portal, its runners and its database at random moments of operations, and checks after each that nothing is lost, doubled or left locked:
 * `node bench/portal-kill.ts [points] [minutes] [report]`. Half of the points have the embedded database, half a server, where there is one.
 */
const [, , points = "100", minutes = "120", report] = process.argv;
const began = Date.now();
const deadline = began + Number(minutes) * 60_000;

/** Numbers from a seed, so that a run can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

async function run(
  name: string,
  count: number,
  victims: readonly Victim[],
  postgres: PostgresServer | undefined,
  seed: number,
): Promise<Point[]> {
  const next = random(seed);
  const soak = await Soak.open(postgres);
  const done: Point[] = [];
  try {
    // Moments are chosen within the time an operation takes on this machine when nothing is killed.
    const typicalMs = (await soak.point("nothing", 0)).seconds * 1000;
    for (let index = 0; index < count && Date.now() < deadline; index++) {
      const victim = victims[Math.floor(next() * victims.length)] as Victim;
      const point = await soak.point(victim, Math.round(next() * typicalMs));
      done.push(point);
      process.stdout.write(`${name} ${index + 1}/${count}: ${JSON.stringify(point)}\n`);
    }
  } finally {
    await soak.close();
  }
  return done;
}

function rowsOf(name: string, done: readonly Point[]): string[] {
  return (["runner", "portal", "postgres"] as const).flatMap((victim) => {
    const of = done.filter((point) => point.victim === victim);
    if (of.length === 0) return [];
    const longest = Math.max(...of.map(({ seconds }) => seconds)).toFixed(0);
    const succeeded = of.filter(({ state }) => state === "succeeded").length;
    return [`| ${name} | ${victim} | ${of.length} | ${of.filter(({ hit }) => hit).length} | ${succeeded} | ${longest} s |`];
  });
}

const postgres = await PostgresServer.start();
const half = Math.ceil(Number(points) / 2);
try {
  const [embedded, server] = await Promise.all([
    run("embedded", postgres === undefined ? Number(points) : half, ["runner", "portal"], undefined, 1),
    postgres === undefined ? [] : run("server", Number(points) - half, ["runner", "portal", "postgres"], postgres, 2),
  ]);
  const all = [...embedded, ...server];
  const text = `# Killing the portal

What \`node bench/portal-kill.ts\` found on ${new Date().toISOString().slice(0, 10)}: ${all.length} operations (three in four deploy, one destroys), in each of which one process was ended by SIGKILL at a random moment.
The machine has ${cpus().length} cores and did other work at the same time; the run took ${Math.round((Date.now() - began) / 60_000)} minutes.

After every one of them was checked, and held: the operation ended, and so did whatever the portal started by itself; a reader that was cut off and came back had every event once, numbered
without gaps, and a reader from the beginning saw the same; what the state lists is what the provider has made, each thing once; no lock was left in the state; the next operation on
the same stack needed nothing done by hand.

| Database | Killed | Operations | There was one to kill | Succeeded in the end | Longest, with planning and checks |
|---|---|---:|---:|---:|---:|
${[...rowsOf("embedded", embedded), ...rowsOf("server", server)].join("\n")}

With the embedded database, killing the portal kills the database. A runner that had not begun, or had ended, could not be killed.
`;
  process.stdout.write(text);
  if (report !== undefined) writeFileSync(report, text);
} finally {
  await postgres?.close();
}
