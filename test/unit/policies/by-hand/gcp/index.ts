import type { Stack } from "../record.ts";
import { balancer } from "./balancer.ts";
import { careful } from "./careful.ts";
import { platform } from "./platform.ts";

export const gcpStacks: readonly Stack[] = [balancer, platform, careful];
