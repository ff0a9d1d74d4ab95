import type { GatewayModel } from "../../spec/model.ts";

/** `rest`: regional REST API; `rest-cloudfront`: the same behind CloudFront; `http`: HTTP API. */
export type AwsVariant = "rest" | "rest-cloudfront" | "http";

export const AWS_VARIANTS: Readonly<Record<AwsVariant, string>> = {
  rest: "Regional REST API with a Lambda authorizer and a web ACL; nothing listens on port 80",
  "rest-cloudfront": "The same REST API behind CloudFront, which alone may reach it (`edge: cdn`)",
  http: "HTTP API: cheaper, native token check, fewer controls (`aws.flavour: http`)",
};

export const isEdge = (variant: string): boolean => variant === "rest-cloudfront";

/** Picks the flavour. `allowed` says whether the HTTP API keeps everything the document asks for. */
export function chooseVariant(model: GatewayModel, allowed: (variant: AwsVariant) => boolean): { variant: AwsVariant; why: string } {
  const rest: AwsVariant = model.edge === "cdn" ? "rest-cloudfront" : "rest";
  switch (model.aws.flavour) {
    case "rest":
      return { variant: rest, why: "aws.flavour asks for a REST API" };
    case "http":
      return { variant: "http", why: "aws.flavour asks for an HTTP API" };
    case "auto":
      return allowed("http")
        ? { variant: "http", why: "an HTTP API keeps everything the document asks for and costs less" }
        : { variant: rest, why: "an HTTP API cannot keep everything the document asks for" };
  }
}
