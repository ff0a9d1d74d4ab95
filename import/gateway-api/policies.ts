import { mergePatch } from "../../components/spec/overlay.ts";
import type { Callers, Draft } from "../draft.ts";
import { type KubeObject, targetsOf } from "./objects.ts";
import { readSecurity } from "./security.ts";
import { readTraffic } from "./traffic.ts";

/** What policies do to a route. */
export interface PolicyEffects {
  readonly fields: Record<string, unknown>;
  readonly callers: Callers;
}

interface Entry {
  readonly object: KubeObject;
  readonly targets: ReturnType<typeof targetsOf>;
  effects: { fields: Record<string, unknown>; callers?: Callers } | undefined;
}

/** SecurityPolicy and BackendTrafficPolicy. The one nearest to a route counts: its rule, then the route, then the gateway. */
export class PolicyBook {
  readonly #draft: Draft;
  readonly #entries: readonly Entry[];

  constructor(draft: Draft, objects: readonly KubeObject[]) {
    this.#draft = draft;
    this.#entries = objects.map((object) => ({ object, targets: targetsOf(object), effects: undefined }));
  }

  of(route: KubeObject, section: string | undefined, gateways: readonly string[]): PolicyEffects {
    const security = this.#nearest("SecurityPolicy", route, section, gateways);
    const traffic = this.#nearest("BackendTrafficPolicy", route, section, gateways);
    return {
      fields: mergePatch(security?.fields ?? {}, traffic?.fields ?? {}) as Record<string, unknown>,
      callers: security?.callers ?? "unsaid",
    };
  }

  #nearest(kind: string, route: KubeObject, section: string | undefined, gateways: readonly string[]): Entry["effects"] {
    const near = (entry: Entry) =>
      Math.max(
        0,
        ...entry.targets.map((target) => {
          if (target.kind === route.kind && target.name === route.name)
            return target.section === undefined ? 2 : target.section === section ? 3 : 0;
          return target.kind === "Gateway" && gateways.includes(target.name) ? 1 : 0;
        }),
      );
    const [found] = this.#entries.filter((entry) => entry.object.kind === kind && near(entry) > 0).sort((a, b) => near(b) - near(a));
    if (found === undefined) return undefined;
    found.effects ??= kind === "SecurityPolicy" ? readSecurity(found.object, this.#draft) : readTraffic(found.object);
    return found.effects;
  }

  /** Policies no route of the input is under. */
  finish(): void {
    for (const { object, effects } of this.#entries)
      if (effects === undefined)
        object.root.leave("protection", "no route of the input is under this policy", "import it together with its routes");
  }
}
