import { readFileSync } from "node:fs";
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
  /** The stack, or the seed of the random document. */
  readonly name: string;
  readonly random: boolean;
  readonly model: GatewayModel;
  readonly secrets: Readonly<Record<string, string>>;
}

/** The shop's stacks. */
const STACKS: Readonly<Record<Cloud, string>> = { aws: "aws-prod", azure: "azure-prod", gcp: "gcp-prod", local: "local" };

/** The shop's stack on a cloud, and random documents by their seeds; those of which a cloud keeps nothing are left out. */
export async function subjectsOf(root: string, cloud: Cloud, seeds: readonly number[] = []): Promise<Subject[]> {
  const stack = STACKS[cloud];
  const { config } = parse(readFileSync(join(root, "stacks", `Pulumi.${stack}.yaml`), "utf8")) as { config: Record<string, unknown> };
  const model = await loadModel({
    file: join(root, String(config["secure-gateway:document"])),
    overlays: [{ value: config["secure-gateway:overlay"] ?? {}, origin: stack }],
  });
  const subjects: Subject[] = [{ cloud, name: stack, random: false, model, secrets: {} }];
  for (const seed of seeds) {
    const { value, secrets } = randomDocument(seed, testCertificates());
    const accepted = await acceptedBy(cloud, value);
    if (accepted.model) subjects.push({ cloud, name: `seed ${seed}`, random: true, model: accepted.model, secrets });
  }
  return subjects;
}
