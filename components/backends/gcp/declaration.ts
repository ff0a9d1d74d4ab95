import type { BackendDeclaration } from "../contract.ts";
import { GCP_CAPABILITIES } from "./capabilities/index.ts";
import { gcpFaults } from "./faults.ts";
import { gcpFindings } from "./findings.ts";
import { chooseVariant, GCP_VARIANTS } from "./flavour.ts";

/** Google Cloud: Cloud Endpoints with ESPv2 and an Envoy behind the global load balancer, on Cloud Run or GKE. */
export const gcpDeclaration: BackendDeclaration = {
  cloud: "gcp",
  variants: GCP_VARIANTS,
  variantOf: chooseVariant,
  capabilities: GCP_CAPABILITIES,
  faults: gcpFaults,
  findings: gcpFindings,
};
