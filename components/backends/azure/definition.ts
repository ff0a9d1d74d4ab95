import type { GatewayModel, Method } from "../../spec/model.ts";

const METHODS: readonly Method[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * The API as API Management imports it: every path by every method, because the policy judges paths by the document's rules and not by the
 * platform's. OpenAPI 3.0; a method that is not listed finds no operation and is answered 404 by the policy's on-error section.
 */
export function definition({ name }: Pick<GatewayModel, "name">): string {
  const operations = (place: "root" | "rest") =>
    Object.fromEntries(
      METHODS.map((method) => [
        method.toLowerCase(),
        {
          operationId: `${place}-${method.toLowerCase()}`,
          summary: `${method} ${place === "root" ? "/" : "/*"}`,
          responses: { 200: { description: "" } },
        },
      ]),
    );
  return JSON.stringify({
    openapi: "3.0.1",
    info: { title: name, version: "1.0" },
    paths: { "/": operations("root"), "/*": operations("rest") },
  });
}
