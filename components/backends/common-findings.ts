import type { Backend, GatewayModel } from "../spec/model.ts";
import { alternativesOf } from "../spec/requirement.ts";
import type { Finding } from "./contract.ts";

/** Findings that are the same whatever the cloud, and how each is written. */

export const warning = (id: string, path: string, message: string, remedy: string): Finding => ({
  id,
  severity: "warning",
  path,
  message,
  remedy,
});

export const info = (id: string, path: string, message: string, remedy: string): Finding => ({
  ...warning(id, path, message, remedy),
  severity: "info",
});

export const keyAlone = ({ routes }: GatewayModel): Finding[] =>
  routes
    .filter((route) => alternativesOf(route).some((item) => item.apiKey && !item.jwt && !item.clientCertificate))
    .map(({ at }) =>
      warning(
        "api-key-alone",
        `${at}.require`,
        "an API key on its own tells which application calls, not who",
        "require a token or a client certificate with it where that matters",
      ),
    );

/** @param accepted what happens, as in `API Management accepts any certificate of` */
export const unverified = (backends: readonly Backend[], accepted: string, remedy: string): Finding[] =>
  backends.flatMap(({ name, tls: { trust } }) =>
    trust.kind === "unverified"
      ? [
          warning(
            "backend-unverified",
            `backends.${name}.tls.trust`,
            `${accepted} backend "${name}": whoever gets between them reads and changes everything. Given reason: ${trust.reason}`,
            remedy,
          ),
        ]
      : [],
  );
