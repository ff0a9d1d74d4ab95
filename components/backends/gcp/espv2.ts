import type { GcpBuild } from "./build.ts";
import { HEALTH_PATH, PORTS } from "./needs.ts";

const REPOSITORY = "gcr.io/endpoints-release";

/** ESPv2, pinned; the serverless image reads its arguments from the environment. */
export const espv2Image = ({ model, variant }: GcpBuild): string =>
  `${REPOSITORY}/endpoints-runtime${variant === "cloud-run" ? "-serverless" : ""}:${model.gcp.versions.espv2}`;

/** Envoy without a shell, pinned. */
export const envoyImage = ({ model }: GcpBuild): string => `docker.io/envoyproxy/envoy:distroless-v${model.gcp.versions.envoy}`;

/** How ESPv2 is started wherever it runs. */
export function espv2Arguments({ model }: GcpBuild): string[] {
  return [
    `--backend=http://127.0.0.1:${PORTS.envoy}`,
    // Without Service Control no key can be checked, so nothing that needs one may pass.
    "--service_control_network_fail_policy=close",
    // Retries are Envoy's: it knows what is safe to repeat.
    "--backend_retry_num=0",
    "--disallow_escaped_slashes_in_path",
    // The address is the load balancer's to say, in a header of its own.
    "--envoy_xff_num_trusted_hops=0",
    ...tracing(model.observability.tracing?.samplingPercent),
  ];
}

const tracing = (percent: number | undefined): string[] =>
  percent === undefined
    ? ["--disable_tracing"]
    : [`--tracing_sample_rate=${percent / 100}`, "--tracing_outgoing_context=traceparent", "--tracing_incoming_context=traceparent"];

/** Where ESPv2 and Envoy together say that they work. */
export const health = { path: HEALTH_PATH, port: PORTS.espv2 } as const;
