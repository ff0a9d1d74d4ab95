import { CloudError, type Rule } from "../../core/rule.ts";
import { digest, text, timestamp } from "../../core/values.ts";
import { gcp, projectOf } from "./common.ts";

const SERVICE = "gcp:endpoints/service:Service";

/** Enabled when it is managed by Google or made here. */
const exists = (service: string): boolean => service.endsWith(".googleapis.com");

export const endpoints: readonly Rule[] = [
  gcp("projects/service:Service", {
    id: (context) => `${projectOf(context)}/${text(context.inputs.service)}`,
    replaceOn: ["service"],
    adopts: true,
    admit: ({ inputs, all }) => {
      const service = text(inputs.service);
      if (!exists(service) && !all(SERVICE).some((one) => one.inputs.serviceName === service))
        throw new CloudError(`Error 403: Not found or permission denied for service(s): ${service}., forbidden`);
    },
  }),
  gcp("endpoints/service:Service", {
    source: "resource_endpoints_service.go of the provider: an existing service is taken over; a deleted one keeps its name for 30 days",
    id: ({ inputs }) => text(inputs.serviceName),
    replaceOn: ["serviceName"],
    adopts: true,
    outputs: ({ inputs, now, previous, before }) => ({
      // A new configuration is a rollout of its own; the same one stays.
      configId:
        before.openapiConfig === inputs.openapiConfig && typeof previous.configId === "string"
          ? previous.configId
          : `${timestamp(now).slice(0, 10)}r${digest(text(inputs.openapiConfig)).slice(0, 4)}`,
      dnsAddress: text(inputs.serviceName),
      apis: [],
      endpoints: [],
    }),
    volatile: { configId: ["openapiConfig"], apis: ["openapiConfig"], endpoints: ["openapiConfig"] },
    hold: {
      // An abandoned service is still there.
      key: ({ inputs }) => (inputs.deletionPolicy === "ABANDON" ? `kept ${text(inputs.serviceName)}` : text(inputs.serviceName)),
      recovers: ({ inputs }) => inputs.deletionPolicy === "ABANDON",
      days: 30,
      message: ({ inputs }) =>
        `Error 400: Service ${text(inputs.serviceName)} has been deleted and will be purged after 30 days. To reuse this service, please undelete the service, failedPrecondition`,
    },
  }),
  gcp("endpoints/serviceIamMember:ServiceIamMember", {
    id: ({ inputs }) => `${text(inputs.serviceName)}/${text(inputs.role)}/${text(inputs.member)}`,
    replaceOn: ["serviceName", "role", "member"],
    outputs: ({ hex }) => ({ etag: hex(12) }),
  }),
  gcp("projects/apiKey:ApiKey", {
    id: (context) => `projects/${projectOf(context)}/locations/global/keys/${text(context.inputs.name)}`,
    outputs: ({ hex }) => ({ keyString: `AIza${Buffer.from(hex(54), "hex").toString("base64url").slice(0, 35)}`, uid: hex(32, "uid") }),
    admit: ({ inputs, all }) => {
      const targets = (inputs.restrictions as { apiTargets?: { service: string }[] } | undefined)?.apiTargets ?? [];
      for (const { service } of targets)
        if (!all("gcp:projects/service:Service").some((one) => one.inputs.service === service))
          throw new CloudError(`Error 400: the service ${service} is not enabled in this project, failedPrecondition`);
    },
  }),
];
