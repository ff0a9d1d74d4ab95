// The API of bench/documents.ts as a Pulumi program written by hand: a resource, a method and an integration for each route. It runs against an engine that only answers.
import * as apigateway from "@pulumi/aws/apigateway/index.js";
import * as pulumi from "@pulumi/pulumi";
import { BACKENDS, pathOf } from "./documents.ts";

let made = 0;
await pulumi.runtime.setMocks(
  {
    newResource: ({ name, inputs }) => {
      made++;
      return { id: `${name}-id`, state: { ...inputs, rootResourceId: "root", executionArn: "arn", arn: "arn" } };
    },
    call: ({ inputs }) => inputs,
  },
  "bench",
  "bench",
  true,
);

const count = Number(process.argv[2]);
await pulumi.runtime.runInPulumiStack(async () => {
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
    });
  }
});
await pulumi.runtime.disconnect();
process.stdout.write(JSON.stringify({ resources: made }));
