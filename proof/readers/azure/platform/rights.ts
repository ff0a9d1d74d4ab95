import { PlainSecret } from "../../../../automation/plan/recorder.ts";
import { type OpenPlan, withSecrets } from "../../../open-plan.ts";
import type { Observations } from "../../../verdicts.ts";
import { is, object, where } from "../../grammar.ts";
import { vaultId } from "./alarms.ts";
import { APIM, AZURE, type Inputs, refer, type Scene } from "./scene.ts";

/** Built-in roles by what they may be given over: reading secrets of a vault, sending telemetry. */
const SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6";
const METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb";

export const RIGHTS: Inputs = {
  "authorization:RoleAssignment": [
    "require.any",
    (scene, { inputs }) => {
      const publishes = String(inputs.roleDefinitionId).endsWith(METRICS_PUBLISHER);
      return object({
        principalId: refer(scene, "managedidentity:UserAssignedIdentity", "principalId"),
        principalType: is("ServicePrincipal"),
        roleDefinitionId: where(
          (value) =>
            new RegExp(
              `^/subscriptions/\\$\\{subscription\\}/providers/Microsoft.Authorization/roleDefinitions/(${SECRETS_USER}|${METRICS_PUBLISHER})$`,
            ).test(String(value)),
          "a role that reads secrets or sends telemetry",
        ),
        scope: publishes ? refer(scene, "applicationinsights:Component", "id") : vaultId(scene),
      });
    },
  ],
};

/** Whoever is to read or send has its role. */
export function observeRights({ resources, model, others, frontDoor }: Scene, o: Observations): void {
  const roles = resources.of(`${AZURE}authorization:RoleAssignment`).map(({ inputs }) => inputs);
  const scopes = roles.map(({ scope }) => String(scope));
  // A service of others sends traces by the connection string.
  for (const type of ["keyvault:Vault", "applicationinsights:Component"])
    for (const { name } of resources.of(AZURE + type))
      o.same("require.any", name, others && type !== "keyvault:Vault" ? 0 : 1, scopes.filter((one) => one.includes(`{${name}.id}`)).length);
  const given = model.azure.certificate?.keyVaultId;
  if (model.tls.certificate.source === "managed" && given !== undefined)
    // The owner's identity reads the certificate of a service of others; Front Door reads it by the stack's.
    o.same("tls.certificate.managed", "azure.certificate", others && !frontDoor ? 0 : 1, scopes.filter((one) => one === given).length);
}

/** Inputs that nobody but the cloud may see, by type. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  "apimanagement:Certificate": ["data", "password"],
  "apimanagement:Subscription": ["primaryKey", "secondaryKey"],
  "keyvault:Secret": ["properties.value"],
  "cdn:Rule": ["actions.0.parameters.value"],
  "network:VirtualNetworkGatewayConnection": ["sharedKey", "authorizationKey"],
  "acme:index/certificate:Certificate": ["accountKeyPem"],
};

/** They are secrets in state and in every plan. */
export function observeSecrets(plan: OpenPlan, o: Observations): void {
  for (const { type, name, inputs } of plan.resources)
    for (const path of secretsOf(type, inputs).filter((one) => at(inputs, one.split(".")) !== undefined))
      o.holds("request.framing", `${name}.${path}`, "kept as a secret", isSecret(inputs, path.split(".")));
}

function secretsOf(type: string, inputs: OpenPlan["resources"][number]["inputs"]): readonly string[] {
  if (type === `${APIM}NamedValue`) return inputs.secret === false ? [] : ["value"];
  // With a connection string alone, whoever knows it may write.
  if (type === `${APIM}Logger`)
    return at(inputs, ["credentials", "identityClientId"]) === undefined ? ["credentials.connectionString"] : [];
  return SECRETS[type.replace(AZURE, "")] ?? [];
}

/** What stands at a place; what is missing is no secret that shows, and whether it may be missing its grammar says. */
function at(value: unknown, [step, ...rest]: readonly string[]): unknown {
  const own = withSecrets(value);
  return step === undefined || typeof own !== "object" || own === null ? own : at((own as Record<string, unknown>)[step], rest);
}

function isSecret(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (value instanceof PlainSecret) return true;
  if (step === undefined || typeof value !== "object" || value === null) return false;
  return isSecret((value as Record<string, unknown>)[step], rest);
}
