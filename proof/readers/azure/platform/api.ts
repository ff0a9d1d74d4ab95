import type { Observations } from "../../../verdicts.ts";
import { elements, type Grammar, is, nothing, object, text, where } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import { APIM, AZURE, apiName, type Inputs, inService, refer, type Scene } from "./scene.ts";

const METHODS = ["get", "head", "post", "put", "patch", "delete", "options"];

/** Every method of every path is handed to the policy; nothing else is in the definition that could decide anything. */
const definition: Grammar = where((value) => {
  try {
    const { openapi, info, paths, ...more } = JSON.parse(String(value)) as Json;
    const operation = (one: Json, id: string) =>
      Object.keys(one).sort().join() === "operationId,responses,summary" &&
      one.operationId === id &&
      Object.keys(one.responses).length === 1 &&
      typeof one.responses["200"]?.description === "string";
    return (
      openapi === "3.0.1" &&
      Object.keys(info).sort().join() === "title,version" &&
      Object.values(info).every((one) => one !== "") &&
      Object.keys(more).length === 0 &&
      Object.keys(paths).join() === "/,/*" &&
      Object.entries(paths as Json).every(
        ([path, operations]) =>
          Object.keys(operations as Json)
            .sort()
            .join() === [...METHODS].sort().join() &&
          METHODS.every((method) => operation((operations as Json)[method], `${path === "/" ? "root" : "rest"}-${method}`)),
      )
    );
  } catch {
    return false;
  }
}, "every method of every path");

/** An id of the service's own: letters, digits, hyphens. */
const ID = /^[\w.-]{1,256}$/;

/** What a named value is taken from. */
const secretIdentifier = ({ resources }: Scene): Grammar =>
  where((value) => {
    const [, vault, name] = /^https:\/\/\$\{([^.}]+)\.name\}\.vault\.azure\.net\/secrets\/([\w-]+)$/.exec(String(value)) ?? [];
    return (
      resources.of(`${AZURE}keyvault:Vault`).some((one) => one.name === vault) &&
      resources.of(`${AZURE}keyvault:Secret`).some(({ inputs }) => inputs.secretName === name)
    );
  }, "a secret of the stack's vault, without a version");

export const API: Inputs = {
  "apimanagement:Api": [
    "host.only",
    (scene) =>
      object({
        ...inService(scene),
        apiId: is(scene.model.name),
        path: is(""),
        displayName: text(),
        description: text(),
        format: is("openapi+json"),
        value: definition,
        protocols: elements(...(scene.model.http === "redirect" && !scene.frontDoor ? ["http", "https"] : ["https"])),
        // The policy asks for keys itself, route by route.
        subscriptionRequired: is(false),
        subscriptionKeyParameterNames: object({
          header: is(scene.model.apiKeys?.header ?? "Ocp-Apim-Subscription-Key"),
          query: is("subscription-key"),
        }),
      }),
  ],
  "apimanagement:ApiPolicy": [
    "require.any",
    (scene) => object({ ...inService(scene), apiId: apiName(scene), policyId: is("policy"), format: is("rawxml"), value: text() }),
  ],
  "apimanagement:Policy": [
    "host.only",
    (scene) => object({ ...inService(scene), policyId: is("policy"), format: is("rawxml"), value: text() }),
  ],
  "apimanagement:PolicyFragment": [
    "require.any",
    (scene) => object({ ...inService(scene), description: text(), format: is("rawxml"), value: text() }),
  ],
  "apimanagement:NamedValue": [
    "edge",
    (scene, { inputs }) => {
      const secret = String(inputs.displayName).endsWith("-secret");
      return object({
        ...inService(scene),
        namedValueId: text(ID),
        displayName: is(`${scene.model.name}-front-door-${secret ? "secret" : "id"}`),
        secret: is(secret),
        // A service of others reads no vault of the stack: it has the secret itself.
        value: secret ? (scene.others ? text(/^[0-9a-f]{64}$/) : nothing) : refer(scene, "cdn:Profile", "frontDoorId"),
        keyVault:
          secret && !scene.others
            ? object({
                secretIdentifier: secretIdentifier(scene),
                identityClientId: refer(scene, "managedidentity:UserAssignedIdentity", "clientId"),
              })
            : nothing,
      });
    },
  ],
  "apimanagement:Product": [
    "require.apiKey.plans",
    (scene) =>
      object({
        ...inService(scene),
        productId: text(ID),
        displayName: text(),
        description: text(),
        state: is("published"),
        subscriptionRequired: is(true),
        approvalRequired: is(true),
      }),
  ],
  "apimanagement:ProductApi": [
    "require.apiKey.plans",
    (scene) =>
      object({
        ...inService(scene),
        apiId: apiName(scene),
        productId: is(...scene.resources.of(`${APIM}Product`).map(({ inputs }) => inputs.productId)),
      }),
  ],
  "apimanagement:Subscription": [
    "require.apiKey",
    (scene, { name }) => {
      const consumer = Object.values(scene.model.consumers).find((one) => name.endsWith(`-consumer-${one.name}`));
      return object({
        ...inService(scene),
        sid: is(`${scene.model.name}-${consumer?.name}`),
        displayName: text(),
        scope: consumer?.plan === undefined ? refer(scene, "apimanagement:Api", "id") : planScope(scene, consumer.plan),
        primaryKey: text(/^[0-9a-f]{64}$/),
        secondaryKey: text(/^[0-9a-f]{64}$/),
        state: is("active"),
        allowTracing: is(false),
      });
    },
  ],
};

/** The product of the consumer's plan. */
const planScope = ({ resources }: Scene, plan: string): Grammar =>
  where((value) => {
    const product = resources.behind(value, `${APIM}Product`);
    return product?.name.endsWith(`-plan-${plan}`) === true && String(value).endsWith(".id}");
  }, `the product of the plan ${plan}`);

/** One product and one tie to the API for each plan in use, one subscription for each consumer. */
export function observeKeys({ resources, model }: Scene, o: Observations): void {
  if (model.apiKeys === undefined) return;
  const consumers = Object.values(model.consumers);
  const plans = [...new Set(consumers.flatMap(({ plan }) => plan ?? []))];
  const after = (type: string, prefix: string) =>
    resources.of(`${APIM}${type}`).map(({ name }) => name.replace(`${model.name}-${prefix}-`, ""));
  o.sameSet(
    "require.apiKey",
    "consumers",
    consumers.map(({ name }) => name),
    after("Subscription", "consumer"),
  );
  o.sameSet("require.apiKey.plans", "plans", plans, after("Product", "plan"));
  o.sameSet(
    "require.apiKey.plans",
    "plans",
    plans.map((plan) => `${plan}-api`),
    after("ProductApi", "plan"),
  );
}

/** One API, one policy for it, one for the rest of the service, whose other APIs are their owner's in a service of others. */
export function observeApi({ resources, others }: Scene, o: Observations): void {
  const count = (type: string) => resources.of(`${APIM}${type}`).length;
  o.same("host.only", "routes", 1, count("Api"));
  o.same("require.any", "routes", 1, count("ApiPolicy"));
  o.same("host.only", "hostname", others ? 0 : 1, count("Policy"));
  o.same("tls.version", "azure.service", others ? 0 : 1, count("ApiManagementService"));
  o.holds("ddos.standard", "ddos", "the platform's protection stands in front", count("Api") === 1);
  o.holds("request.framing", "routes", "API Management reads every request", count("ApiPolicy") === 1);
}
