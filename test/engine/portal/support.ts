import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EngineLocation } from "../../../automation/engine.ts";
import { openProject } from "../../../automation/project.ts";
import type { Portal, PortalOptions } from "../../../portal/service/index.ts";
import type { Actor, OperationSummary, Plan, Role, StoredEvent } from "../../../portal/service.ts";
import { findPulumi } from "../../../tools/setup/pulumi.ts";
import type { Item } from "./probe-program.ts";

/** A document without anything special; planned for AWS, while operations run the probe's items. */
export const DOCUMENT = `name: shop
hostname: api.shop.example.com
edge: cdn
tls: { certificate: { source: managed } }
backends:
  orders: { url: "https://orders.shop.example.com" }
routes:
  list: { path: /orders, methods: [GET], backend: orders, public: true }
`;

export const person = (id: string, ...roles: readonly Role[]): Actor => ({
  id,
  name: id,
  roles: roles.length === 0 ? ["viewer", "requester", "approver", "admin"] : roles,
  stacks: ["*"],
  from: "127.0.0.1",
});

export const me = person("me");

/** A project in a temporary folder whose operations run the probe's items. */
export class PortalLab {
  readonly folder = mkdtempSync(join(tmpdir(), "gateway-portal-"));
  readonly engine: EngineLocation;

  private constructor(engine: EngineLocation) {
    this.engine = engine;
    const probe = join(import.meta.dirname, "..", "automation", "probe");
    mkdirSync(join(this.folder, "gateways"));
    writeFileSync(
      join(this.folder, "Pulumi.yaml"),
      `name: secure-gateway\nruntime: nodejs\nstackConfigDir: stacks\nplugins: { providers: [{ name: probe, path: ${probe} }] }\n`,
    );
  }

  static async open(): Promise<PortalLab> {
    const engine = await findPulumi();
    assert.ok(engine, "the Pulumi CLI is missing: run `npm start` or `npm test`");
    return new PortalLab(engine);
  }

  options(more: Partial<PortalOptions> = {}): PortalOptions {
    return {
      project: openProject(this.folder),
      engine: this.engine,
      shared: false,
      databaseUrl: "",
      programModule: join(import.meta.dirname, "probe-program.ts"),
      ...more,
    };
  }

  async portal(more: Partial<PortalOptions> = {}): Promise<Portal> {
    const { openPortalService } = await import("../../../portal/service/index.ts");
    return openPortalService(this.options(more));
  }

  items(stack: string, items: Readonly<Record<string, Item>>): void {
    writeFileSync(join(this.folder, `items-${stack}.json`), JSON.stringify(items));
  }

  /** What the provider was asked, in order. */
  journal(stack: string): string[] {
    const file = join(this.folder, `journal-${stack}`);
    return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  }

  async journalHas(stack: string, line: string): Promise<void> {
    await until(() => this.journal(stack).includes(line), `the journal never had "${line}"`);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function until(condition: () => boolean | Promise<boolean>, message: string, ms = 60_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) assert.fail(message);
    await sleep(50);
  }
}

/** Every event of an operation, to its end. */
export async function eventsOf(portal: Portal, id: string, after = 0): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const event of portal.events(me, id, after, AbortSignal.timeout(120_000))) events.push(event);
  return events;
}

/** Plans, approves where that is asked for, and applies. */
export async function applied(portal: Portal, stack: string, kind: "up" | "destroy" = "up"): Promise<OperationSummary> {
  const plan = await approved(portal, stack, kind);
  return portal.apply(me, plan.id);
}

export async function approved(portal: Portal, stack: string, kind: "up" | "destroy" = "up"): Promise<Plan> {
  const plan = await portal.requestPlan(me, stack, kind);
  return plan.state === "waiting for approval" ? portal.review(me, plan.id, "approved", "", plan.digest) : plan;
}

/** An operation's end. */
export async function ended(portal: Portal, id: string): Promise<OperationSummary> {
  await eventsOf(portal, id);
  return portal.operation(me, id);
}
