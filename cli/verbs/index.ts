import type { Verb } from "../command-line.ts";
import { cancel } from "./cancel.ts";
import { certs } from "./certs.ts";
import { check } from "./check.ts";
import { compare } from "./compare.ts";
import { history } from "./history.ts";
import { importVerb } from "./import.ts";
import { destroy, preview, refresh, up } from "./operations.ts";
import { outputs } from "./outputs.ts";
import { plan } from "./plan.ts";
import { portal } from "./portal.ts";
import { rotate } from "./rotate.ts";
import { secret } from "./secret.ts";
import { token } from "./token.ts";
import { verify } from "./verify.ts";

/** In the order of the help text. */
export const VERBS: readonly Verb[] = [
  check,
  compare,
  importVerb,
  plan,
  preview,
  up,
  verify,
  outputs,
  token,
  certs,
  rotate,
  refresh,
  destroy,
  secret,
  history,
  cancel,
  portal,
];
