import { Backend } from "@pulumi/azure-native/apimanagement/backend.js";
import { Certificate } from "@pulumi/azure-native/apimanagement/certificate.js";
import * as pulumi from "@pulumi/pulumi";
import { digest } from "../../digest.ts";
import { gatewayIdentity } from "../../pki/identity.ts";
import { type CertificateIssuer, chainWithRoot, type IssuedCertificate } from "../../pki/internal/issuer.ts";
import type { Backend as BackendModel } from "../../spec/model.ts";
import { LEAF_KEY } from "./authority.ts";
import type { AzureBuild } from "./build.ts";
import { pfxOf } from "./certificate.ts";
import { usedBackends } from "./needs.ts";
import { pfx } from "./pfx.ts";
import { backendId, poolsOf } from "./policy/profiles.ts";
import type { Service } from "./service.ts";

/** Validity of a client certificate of the stack's own authority: a year, renewed by the first deployment in its last third. */
const HOURS = 365 * 24;

/** Errors of this long ago no longer count. */
const COUNTING = "PT1M";

/** Every backend some route sends to, and a pool for every distinct set of weights. */
export function backends(
  b: AzureBuild,
  service: Service,
  authority: () => CertificateIssuer,
  after: readonly pulumi.Resource[],
): Backend[] {
  const inService = { resourceGroupName: service.group, serviceName: service.name };
  let issued: IssuedCertificate | undefined;
  let own: Certificate | undefined;
  const internal = (): Certificate => {
    issued ??= authority().issue("client", {
      commonName: `${b.name} gateway`,
      dnsNames: [b.model.hostname],
      uris: [gatewayIdentity(b.model.hostname)],
      usages: ["client"],
      validityHours: HOURS,
      key: LEAF_KEY,
    });
    const { privateKeyPem } = issued;
    const chain = chainWithRoot(issued);
    own ??= certificate(
      "client",
      pulumi.all([chain, privateKeyPem]).apply(([text, key]) => pfx(text, key, passwordOf(key))),
      privateKeyPem,
    );
    return own;
  };
  const certificate = (suffix: string, data: pulumi.Output<string>, privateKey: pulumi.Output<string>): Certificate =>
    new Certificate(
      `${b.name}-${suffix}-certificate`,
      {
        ...inService,
        certificateId: `${b.name}-${suffix}`,
        data: pulumi.secret(data),
        password: pulumi.secret(privateKey.apply(passwordOf)),
      },
      b.opts(),
    );
  const shown = ({ name, tls: { clientCertificate } }: BackendModel): Certificate | undefined => {
    if (clientCertificate === "none") return undefined;
    if (clientCertificate === "internal") return b.enforced.note(internal(), "backend.clientCertificate.internal");
    const key = b.secrets.get(clientCertificate.privateKey);
    const path = `backends.${name}.tls.clientCertificate.privateKey`;
    const made = certificate(`client-${name}`, pfxOf(clientCertificate.certificate, key, path, passwordOf), key);
    return b.enforced.note(made, "backend.clientCertificate.imported");
  };
  const single = new Map(
    usedBackends(b.model).map((backend) => {
      const client = shown(backend);
      const verified = backend.tls.trust.kind !== "unverified";
      const { circuitBreaker } = backend;
      const resource = new Backend(
        `${b.name}-backend-${backend.name}`,
        {
          ...inService,
          backendId: backendId(b.name, backend.name),
          protocol: "http",
          url: `https://${backend.host}${backend.port === 443 ? "" : `:${backend.port}`}${backend.basePath}`,
          tls: { validateCertificateChain: verified, validateCertificateName: verified },
          ...(client === undefined ? {} : { credentials: { certificateIds: [client.id] } }),
          ...(circuitBreaker === undefined
            ? {}
            : {
                circuitBreaker: {
                  rules: [
                    {
                      name: "failing",
                      failureCondition: {
                        count: circuitBreaker.consecutiveErrors,
                        interval: COUNTING,
                        statusCodeRanges: [{ min: 500, max: 599 }],
                      },
                      tripDuration: `PT${Math.max(1, Math.round(circuitBreaker.ejectionTimeMs / 1000))}S`,
                      acceptRetryAfter: false,
                    },
                  ],
                },
              }),
        },
        b.opts({ dependsOn: [...after] }),
      );
      b.enforced.note(resource, `backend.tls.${backend.tls.trust.kind}`, "backend.circuitBreaker");
      if (backend.network.type === "private") b.enforced.note(resource, "backend.private");
      if (backend.network.type === "onPremises") b.enforced.note(resource, "backend.onPremises");
      return [backend.name, resource] as const;
    }),
  );
  const pools = [...poolsOf(b.model)].map(([id, members]) =>
    b.enforced.note(
      new Backend(
        `${b.name}-${id.slice(b.name.length + 1)}`,
        {
          ...inService,
          backendId: id,
          type: "Pool",
          pool: { services: members.map(({ name, weight }) => ({ id: single.get(name)?.id ?? "", priority: 1, weight })) },
        },
        b.opts(),
      ),
      "route.weights",
    ),
  );
  return [...single.values(), ...pools];
}

/** A certificate's password follows from its key: whoever knows the one has the other. */
const passwordOf = (key: string): string => digest(`pfx ${key}`).slice(0, 32);
