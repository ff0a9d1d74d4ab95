import { decide } from "../capabilities.ts";
import type { BackendDeclaration } from "../contract.ts";
import { AWS_CAPABILITIES } from "./capabilities/index.ts";
import { awsFaults } from "./faults.ts";
import { awsFindings } from "./findings.ts";
import { AWS_VARIANTS, chooseVariant } from "./flavour.ts";

/** AWS: API Gateway with ACM, Route 53, WAF, and CloudFront where asked for. */
export const awsDeclaration: BackendDeclaration = {
  cloud: "aws",
  variants: AWS_VARIANTS,
  variantOf: (model) => chooseVariant(model, (variant) => decide("aws", variant, AWS_CAPABILITIES, model).faults.length === 0),
  capabilities: AWS_CAPABILITIES,
  faults: (model) => awsFaults(model),
  findings: (model) => awsFindings(model),
};
