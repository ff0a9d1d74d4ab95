import { randomBytes } from "node:crypto";
import * as z from "zod";
import { changedInputs, loweredGeneration } from "./differences.ts";
import { newId } from "./identifier.ts";
import { importedText } from "./import-file.ts";
import { propertyText } from "./inputs.ts";
import { ResourceError, type ResourceKind } from "./kind.ts";

const KEY_BYTES = 32;

const consumer = z.strictObject({
  generation: z.int().min(1).max(1_000_000).meta({ description: "Raise by one for a new key." }),
  keepPrevious: z.boolean().meta({ description: "Accept the key before as well, until the generation after or until this is false." }),
});

const inputs = z.strictObject({
  consumers: z.record(z.string().min(1).max(128), consumer).meta({ description: "Generation of the key by consumer." }),
});

const outputs = z.strictObject({
  keys: z.record(z.string(), z.string()).meta({ description: "The current key by consumer; secret." }),
  accepted: z
    .record(z.string(), z.array(z.string()))
    .meta({ description: "Every key accepted now by consumer: the current one and, where kept, the one before; secret." }),
});

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;

const newKey = () => randomBytes(KEY_BYTES).toString("base64url");

/** Keys for the wanted consumers: those in place stay, a raised generation or a new consumer gets a new one. */
function keysFor(wanted: Inputs, before?: { inputs: Inputs; outputs: Outputs }): Outputs {
  const entries = Object.entries(wanted.consumers).map(([name, { generation, keepPrevious }]) => {
    const current = before && Object.hasOwn(before.outputs.keys, name) ? before.outputs.keys[name] : undefined;
    if (current === undefined || before === undefined) return [name, [newKey()]] as const;
    if (before.inputs.consumers[name]?.generation !== generation) return [name, keepPrevious ? [newKey(), current] : [newKey()]] as const;
    return [name, keepPrevious ? (before.outputs.accepted[name] ?? [current]) : [current]] as const;
  });
  return {
    keys: Object.fromEntries(entries.map(([name, [current]]) => [name, current])),
    accepted: Object.fromEntries(entries.map(([name, accepted]) => [name, [...accepted]])),
  };
}

export const apiKeys: ResourceKind<Inputs, Outputs> = {
  token: "localgateway:index:ApiKeys",
  description: "API keys of every consumer: 256 random bits each, base64url. One resource however many consumers there are.",
  inputs,
  outputs,
  secretInputs: [],
  secretOutputs: [["keys"], ["accepted"]],

  check: (wanted, before) =>
    Object.entries(wanted.consumers).flatMap(([name, { generation }]) =>
      loweredGeneration(propertyText(["consumers", name, "generation"]), before.consumers?.[name]?.generation, generation),
    ),

  async diff(_id, before, wanted) {
    return { changes: changedInputs(before.inputs, wanted, ["consumers"]) };
  },

  create: async (wanted) => ({ id: newId("api-keys"), outputs: keysFor(wanted) }),
  update: async (_id, before, wanted) => keysFor(wanted, before),
  refresh: async (_id, before) => before,

  async import(path) {
    const expected = 'a JSON file { "<consumer>": "<key>" or ["<current key>", "<key before>"] }';
    const text = importedText(path, expected);
    const key = z.string().regex(/^[A-Za-z0-9_-]{32,256}$/);
    const parsed = z.record(
      z.string().min(1).max(128),
      z.union([key.transform((one) => [one]), z.tuple([key], key).refine((list) => list.length <= 2)]),
    );
    const result = parsed.safeParse(parseJson(text));
    if (!result.success)
      throw new ResourceError(
        `${path} is not ${expected}, each key of 32 to 256 characters out of A-Z a-z 0-9 - _: see ${result.error.issues.map((issue) => propertyText(issue.path as string[]) || "its top level").join(", ")}`,
      );
    const entries = Object.entries(result.data);
    return {
      id: newId("api-keys"),
      inputs: { consumers: Object.fromEntries(entries.map(([name, keys]) => [name, { generation: 1, keepPrevious: keys.length > 1 }])) },
      outputs: {
        keys: Object.fromEntries(entries.map(([name, [current = ""]]) => [name, current])),
        accepted: Object.fromEntries(entries.map(([name, keys]) => [name, [...keys]])),
      },
    };
  },
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
