import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { type GatewayPlan, planGateway } from "../../../automation/plan/plan.ts";
import { type Review, type ReviewInput, reviewOf } from "../../../automation/plan/review/review.ts";
import type { Cloud } from "../../../components/backends/contract.ts";
import { loadModel } from "../../../components/spec/load.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";

export interface Planned {
  readonly model: GatewayModel;
  readonly plan: GatewayPlan;
}

/** The plan of one of the project's own stacks. */
export async function planOfStack(stack: string): Promise<Planned> {
  const { config } = parse(readFileSync(`stacks/Pulumi.${stack}.yaml`, "utf8")) as { config: Record<string, unknown> };
  const model = await loadModel({
    file: String(config["secure-gateway:document"]),
    overlays: [{ value: config["secure-gateway:overlay"], origin: stack }],
  });
  return { model, plan: await planGateway({ cloud: config["secure-gateway:cloud"] as Cloud, model, stack }) };
}

/** The plan of a document on this machine. */
export async function planLocally(document: unknown): Promise<Planned> {
  const model = await loadModel({ file: "gateway.yaml", text: JSON.stringify(document) });
  return { model, plan: await planGateway({ cloud: "local", model }) };
}

export const reviewed = (planned: Planned, more: Partial<ReviewInput> = {}): Review =>
  reviewOf({ document: "gateways/shop.yaml", ...planned, ...more });

/** The least a gateway on this machine can be. */
export const BASE = {
  name: "shop",
  hostname: "shop.localhost",
  tls: { certificate: { source: "internal" } },
  backends: { orders: { url: "https://orders.shop.example.com" } },
  routes: { list: { path: "/orders", methods: ["GET"], backend: "orders", public: true } },
};
