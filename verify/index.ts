export { type ProbeOutcome, type ProbeResult, type VerifyOptions, VerifyOptionsError, type VerifyReport } from "./types.ts";
export { verifyGateway } from "./verify.ts";
