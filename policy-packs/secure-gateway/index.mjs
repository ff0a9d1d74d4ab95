import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies.ts";

// A module in JavaScript: the SDK would hand a TypeScript entry to its own, older compiler. Node runs the rest as it stands.

/** Entry of the CrossGuard policy pack: `pulumi preview --policy-pack policy-packs/secure-gateway`. */
new PolicyPack("secure-gateway", {
  description: "What a gateway has to keep on AWS, Azure and Google Cloud, whoever wrote its program.",
  displayName: "Secure Gateway",
  policies,
});
