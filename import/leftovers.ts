import { formatPath, type PathPart } from "../components/spec/faults.ts";

/** What leaving a thing out means. In the order a reader should look at them. */
export const WEIGHTS = {
  protection: "a protection of the old gateway that the document does not have yet",
  behaviour: "requests are handled differently",
  unknown: "not known to the import",
  operation: "runs the old gateway and has no place in a document",
  description: "describes the API and does not steer a gateway",
} as const;

export type Weight = keyof typeof WEIGHTS;

/** Something the document does not have, at one or more places of the input. */
export interface Leftover {
  readonly weight: Weight;
  readonly file: string;
  /** Places in the file, such as `services[0].plugins[1].config.anonymous`; `""` is the whole file. */
  readonly paths: readonly string[];
  /** Line of the first place, from 1. */
  readonly line: number | undefined;
  /** What it is and why it could not be carried over. */
  readonly what: string;
  /** What to do. */
  readonly remedy: string;
}

export interface Place {
  readonly file: string;
  readonly label: string | undefined;
  readonly path: readonly PathPart[];
  readonly line: () => number | undefined;
}

export interface Remark {
  readonly weight: Weight;
  readonly what: string;
  readonly remedy: string;
  readonly place: Place;
}

/** `HTTPRoute/shop spec.rules[0]`, or `spec.rules[0]` where the file holds one document. */
export const placeText = ({ label, path }: Pick<Place, "label" | "path">) => [label ?? [], formatPath(path)].flat().join(" ").trim();

/** The same remark at many places is one leftover; the weightiest come first, then the order of the input. */
export function collectLeftovers(remarks: readonly Remark[]): Leftover[] {
  const groups = new Map<string, Remark[]>();
  for (const remark of remarks) {
    const key = [remark.weight, remark.place.file, remark.what, remark.remedy].join("\n");
    const group = groups.get(key);
    if (group) group.push(remark);
    else groups.set(key, [remark]);
  }
  const order = Object.keys(WEIGHTS);
  return [...groups.values()]
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const { weight, what, remedy, place } = first;
      const paths = [...new Set(group.map((remark) => placeText(remark.place)))];
      // Lines are looked up when they are shown: finding them means parsing the text again.
      return [
        {
          weight,
          file: place.file,
          paths,
          what,
          remedy,
          get line() {
            return place.line();
          },
        },
      ];
    })
    .sort((a, b) => order.indexOf(a.weight) - order.indexOf(b.weight));
}
