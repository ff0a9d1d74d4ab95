import type { EngineLocation } from "../../automation/engine.ts";
import type { Project } from "../../automation/project.ts";

export interface PortalOptions {
  /** Where Pulumi.yaml, the stack files and the state are. */
  readonly project: Project;
  readonly engine: EngineLocation;
  /** Others than the one person at this machine can reach the portal: four eyes are on for new stacks, and nothing is started on this machine. */
  readonly shared: boolean;
  /** URL of a PostgreSQL server. @default the environment's DATABASE_URL; without one the database is embedded */
  readonly databaseUrl?: string;
  /** Folder for the embedded database and the operations' work. @default `.gateway/portal` in the project */
  readonly dataFolder?: string;
  /** Whether stacks of `cloud: local` may be deployed: they run programs the document names on this machine. @default only when the portal is not shared */
  readonly localStacks?: boolean;
  /** Stack files of the project that become stacks of the portal when it first sees them. @default true */
  readonly adoptStacks?: boolean;
  /** Whether this portal runs operations; others on the same database may. @default true */
  readonly work?: boolean;
  /** Operations at the same time in this portal. @default 4 */
  readonly concurrency?: number;
  /** Module whose export `program` operations run instead of the gateway's own program: a `Program` of automation/. For tests. */
  readonly programModule?: string;
  /** Module that runs attempts of operations in place of portal/jobs/runner.ts. For tests that measure the portal, not what it starts. */
  readonly runnerModule?: string;
  readonly patience?: PatienceOptions;
  /** Told what the queue could not do at a moment; it tries again by itself. @default nothing is told */
  readonly log?: (error: unknown) => void;
}

/** How long things may take, in milliseconds. */
export interface PatienceOptions {
  /** From a cancellation to the hard stop. @default 60,000 */
  readonly cancel?: number;
  /** How long a runner of this host goes on while no portal looks after it; only on a shared database, where another host may take over. @default 120,000 */
  readonly orphan?: number;
}
