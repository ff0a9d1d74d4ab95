import * as apigateway from "@pulumi/aws/apigateway/index.js";
import { BACKENDS, pathOf } from "./documents.ts";

/** The API of bench/documents.ts as people write it by hand: a resource, a method and an integration for each route. One route may have a timeout of its own, in milliseconds. */
export function byHand(count: number, { firstTimeout }: { readonly firstTimeout?: number } = {}): void {
  const api = new apigateway.RestApi("bench", { name: "bench" });
  const authorizer = new apigateway.Authorizer("tokens", {
    restApi: api.id,
    type: "REQUEST",
    authorizerUri: "arn",
    identitySource: "method.request.header.Authorization",
  });
  const areas = new Map<string, apigateway.Resource>();
  for (let index = 0; index < count; index++) {
    const [, area = "", things = ""] = pathOf(index).split("/");
    let parent = areas.get(area);
    if (parent === undefined) {
      parent = new apigateway.Resource(area, { restApi: api.id, parentId: api.rootResourceId, pathPart: area });
      areas.set(area, parent);
    }
    const resource = new apigateway.Resource(`route-${index}`, { restApi: api.id, parentId: parent.id, pathPart: things });
    const method = new apigateway.Method(`route-${index}`, {
      restApi: api.id,
      resourceId: resource.id,
      httpMethod: "GET",
      authorization: "CUSTOM",
      authorizerId: authorizer.id,
    });
    new apigateway.Integration(`route-${index}`, {
      restApi: api.id,
      resourceId: resource.id,
      httpMethod: method.httpMethod,
      type: "HTTP_PROXY",
      integrationHttpMethod: "GET",
      uri: `https://${BACKENDS[index % BACKENDS.length]}.example.com${pathOf(index)}`,
      ...(index === 0 && firstTimeout !== undefined ? { timeoutMilliseconds: firstTimeout } : {}),
    });
  }
}
