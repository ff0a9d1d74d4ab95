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
  readonly name: string;
  readonly model: GatewayModel;
  readonly secrets: Readonly<Record<string, string>>;
}

/** The shop's stacks, and random documents that ask a cloud for much. */
const STACKS: Readonly<Record<Cloud, readonly string[]>> = {
  aws: ["aws-prod"],
  azure: ["azure-prod"],
  gcp: ["gcp-prod"],
  local: ["local"],
};
const SEEDS: Readonly<Record<Cloud, readonly number[]>> = { aws: [2], azure: [3], gcp: [3], local: [2] };

export async function subjectsOf(root: string, cloud: Cloud): Promise<Subject[]> {
  const stacks = STACKS[cloud].map(async (stack): Promise<Subject> => {
    const { config } = parse(readFileSync(join(root, "stacks", `Pulumi.${stack}.yaml`), "utf8")) as { config: Record<string, unknown> };
    const model = await loadModel({
      file: join(root, String(config["secure-gateway:document"])),
      overlays: [{ value: config["secure-gateway:overlay"] ?? {}, origin: stack }],
    });
    return { cloud, name: stack, model, secrets: {} };
  });
  const random = SEEDS[cloud].map(async (seed): Promise<Subject | undefined> => {
    const { value, secrets } = randomDocument(seed, testCertificates());
    const { model } = await acceptedBy(cloud, value);
    return model && { cloud, name: `seed ${seed}`, model, secrets };
  });
  return (await Promise.all([...stacks, ...random])).filter((one) => one !== undefined);
}
