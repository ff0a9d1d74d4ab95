import type { Cloud, Finding } from "../../../components/backends/contract.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { backendFacts } from "./backend-facts.ts";
import { frontFacts } from "./front-facts.ts";
import { providerFacts, routeFacts } from "./route-facts.ts";
import { isWeaker, type Strength } from "./strength.ts";

/** One control at one place, as far as two documents can be compared by it. */
export interface ControlFact {
  /** In the words of docs/semantics.md, such as `require` or `tls.minimumVersion`. */
  readonly control: string;
  /** Where: `gateway`, `route list-orders`, `backend orders`, `jwt provider login`. */
  readonly place: string;
  /** For people. */
  readonly shown: string;
  readonly strength: Strength;
  /** What it means when the other document has no such control there: it protected (`weaker`), it let something through (`stronger`), or neither. */
  readonly absence: "weaker" | "stronger" | "neutral";
}

/** Every control of a model that has a strength, and what stays as a warning of the cloud it runs on. */
export function controlFacts(model: GatewayModel, cloud: Cloud, findings: readonly Finding[]): ControlFact[] {
  return [
    ...frontFacts(model, cloud),
    ...Object.values(model.jwtProviders).flatMap(providerFacts),
    ...model.routes.flatMap((route) => routeFacts(route)),
    ...Object.values(model.backends).flatMap(backendFacts),
    ...findings
      .filter(({ severity }) => severity === "warning")
      .map(
        ({ id, path, message }): ControlFact => ({
          control: `warning ${id}`,
          place: path || "the document",
          shown: message,
          strength: { kind: "free" },
          absence: "stronger",
        }),
      ),
  ];
}

/** A control that differs between two documents. */
export interface ControlDifference {
  readonly control: string;
  readonly place: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly weakens: boolean;
}

/** Compares what is deployed with what is planned; in the order of the plan, what is gone last. */
export function controlDifferences(before: readonly ControlFact[], after: readonly ControlFact[]): ControlDifference[] {
  const key = ({ control, place }: ControlFact) => `${place}\n${control}`;
  const [old, now] = [new Map(before.map((fact) => [key(fact), fact])), new Map(after.map((fact) => [key(fact), fact]))];
  const changed = [...now].flatMap(([name, fact]): ControlDifference[] => {
    const earlier = old.get(name);
    const { control, place, shown } = fact;
    if (earlier === undefined) return [{ control, place, before: null, after: shown, weakens: fact.absence === "stronger" }];
    const weakens = isWeaker(earlier.strength, fact.strength);
    return earlier.shown === shown && !weakens ? [] : [{ control, place, before: earlier.shown, after: shown, weakens }];
  });
  // What a route or backend that is gone had protects nothing any more.
  const places = new Set(after.map(({ place }) => place));
  const removed = [...old].flatMap(([name, { control, place, shown, absence }]): ControlDifference[] =>
    now.has(name) ? [] : [{ control, place, before: shown, after: null, weakens: absence === "weaker" && places.has(place) }],
  );
  return [...changed, ...removed];
}
