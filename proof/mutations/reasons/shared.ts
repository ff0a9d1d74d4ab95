import type { Reason } from "./reason.ts";

/** Reasons that hold for the plans of every cloud. */
export const SHARED: readonly Reason[] = [
  {
    // By labels Kubernetes finds pods and judges namespaces; monitoring has addresses and hosts in them.
    type: /^(?!kubernetes:|gcp:monitoring\/(notificationChannel|uptimeCheckConfig):)/,
    pattern: /(^|\.)(tags|labels|userLabels)(\.|$)/,
    reason: "labels are for people and bills; nothing decides by them",
  },
];
