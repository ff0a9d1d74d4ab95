import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "../record.ts";
import { ON, RESOURCE_GROUP } from "./shared.ts";

/** Types of an explicit version of Azure's API, as programs name them that pin one. */
class Versioned extends pulumi.CustomResource {}

export const versioned: Stack = {
  name: "pinned API versions",
  program() {
    new Versioned("azure-native:apimanagement/v20220801:Backend", "pinned", {
      ...ON,
      backendId: "a",
      protocol: "http",
      url: "http://a.example.com",
    });
    new Versioned("azure-native:network/v20230201:NetworkSecurityGroup", "pinned-front", {
      ...RESOURCE_GROUP,
      securityRules: [
        {
          name: "all",
          access: "Allow",
          direction: "Inbound",
          priority: 100,
          protocol: "*",
          sourceAddressPrefix: "*",
          destinationPortRange: "*",
        },
      ],
    });
  },
  findings: ["azure-apim-backend-tls pinned", "azure-nsg-open pinned-front"],
};
