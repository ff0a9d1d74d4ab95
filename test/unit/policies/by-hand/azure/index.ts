import type { Stack } from "../record.ts";
import { careful } from "./careful.ts";
import { consumption } from "./consumption.ts";
import { edge } from "./edge.ts";
import { otherLogs } from "./other-logs.ts";
import { service } from "./service.ts";
import { versioned } from "./versioned.ts";

export const azureStacks: readonly Stack[] = [service, consumption, otherLogs, edge, versioned, careful];
