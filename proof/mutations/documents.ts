import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Cloud } from "../../components/backends/contract.ts";
import { loadModel } from "../../components/spec/load.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import { acceptedBy } from "../documents/accepted.ts";
import { testCertificates } from "../documents/certificates.ts";
import { randomDocument } from "../documents/random.ts";

/** A model to break the plan of. */
export interface Subject {
  readonly cloud: Cloud;
  /** The stack, the name of the written document, or the seed of the random one. */
  readonly name: string;
  readonly kind: "stack" | "written" | "random";
  readonly model: GatewayModel;
  readonly secrets: Readonly<Record<string, string>>;
}

/** The shop's stacks. */
const STACKS: Readonly<Record<Cloud, string>> = { aws: "aws-prod", azure: "azure-prod", gcp: "gcp-prod", local: "local" };

/** The shop's stack on a cloud, the documents written for it, and random documents by their seeds; those of which a cloud keeps nothing are left out. */
export async function subjectsOf(root: string, cloud: Cloud, seeds: readonly number[] = []): Promise<Subject[]> {
  const stack = STACKS[cloud];
  const { config } = parse(readFileSync(join(root, "stacks", `Pulumi.${stack}.yaml`), "utf8")) as { config: Record<string, unknown> };
  const model = await loadModel({
    file: join(root, String(config["secure-gateway:document"])),
    overlays: [{ value: config["secure-gateway:overlay"] ?? {}, origin: stack }],
  });
  const subjects: Subject[] = [{ cloud, name: stack, kind: "stack", model, secrets: {} }, ...(await writtenFor(root, cloud))];
  for (const seed of seeds) {
    const { value, secrets } = randomDocument(seed, testCertificates());
    const accepted = await acceptedBy(cloud, value);
    if (accepted.model) subjects.push({ cloud, name: `seed ${seed}`, kind: "random", model: accepted.model, secrets });
  }
  return subjects;
}

/** Documents that ask for what random ones do not: networks of one's own, ways to one's premises, other flavours. */
export async function writtenFor(root: string, cloud: Cloud): Promise<Subject[]> {
  const folder = join(root, "proof", "documents", "written", cloud);
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort();
  return Promise.all(
    files.map(async (file): Promise<Subject> => {
      const path = join(folder, file);
      const secrets = Object.fromEntries(secretsIn(parse(readFileSync(path, "utf8"))).map((name) => [name, madeUpSecret(name)]));
      return { cloud, name: file.replace(/\.yaml$/, ""), kind: "written", model: await loadModel({ file: path }), secrets };
    }),
  );
}

/** The value of a secret a written document names. */
export const madeUpSecret = (name: string): string => `value-of-${name}`;

/** Names of the secrets a document refers to. */
function secretsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => (key === "secret" && typeof entry === "string" ? [entry] : secretsIn(entry)));
}
