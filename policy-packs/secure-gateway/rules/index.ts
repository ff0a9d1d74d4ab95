import { awsRules } from "./aws/index.ts";
import { azureRules } from "./azure/index.ts";
import { privateKeyInPlaintext } from "./common/secrets.ts";
import { gcpRules } from "./gcp/index.ts";
import type { Rule } from "./rule.ts";

/** Every rule, in the order reports list them. */
export const rules: readonly Rule[] = [privateKeyInPlaintext, ...awsRules, ...azureRules, ...gcpRules];
