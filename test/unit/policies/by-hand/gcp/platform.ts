import * as cloudrun from "@pulumi/gcp/cloudrun/index.js";
import * as cloudrunv2 from "@pulumi/gcp/cloudrunv2/index.js";
import * as endpoints from "@pulumi/gcp/endpoints/index.js";
import * as projects from "@pulumi/gcp/projects/index.js";
import * as serviceaccount from "@pulumi/gcp/serviceaccount/index.js";
import * as storage from "@pulumi/gcp/storage/index.js";
import type { Stack } from "../record.ts";
import { PROJECT } from "./shared.ts";

/** Cloud Run with its defaults, and rights for convenience. */
export const platform: Stack = {
  name: "Cloud Run, rights and keys",
  program() {
    const service = new cloudrunv2.Service("shop", {
      location: "europe-west1",
      template: { containers: [{ image: "europe-docker.pkg.dev/shop/images/shop:latest" }] },
    });
    new cloudrunv2.ServiceIamMember("everybody", {
      name: service.name,
      location: "europe-west1",
      role: "roles/run.invoker",
      member: "allUsers",
    });
    new cloudrunv2.Service("default-account", {
      location: "europe-west1",
      ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY",
      defaultUriDisabled: true,
      template: {
        serviceAccount: "1234-compute@developer.gserviceaccount.com",
        containers: [{ image: `europe-docker.pkg.dev/shop/images/shop@sha256:${"0".repeat(64)}` }],
      },
    });
    const first = new cloudrun.Service("first-generation", {
      location: "europe-west1",
      template: { spec: { containers: [{ image: "europe-docker.pkg.dev/shop/images/shop:1.2.3" }] } },
    });
    new cloudrun.IamMember("everybody-first", {
      service: first.name,
      location: "europe-west1",
      role: "roles/run.invoker",
      member: "allUsers",
    });
    new storage.BucketIAMMember("public", { bucket: "shop-logs", role: "roles/storage.objectViewer", member: "allAuthenticatedUsers" });
    new projects.IAMMember("editor", { ...PROJECT, role: "roles/editor", member: "serviceAccount:shop@shop.iam.gserviceaccount.com" });
    new projects.IAMBinding("secrets", {
      ...PROJECT,
      role: "roles/secretmanager.secretAccessor",
      members: ["serviceAccount:shop@shop.iam.gserviceaccount.com"],
    });
    new projects.ApiKey("any", { ...PROJECT, displayName: "any" });
    new serviceaccount.Key("download", { serviceAccountId: "shop@shop.iam.gserviceaccount.com" });
    new endpoints.Service("shop", {
      serviceName: "api.example.com",
      openapiConfig: JSON.stringify({ swagger: "2.0", "x-google-backend": { address: "http://orders.example.com" } }),
    });
  },
  findings: [
    "gcp-api-key-restricted any",
    "gcp-endpoints-backend-https shop",
    "gcp-iam-basic-roles editor",
    "gcp-iam-public everybody",
    "gcp-iam-public everybody-first",
    "gcp-iam-public public",
    "gcp-run-default-uri shop",
    "gcp-run-identity default-account",
    "gcp-run-identity first-generation",
    "gcp-run-identity shop",
    "gcp-run-image-pinned shop",
    "gcp-run-ingress first-generation",
    "gcp-run-ingress shop",
    "gcp-secret-readers secrets",
    "gcp-service-account-keys download",
  ],
};
