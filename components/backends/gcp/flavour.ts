import type { GatewayModel } from "../../spec/model.ts";

/** Where ESPv2 and its Envoy run. */
export type GcpVariant = "cloud-run" | "gke";

export const GCP_VARIANTS: Readonly<Record<GcpVariant, string>> = {
  "cloud-run": "ESPv2 and Envoy in one Cloud Run service behind the global external Application Load Balancer",
  gke: "ESPv2 and Envoy in pods of an existing GKE cluster behind the same load balancer (`gcp.flavour: gke`)",
};

export function chooseVariant({ gcp }: GatewayModel): { variant: GcpVariant; why: string } {
  return gcp.flavour === "gke"
    ? { variant: "gke", why: "gcp.flavour asks for GKE" }
    : { variant: "cloud-run", why: "gcp.flavour asks for Cloud Run" };
}
