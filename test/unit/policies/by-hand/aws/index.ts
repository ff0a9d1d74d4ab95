import type { Stack } from "../record.ts";
import { careful } from "./careful.ts";
import { edge } from "./edge.ts";
import { imported } from "./imported.ts";
import { platform } from "./platform.ts";
import { restApi } from "./rest-api.ts";

export const awsStacks: readonly Stack[] = [restApi, imported, edge, platform, careful];
