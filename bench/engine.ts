import { Lab } from "../test/engine/local/support/lab.ts";
import { pathOf } from "./documents.ts";
import { median, rounded } from "./measure.ts";

const routes = (count: number) => ({
  routes: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `route-${index}`,
      { path: pathOf(index), methods: ["GET"], backend: "catalog", public: true, rewrite: { path: "/products" } },
    ]),
  ),
});

/** `up` that changes nothing, and `preview`, of a gateway on this machine with 10 and 1,000 routes: the real engine, provider and Envoy. */
export async function benchEngine(rounds = 5) {
  const lab = await Lab.open();
  try {
    const small = await lab.gateway("small");
    const large = await lab.gateway("large");
    const created = { small: await small.up(routes(10)), large: await large.up(routes(1000)) };
    const seconds = { up10: [] as number[], up1000: [] as number[], preview10: [] as number[], preview1000: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      seconds.up10.push((await small.run("up")).seconds);
      seconds.up1000.push((await large.run("up")).seconds);
      seconds.preview10.push((await small.run("preview")).seconds);
      seconds.preview1000.push((await large.run("preview")).seconds);
    }
    const [up10, up1000, preview10, preview1000] = [seconds.up10, seconds.up1000, seconds.preview10, seconds.preview1000].map((list) =>
      rounded(median(list), 2),
    ) as [number, number, number, number];
    return {
      resources: { at10: created.small.changes.create, at1000: created.large.changes.create },
      seconds: {
        firstUp10: rounded(created.small.seconds, 2),
        firstUp1000: rounded(created.large.seconds, 2),
        noopUp10: up10,
        noopUp1000: up1000,
        preview10,
        preview1000,
      },
      ratios: { noopUp1000To10: rounded(up1000 / up10, 2), preview1000To10: rounded(preview1000 / preview10, 2) },
    };
  } finally {
    await lab.close();
  }
}
