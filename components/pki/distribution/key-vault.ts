import { digest } from "../../digest.ts";

/** Longest name of a Key Vault, and the random digits the provider adds to it. */
const LONGEST_NAME = 24;
const RANDOM_DIGITS = 8;

/**
 * The resource name of a gateway's Key Vault. A vault's name is that with random digits of the provider, so that a successor gets another:
 * the name of a vault that was removed stays taken. Gateways of one program whose names begin alike do not share it.
 * @param suffix What the vault is for
 */
export function vaultName(gateway: string, suffix: string): string {
  const room = LONGEST_NAME - RANDOM_DIGITS - suffix.length - 1;
  const short = gateway.length <= room ? gateway : `${gateway.slice(0, room - 5).replace(/-+$/, "")}-${digest(gateway).slice(0, 4)}`;
  return `${short}-${suffix}`;
}

/** Key Vault Secrets User, a built-in role: reads secret values, nothing else. */
export const SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6";
