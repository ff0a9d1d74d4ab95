import type { Cloud } from "../../components/backends/contract.ts";
import { awsAnswers, awsOutputs } from "./computed/aws.ts";
import { azureAnswers, azureOutputs } from "./computed/azure.ts";
import { gcpAnswers, gcpOutputs } from "./computed/gcp.ts";
import { pkiOutputs } from "./computed/pki.ts";
import type { CloudAnswers, ComputedOutputs } from "./recorder.ts";

const OUTPUTS: Partial<Record<Cloud, ComputedOutputs>> = { aws: awsOutputs, gcp: gcpOutputs, azure: azureOutputs };
const ANSWERS: Partial<Record<Cloud, CloudAnswers>> = { aws: awsAnswers, gcp: gcpAnswers, azure: azureAnswers };

/** What stands in a plan for the outputs a cloud computes; outputs not listed read "(known after deployment)". */
export function computedOutputs(cloud: Cloud): ComputedOutputs {
  return (type, name, inputs) => ({ ...pkiOutputs(type, name, inputs), ...OUTPUTS[cloud]?.(type, name, inputs) });
}

/** What stands in a plan for a cloud's answers to a program's questions; a question without an answer stops the plan. */
export function cloudAnswers(cloud: Cloud): CloudAnswers {
  return (token, inputs) => ANSWERS[cloud]?.(token, inputs);
}
