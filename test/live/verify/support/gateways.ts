import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { VerifyOptions } from "../../../../verify/index.ts";
import { TestQuotaService } from "../../../support/live/quota-service.ts";
import { apiKeyOf, type LiveGateway, type LiveOptions, startGateway } from "../../../support/live-gateway.ts";
import { closedDocument, openDocument, type Surroundings } from "./everything.ts";

export interface VerifiableGateway {
  readonly gateway: LiveGateway;
  /** Everything a probe could ask for. */
  readonly options: VerifyOptions;
  stop(): Promise<void>;
}

const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

/** The authority of the surroundings stands for the public roots. */
function withRoots(folder: () => string, tamper: LiveOptions["tamper"]): LiveOptions["tamper"] {
  return (files) => {
    const placed = Object.fromEntries(
      Object.entries(files).map(([path, text]) => [path, text.replaceAll(BUNDLE, join(folder(), "public-roots.pem"))]),
    );
    return tamper ? tamper(placed) : placed;
  };
}

export async function startOpen(surroundings: Surroundings, tamper?: LiveOptions["tamper"]): Promise<VerifiableGateway> {
  const { authority, gatewayAtPartner, login, partner, machine, publicAuthority, clientAuthority } = surroundings;
  let quotas: TestQuotaService | undefined;
  const gateway = await startGateway(openDocument(surroundings), {
    authority,
    materials: { clients: { partner: { chain: gatewayAtPartner.certificate, privateKey: gatewayAtPartner.privateKey } } },
    tamper: withRoots(() => ".", tamper),
    prepare: async (folder) => {
      writeFileSync(join(folder, "public-roots.pem"), publicAuthority.root);
      quotas = await TestQuotaService.start(join(folder, "run", "quota.sock"), { acme: 1_000_000, visitor: 25 });
    },
  });
  return {
    gateway,
    options: {
      ...addressOf(gateway),
      plainPort: gateway.httpPort,
      issuer: [login.summary, partner.summary],
      apiKeys: Object.fromEntries(Object.keys(gateway.model.consumers).map((name) => [name, apiKeyOf(name)])),
      clientCertificate: machine,
      clientAuthority,
      unsafeMethods: true,
      exhaustQuotas: true,
    },
    async stop() {
      await gateway.stop();
      await quotas?.stop();
    },
  };
}

export async function startClosed(surroundings: Surroundings, tamper?: LiveOptions["tamper"]): Promise<VerifiableGateway> {
  const { authority, closedFront, machine, clientAuthority } = surroundings;
  const gateway = await startGateway(closedDocument(surroundings), {
    authority,
    materials: { front: { chain: closedFront.chain, privateKey: closedFront.privateKey } },
    ...(tamper ? { tamper } : {}),
  });
  return {
    gateway,
    options: {
      ...addressOf(gateway),
      plainPort: gateway.httpPort,
      clientCertificate: machine,
      clientAuthority,
    },
    stop: () => gateway.stop(),
  };
}

const addressOf = (gateway: LiveGateway) => ({
  model: gateway.model,
  url: `https://${gateway.hostname}:${gateway.port}`,
  address: `${gateway.address}:${gateway.port}`,
  caCertificate: gateway.ca,
});
