import type { Reason } from "./reason.ts";

/** Reasons for Envoy's configuration, wherever it runs. All other fields are known to its grammar (proof/readers/envoy/grammar). */
export const ENVOY: readonly Reason[] = [
  {
    pattern: /\.(input|action|custom_match|typed_config\.typed_config)\.name$/,
    operator: /^change a text$/,
    reason:
      "a name beside a typed message: Envoy finds an extension by the type of the message; the name has to be there (TypedExtensionConfig) and is shown in its dumps only",
  },
  {
    pattern: /listener_filters\.\[\]\.name$|filter_chains\.\[\]\.name$|listeners\.\[\]\.name$/,
    operator: /^change a text$/,
    reason: "a listener, its filter or its only chain by another name: nothing refers to it, and the name is shown in dumps and logs only",
  },
  {
    pattern: /(^|\.)stat_prefix$/,
    operator: /^change a text$/,
    reason: "what a counter of Envoy's is called; no alarm and no limit reads it",
  },
  {
    pattern: /(^|\.)node\.(id|cluster)$/,
    operator: /^change a text$/,
    reason: "how Envoy calls itself in its own logs and traces; nothing decides by it",
  },
];
