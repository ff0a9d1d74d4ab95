import type { GatewayModel, Route } from "../../../spec/model.ts";

/** What a 401 of this route asks for in `WWW-Authenticate`; `ApiKey` and `ClientCertificate` are not registered schemes, but say what is missing. */
export function challengeOf({ requirement }: Route, model: GatewayModel): string | undefined {
  if (requirement.kind === "public") return undefined;
  const asked = (kind: "jwt" | "apiKey" | "clientCertificate") =>
    requirement.alternatives.some((alternative) => alternative[kind] !== undefined);
  const realm = `realm="${model.hostname}"`;
  return [
    ...(asked("clientCertificate") ? [`ClientCertificate ${realm}`] : []),
    ...(asked("apiKey") ? [`ApiKey ${realm}, header="${model.apiKeys?.header ?? ""}"`] : []),
    ...(asked("jwt") ? [`Bearer ${realm}`] : []),
  ].join(", ");
}
