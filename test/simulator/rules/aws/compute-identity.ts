import { CloudError, type Rule, type RuleContext } from "../../core/rule.ts";
import { digest, equal, stableJson, text, timestamp } from "../../core/values.ts";
import { ACCOUNT_ID, arnOf, aws, createdAt, globalArn, nameOf, regionOf } from "./common.ts";

const ROLE = "aws:iam/role:Role";
const roleName = (value: unknown): string => text(value).replace(/^.*:role\//, "");

const invokeArn = (context: RuleContext, arn: string) =>
  `arn:aws:apigateway:${regionOf(context)}:lambda:path/2015-03-31/functions/${arn}/invocations`;

/** Counts the writes that changed something. */
const nextVersion = ({ before, inputs, previous }: RuleContext): number => {
  const version = Number(previous.version);
  if (!Number.isInteger(version)) return 1;
  return equal(before, inputs) ? version : version + 1;
};

function needRole({ all }: RuleContext, role: unknown): void {
  if (!all(ROLE).some(({ outputs }) => outputs.name === roleName(role)))
    throw new CloudError(`NoSuchEntity: The role with name ${roleName(role)} cannot be found.`);
}

const policyIsJson = (property: string) => (inputs: Record<string, unknown>) => {
  const value = inputs[property];
  if (typeof value !== "string" || value.startsWith("04da6b54")) return [];
  try {
    JSON.parse(value);
    return [];
  } catch {
    return [{ property, reason: `"${property}" contains an invalid JSON policy` }];
  }
};

export const computeAndIdentity: readonly Rule[] = [
  aws("lambda/function:Function", {
    autoName: { property: "name", maxLength: 64 },
    replaceOn: ["name", "packageType"],
    id: ({ inputs }) => text(inputs.name),
    unique: {
      key: ({ inputs }) => text(inputs.name),
      message: ({ inputs }) => `ResourceConflictException: Function already exist: ${text(inputs.name)}`,
    },
    admit: (context) => {
      if (!context.all(ROLE).some(({ outputs }) => outputs.arn === context.inputs.role))
        throw new CloudError("InvalidParameterValueException: The role defined for the function cannot be assumed by Lambda.");
    },
    computedDefaults: ({ name }) => ({
      architectures: ["x86_64"],
      memorySize: 128,
      timeout: 3,
      packageType: "Zip",
      reservedConcurrentExecutions: -1,
      ephemeralStorage: { size: 512 },
      loggingConfig: { logFormat: "Text", logGroup: `/aws/lambda/${name}`, applicationLogLevel: "", systemLogLevel: "" },
      tracingConfig: { mode: "PassThrough" },
    }),
    outputs: (context) => {
      const { inputs } = context;
      const arn = arnOf(context, "lambda", `function:${text(inputs.name)}`);
      const version = inputs.publish === true ? String(nextVersion(context)) : "$LATEST";
      const code = Buffer.from(digest(stableJson(inputs.code ?? inputs.s3Key ?? "")), "hex").toString("base64");
      return {
        arn,
        invokeArn: invokeArn(context, arn),
        lastModified: timestamp(context.now),
        qualifiedArn: `${arn}:${version}`,
        qualifiedInvokeArn: invokeArn(context, `${arn}:${version}`),
        responseStreamingInvokeArn: `${invokeArn(context, arn).replace("/invocations", "")}/response-streaming-invocations`,
        signingJobArn: "",
        signingProfileVersionArn: "",
        sourceCodeSize: 1024,
        version,
        codeSha256: code,
        sourceCodeHash: inputs.sourceCodeHash ?? code,
      };
    },
  }),
  aws("lambda/permission:Permission", {
    autoName: { property: "statementId", unless: "statementIdPrefix" },
    replaceOn: [
      "action",
      "eventSourceToken",
      "function",
      "functionUrlAuthType",
      "principal",
      "principalOrgId",
      "qualifier",
      "sourceAccount",
      "sourceArn",
      "statementId",
    ],
    id: ({ inputs }) => text(inputs.statementId),
  }),
  aws("lambda/alias:Alias", {
    named: true,
    replaceOn: ["functionName", "name"],
    id: (context) => arnOf(context, "lambda", `function:${text(context.inputs.functionName)}:${text(context.inputs.name)}`),
    outputs: (context) => ({ arn: context.id, invokeArn: invokeArn(context, context.id) }),
  }),
  aws("iam/role:Role", {
    named: 64,
    replaceOn: ["name", "namePrefix", "path"],
    id: (context) => nameOf(context),
    check: policyIsJson("assumeRolePolicy"),
    unique: {
      key: ({ inputs }) => (inputs.name === undefined ? undefined : text(inputs.name)),
      message: ({ inputs }) => `EntityAlreadyExists: Role with name ${text(inputs.name)} already exists.`,
    },
    computedDefaults: () => ({ maxSessionDuration: 3600, path: "/" }),
    outputs: (context) => ({
      arn: globalArn("iam", `role${text(context.inputs.path ?? "/")}${nameOf(context)}`),
      name: nameOf(context),
      createDate: createdAt(context, "createDate"),
      uniqueId: `AROA${context.hex(17).toUpperCase()}`,
    }),
    identifiers: ({ outputs }) => [text(outputs.name)],
    heldBy: ["aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"].map((type) => ({
      type,
      message: () => "DeleteConflict: Cannot delete entity, must delete policies first.",
    })),
  }),
  aws("iam/rolePolicy:RolePolicy", {
    named: true,
    replaceOn: ["name", "namePrefix", "role"],
    check: policyIsJson("policy"),
    admit: (context) => needRole(context, context.inputs.role),
    id: (context) => `${roleName(context.inputs.role)}:${nameOf(context)}`,
  }),
  aws("iam/rolePolicyAttachment:RolePolicyAttachment", {
    replaceOn: ["role", "policyArn"],
    admit: (context) => needRole(context, context.inputs.role),
    id: ({ inputs }) => `${roleName(inputs.role)}/${text(inputs.policyArn)}`,
  }),
  aws("iam/policy:Policy", {
    named: true,
    replaceOn: ["description", "name", "namePrefix", "path"],
    check: policyIsJson("policy"),
    id: (context) => globalArn("iam", `policy${text(context.inputs.path ?? "/")}${nameOf(context)}`),
    outputs: (context) => ({
      arn: context.id,
      name: nameOf(context),
      attachmentCount: 0,
      policyId: `ANPA${context.hex(17).toUpperCase()}`,
    }),
    heldBy: [
      {
        type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        message: () => "DeleteConflict: Cannot delete a policy attached to entities.",
      },
    ],
  }),
  aws("kms/key:Key", {
    replaceOn: ["keyUsage", "customerMasterKeySpec", "multiRegion", "customKeyStoreId"],
    id: ({ hex }) => `${hex(8)}-${hex(4, 1)}-4${hex(3, 2)}-a${hex(3, 3)}-${hex(12, 4)}`,
    check: policyIsJson("policy"),
    computedDefaults: () => ({
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` }, Action: "kms:*", Resource: "*" }],
      }),
      rotationPeriodInDays: 365,
    }),
    outputs: (context) => ({ arn: arnOf(context, "kms", `key/${context.id}`), keyId: context.id }),
  }),
  aws("kms/alias:Alias", {
    replaceOn: ["name", "namePrefix"],
    check: ({ name }) =>
      typeof name === "string" && !/^alias\//.test(name) ? [{ property: "name", reason: 'name must begin with "alias/"' }] : [],
    autoName: { property: "name", unless: "namePrefix" },
    id: (context) => nameOf(context),
    outputs: (context) => ({
      arn: arnOf(context, "kms", nameOf(context)),
      name: nameOf(context),
      targetKeyArn: arnOf(context, "kms", `key/${text(context.inputs.targetKeyId).replace(/^.*key\//, "")}`),
    }),
  }),
  aws("secretsmanager/secret:Secret", {
    named: true,
    replaceOn: ["name", "namePrefix"],
    id: (context) => arnOf(context, "secretsmanager", `secret:${nameOf(context)}-${context.hex(6)}`),
    outputs: (context) => ({ arn: context.id, name: nameOf(context) }),
    hold: {
      key: (context) => nameOf(context),
      days: 30,
      // Without a recovery window it is gone at once.
      released: ({ inputs }) => inputs.recoveryWindowInDays === 0,
      message: () =>
        "InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion.",
    },
  }),
  aws("secretsmanager/secretPolicy:SecretPolicy", {
    replaceOn: ["secretArn"],
    id: ({ inputs }) => text(inputs.secretArn),
  }),
  aws("secretsmanager/secretVersion:SecretVersion", {
    replaceOn: ["secretId", "secretBinary", "secretString", "secretStringWoVersion"],
    id: (context) => `${text(context.inputs.secretId)}|${context.hex(32)}`,
    computedDefaults: () => ({ versionStages: ["AWSCURRENT"] }),
    outputs: (context) => ({
      arn: text(context.inputs.secretId),
      secretArn: text(context.inputs.secretId),
      versionId: context.hex(32),
      hasSecretStringWo: context.inputs.secretStringWo !== undefined,
    }),
  }),
  aws("ssm/parameter:Parameter", {
    named: true,
    replaceOn: ["name"],
    id: ({ inputs }) => text(inputs.name),
    computedDefaults: (context) => ({
      arn: arnOf(context, "ssm", `parameter/${text(context.inputs.name).replace(/^\//, "")}`),
      dataType: "text",
      tier: "Standard",
    }),
    outputs: (context) => ({ version: nextVersion(context), hasValueWo: context.inputs.valueWo !== undefined }),
  }),
];
