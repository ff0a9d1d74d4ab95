import type { GatewayModel } from "../../../spec/model.ts";
import { type Expression, expression, header, literal } from "./csharp.ts";
import { choose, setHeader } from "./elements.ts";
import { element, type PolicyNode } from "./xml.ts";

/** True where plain HTTP reaches the policy: the platform always listens on port 80, and Front Door answers for itself. */
export const servesPlainHttp = (model: GatewayModel): boolean => model.http === "redirect" && model.edge === "none";

/**
 * 308 to the same path on https. A request that carries a credential is refused instead: it has been sent in the clear, and a redirect would
 * let its sender believe that all is well.
 */
export function plainHttp(model: GatewayModel, refuse: (status: string) => PolicyNode[]): PolicyNode[] {
  if (!servesPlainHttp(model)) return [];
  const { hostname, apiKeys } = model;
  const credentials = ["Authorization", "Cookie", ...(apiKeys ? [apiKeys.header] : [])];
  const redirect = element("return-response", {}, [
    element("set-status", { code: "308", reason: "Permanent Redirect" }),
    setHeader(
      "location",
      expression(`${literal(`https://${hostname}`)} + context.Request.OriginalUrl.Path + context.Request.OriginalUrl.QueryString`),
    ),
    setHeader("cache-control", "no-store"),
  ]);
  return choose([
    {
      when: expression(`context.Request.OriginalUrl.Scheme != "https"`),
      steps: choose(
        [
          { when: otherHost(hostname), steps: refuse("421") },
          { when: expression(credentials.map((name) => `${header(name)} != ""`).join(" || ")), steps: refuse("403") },
        ],
        [redirect],
      ),
    },
  ]);
}

const otherHost = (hostname: string): Expression =>
  expression(`!context.Request.OriginalUrl.Host.Equals(${literal(hostname)}, StringComparison.OrdinalIgnoreCase)`);
