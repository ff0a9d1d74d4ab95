import { existsSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Program } from "../../../../automation/program.ts";
import { program as probe } from "../probe-program.ts";

/** The gateway's own program for a stack whose document lies in the project, the probe's items for the others. */
export const program: Program = {
  check: async () => {},
  async load(project) {
    const items = await probe.load(project);
    const { gatewayProgram } = await import("../../../../components/program.ts");
    return () => (existsSync(join(project.root, "gateways", `${pulumi.getStack()}.yaml`)) ? gatewayProgram(project.root) : items());
  },
};
