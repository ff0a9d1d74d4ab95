import type { TestDocument } from "../../support/plan.ts";
import { gatewayOn } from "../stacks.ts";

export { stackDocument } from "../stacks.ts";

export const REGION = { "aws:region": { value: "eu-central-1" } };

export const gateway = (document: TestDocument, overlay: unknown = {}) => gatewayOn("aws", { document, overlay });
