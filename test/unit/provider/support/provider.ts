import type { Operation } from "../../../../providers/local/resources/kind.ts";
import { UNKNOWN } from "../../../../providers/local/rpc/values.ts";

/** URN of a resource of that type in a test stack. */
export const urnOf = (type: string) =>
  `urn:pulumi:test::secure-gateway::secure-gateway:index:SecureGateway$localgateway:index:${type}::shop`;

/** An operation nobody cancels; its messages are kept. */
export function operation(type: string): Operation & { readonly messages: string[] } {
  const messages: string[] = [];
  return {
    urn: urnOf(type),
    signal: new AbortController().signal,
    log: (severity, message) => messages.push(`${severity}: ${message}`),
    messages,
  };
}

/** A value on the wire that is known only later. */
export const UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A secret on the wire. */
export const secretOnWire = (value: unknown) => ({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value });

export { UNKNOWN };
