/** What other Pulumi programs use of this project; `secure-gateway/aws`, `/azure` and `/gcp` hold one class each. */
export type { CertificateSummary, Cloud, DnsRecord, EnforcedControl } from "./backends/contract.ts";
export { SecureGateway, type SecureGatewayArgs } from "./secure-gateway.ts";
export { DocumentError, type Fault } from "./spec/faults.ts";
export { type LoadOptions, type LoadResult, loadDocument, loadModel, type Overlay } from "./spec/load.ts";
export type { GatewayModel } from "./spec/model.ts";
export type { GatewayDocumentInput } from "./spec/schema/document.ts";
