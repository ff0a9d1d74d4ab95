import { join } from "node:path";
import type { VerifyOptions } from "../../../../verify/index.ts";
import { TestQuotaService } from "../../../support/live/quota-service.ts";
import { apiKeyOf, type Edit, type LiveGateway, startGateway } from "../../../support/live-gateway.ts";
import { closedDocument, openDocument, type Surroundings } from "./everything.ts";

export interface VerifiableGateway {
  readonly gateway: LiveGateway;
  /** Everything a probe could ask for. */
  readonly options: VerifyOptions;
  stop(): Promise<void>;
}

export async function startOpen(surroundings: Surroundings, edit?: Edit): Promise<VerifiableGateway> {
  const { authority, gatewayAtPartner, login, partner, publicAuthority } = surroundings;
  let quotas: TestQuotaService | undefined;
  const gateway = await startGateway(openDocument(surroundings), {
    authority,
    publicRoots: publicAuthority.root,
    materials: { clients: { partner: { chain: gatewayAtPartner.certificate, privateKey: gatewayAtPartner.privateKey } } },
    ...(edit ? { edit } : {}),
    prepare: async (folder) => {
      quotas = await TestQuotaService.start(join(folder, "run", "quota.sock"), { visitor: 25 });
    },
  });
  return {
    gateway,
    options: {
      ...optionsFor(gateway, surroundings),
      issuer: [login.summary, partner.summary],
      apiKeys: Object.fromEntries(Object.keys(gateway.model.consumers).map((name) => [name, apiKeyOf(name)])),
      exhaustQuotas: true,
    },
    async stop() {
      await gateway.stop();
      await quotas?.stop();
    },
  };
}

export async function startClosed(surroundings: Surroundings, known: "names" | "hashes", edit?: Edit): Promise<VerifiableGateway> {
  const { authority, closedFront } = surroundings;
  const gateway = await startGateway(closedDocument(surroundings, known), {
    authority,
    materials: { front: { chain: closedFront.chain, privateKey: closedFront.privateKey } },
    ...(edit ? { edit } : {}),
  });
  return { gateway, options: optionsFor(gateway, surroundings), stop: () => gateway.stop() };
}

const optionsFor = (gateway: LiveGateway, { machine, clientAuthority }: Surroundings): VerifyOptions => ({
  model: gateway.model,
  url: `https://${gateway.hostname}:${gateway.port}`,
  address: `${gateway.address}:${gateway.port}`,
  plainPort: gateway.httpPort,
  caCertificate: gateway.ca,
  clientCertificate: machine,
  clientAuthority,
  accessLog: join(gateway.folder, "logs", "access.log"),
  metricsUrl: `http://127.0.0.1:${gateway.adminPort}/metrics`,
  unsafeMethods: true,
});
