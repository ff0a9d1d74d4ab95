import type { Observations } from "../../../verdicts.ts";
import { type Grammar, is, list, nothing, number, object, text, where } from "../../grammar.ts";
import { APIM, der, type Inputs, inService, refer, type Scene } from "./scene.ts";
import { onPremisesCertificate } from "./self-hosted.ts";
import { frontSecret } from "./service.ts";

/** The document's backend behind an entity. */
const declared = ({ model }: Scene, name: string) =>
  Object.values(model.backends).find((one) => name === `${model.name}-backend-${one.name}`);

type Backend = NonNullable<ReturnType<typeof declared>>;

/** Failures in a row within a minute take it out for the declared time; 5xx alone count. */
const breaker = ({ circuitBreaker }: Backend): Grammar =>
  circuitBreaker === undefined
    ? nothing
    : object({
        rules: list(
          object({
            name: text(),
            failureCondition: object({
              count: number(1, circuitBreaker.consecutiveErrors),
              interval: is("PT1M"),
              statusCodeRanges: list(object({ min: is(500), max: is(599) }), 1, 1),
            }),
            tripDuration: is(`PT${Math.max(1, Math.round(circuitBreaker.ejectionTimeMs / 1000))}S`),
            acceptRetryAfter: is(false),
          }),
          1,
          1,
        ),
      });

const single = (scene: Scene, backend: Backend): Grammar => {
  const { tls, host, port, basePath } = backend;
  const verified = tls.trust.kind !== "unverified";
  const shown =
    tls.clientCertificate === "none"
      ? undefined
      : tls.clientCertificate === "internal"
        ? "-client-certificate"
        : `-client-${backend.name}-certificate`;
  return object({
    ...inService(scene),
    backendId: text(/^[\w.-]{1,80}$/),
    protocol: is("http"),
    url: is(`https://${host}${port === 443 ? "" : `:${port}`}${basePath}`),
    tls: object({ validateCertificateChain: is(verified), validateCertificateName: is(verified) }),
    credentials:
      shown === undefined
        ? nothing
        : object({
            certificateIds: list(
              where(
                (value) =>
                  scene.resources.behind(value, `${APIM}Certificate`)?.name === `${scene.model.name}${shown}` &&
                  String(value).endsWith(".id}"),
                "the declared client certificate",
              ),
              1,
              1,
            ),
          }),
    circuitBreaker: breaker(backend),
  });
};

const pool = (scene: Scene): Grammar =>
  object({
    ...inService(scene),
    backendId: text(/^[\w.-]{1,80}$/),
    type: is("Pool"),
    pool: object({
      services: list(object({ id: refer(scene, "apimanagement:Backend", "id"), priority: is(1), weight: number(1, 100) }), 2),
    }),
  });

export const BACKENDS: Inputs = {
  "apimanagement:Backend": [
    "backend.tls.public",
    (scene, { name }) => {
      const backend = declared(scene, name);
      return backend ? single(scene, backend) : pool(scene);
    },
  ],
  "apimanagement:Certificate": [
    "backend.clientCertificate.internal",
    (scene, { name }) =>
      object({
        ...inService(scene),
        certificateId: text(/^[\w.-]{1,80}$/),
        ...(name === onPremisesCertificate(scene)
          ? {
              keyVault: object({
                secretIdentifier: frontSecret(scene),
                identityClientId: refer(scene, "managedidentity:UserAssignedIdentity", "clientId"),
              }),
            }
          : { data: der, password: text(/^[0-9a-f]{32}$/) }),
      }),
  ],
};

/** Every backend some route sends to has its entity, by the control of what verifies it. */
export function observeBackends(scene: Scene, o: Observations): void {
  const { resources, model } = scene;
  const used = new Set(model.routes.flatMap(({ backends }) => backends.map(({ name }) => name)));
  for (const { name, tls, network, circuitBreaker } of Object.values(model.backends).filter((one) => used.has(one.name))) {
    const at = `backends.${name}`;
    const entity = resources.of(`${APIM}Backend`).find((one) => one.name === `${model.name}-backend-${name}`)?.inputs;
    const verified = tls.trust.kind !== "unverified";
    o.same(
      `backend.tls.${tls.trust.kind}`,
      `${at}.tls`,
      [verified, verified],
      [entity?.tls?.validateCertificateChain, entity?.tls?.validateCertificateName],
    );
    const control = tls.clientCertificate === "none" || tls.clientCertificate === "internal" ? "internal" : "imported";
    o.same(
      `backend.clientCertificate.${control}`,
      `${at}.tls.clientCertificate`,
      tls.clientCertificate === "none" ? 0 : 1,
      entity?.credentials?.certificateIds?.length ?? 0,
    );
    if (circuitBreaker)
      o.holds(
        "backend.circuitBreaker",
        `${at}.circuitBreaker`,
        "failures in a row take it out",
        entity?.circuitBreaker?.rules?.length === 1,
      );
    for (const kind of ["private", "onPremises"] as const)
      if (network.type === kind)
        o.holds(
          `backend.${kind}`,
          `${at}.network`,
          "the service stands in a network that reaches it, or the gateway on premises",
          resources.of(`${APIM}Gateway`).length > 0 ||
            (scene.service.virtualNetworkType !== undefined && scene.service.virtualNetworkType !== "None"),
        );
  }
}
