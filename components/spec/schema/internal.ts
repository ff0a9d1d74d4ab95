import { z } from "zod";
import { duration, entryName, named } from "./primitives.ts";

const generation = z.int().min(1).max(1_000_000).default(1);

/** A Kubernetes object name, RFC 1123. */
const objectName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "1 to 63 lower-case letters, digits and hyphens, not starting or ending with a hyphen");

const arn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:acm-pca:[a-z0-9-]+:[0-9]{12}:certificate-authority\/[0-9a-f-]{36}$/,
    "the ARN of a certificate authority of AWS Private CA",
  );

const issuer = z.discriminatedUnion("type", [
  z
    .strictObject({ type: z.literal("stack") })
    .meta({ description: "An authority of the stack's own; its keys stand in the encrypted state." }),
  z
    .strictObject({
      type: z.literal("awsPrivateCa"),
      arn: arn.meta({ description: "An active certificate authority of AWS Private CA." }),
      alsoTrusted: arn.optional().meta({ description: "The authority before or after it, trusted as well while services change over." }),
      signingAlgorithm: z
        .enum(["SHA256WITHECDSA", "SHA384WITHECDSA", "SHA256WITHRSA", "SHA384WITHRSA", "SHA512WITHRSA"])
        .default("SHA256WITHECDSA")
        .meta({ description: "How the authority signs; has to fit its key." }),
    })
    .meta({ description: "AWS Private CA; only on aws." }),
  z
    .strictObject({
      type: z.literal("googleCaService"),
      pool: z
        .string()
        .regex(/^projects\/[^/]+\/locations\/[^/]+\/caPools\/[^/]+$/, "projects/…/locations/…/caPools/…")
        .meta({ description: "The CA pool: projects/…/locations/…/caPools/…." }),
      authority: objectName.meta({ description: "The authority of the pool that signs." }),
      alsoTrusted: objectName
        .optional()
        .meta({ description: "The authority of the pool before or after it, trusted as well while services change over." }),
    })
    .meta({ description: "Google's CA Service; only on gcp." }),
]);

const authority = z
  .strictObject({
    issuer: issuer.default({ type: "stack" }).meta({ description: "Who signs." }),
    validity: duration.default("87600h").meta({ description: "How long a root of the stack's own is valid." }),
    generation: generation.meta({ description: "Raise by one for a root with another key." }),
    rollover: z.enum(["announce", "switch", "finish"]).default("switch").meta({
      description:
        "How far the change to `generation` has come. `announce`: the new root is trusted, the one before still signs. `switch`: the new one signs, the one before is still trusted. `finish`: the one before is gone.",
    }),
    intermediate: z
      .strictObject({
        validity: duration.default("17520h").meta({ description: "How long the intermediate is valid." }),
        generation: generation.meta({ description: "Raise by one for an intermediate with another key; nobody's trust changes." }),
      })
      .optional()
      .meta({ description: "An authority below the root that signs everything, so that the root's key signs nothing else." }),
  })
  .meta({
    description: "The authority of everything internal: of services, and of the gateway itself wherever the document says `internal`.",
  });

const service = z
  .strictObject({
    names: z
      .array(z.string().min(1).max(253))
      .min(1, "at least one host name")
      .meta({ description: "Host names in the service's certificate." }),
    callers: z
      .array(entryName)
      .default([])
      .meta({ description: "Who may call it: names of other services, or `gateway`. Everybody else is denied." }),
    keyGeneration: generation.meta({ description: "Raise by one for a new key." }),
    reader: z.string().min(1).max(320).optional().meta({
      description:
        "Who may read the service's key, and nobody else: on aws the name of an IAM role, on azure the object id of an identity, on gcp the e-mail of a service account.",
    }),
    pkcs12: z.boolean().default(false).meta({ description: "Also as PKCS #12, for Java and .NET." }),
    importToAcm: z
      .boolean()
      .default(false)
      .meta({ description: "Also into AWS Certificate Manager, for a load balancer of the service; only on aws." }),
    port: z.int().min(1).max(65_535).default(8443).meta({ description: "Port the service listens on in the mesh." }),
    serviceAccount: objectName.optional().meta({ description: "Its Kubernetes service account. Default: its name in lower case." }),
  })
  .meta({ description: "A service behind the gateway, or behind other services." });

const mesh = z
  .strictObject({
    trustDomain: z
      .string()
      .max(253)
      .regex(/^[a-z0-9._-]+$/, "lower-case letters, digits, dots, hyphens and underscores")
      .default("cluster.local")
      .meta({ description: "Trust domain of the mesh." }),
    systemNamespace: objectName.default("istio-system").meta({ description: "Namespace of istiod." }),
    pluggedInCa: z.boolean().default(true).meta({
      description:
        "istiod signs with an intermediate of the internal authority (its Secret `cacerts`), instead of a root of its own. Needs the issuer stack.",
    }),
    ingress: z
      .strictObject({
        namespace: objectName.default("istio-ingress").meta({ description: "Namespace of the ingress gateway." }),
        serviceAccount: objectName.default("istio-ingress").meta({ description: "Service account of the ingress gateway." }),
        labels: z
          .record(z.string().min(1).max(317), z.string().max(63))
          .default({ istio: "ingress" })
          .meta({ description: "Labels of the ingress gateway's pods." }),
      })
      .prefault({})
      .meta({ description: "The ingress gateway of the mesh, which takes connections of the gateway only." }),
  })
  .meta({ description: "Istio: mutual TLS only, everything denied that `callers` does not allow." });

const kubernetes = z
  .strictObject({
    namespace: objectName.meta({ description: "Namespace of the services; made by the stack." }),
    certificates: z.enum(["none", "secrets", "certManager"]).default("none").meta({
      description:
        "How services get certificates of their own: `secrets` writes one Secret per service that only its service account may read; `certManager` has cert-manager issue and renew them; `none` leaves them to the mesh.",
    }),
    mesh: mesh.optional(),
  })
  .meta({ description: "Services in a Kubernetes cluster; the kubeconfig is that of the Kubernetes provider." });

/** Traffic behind the gateway. */
export const internalSettings = z
  .strictObject({
    authority: authority.prefault({}),
    certificates: z
      .strictObject({
        validity: duration.default("2160h").meta({ description: "How long a service's certificate is valid." }),
        renewBefore: duration
          .default("720h")
          .meta({ description: "How long before its end a deployment renews it; shorter than `validity`." }),
        generation: generation.meta({
          description: "Raise by one to have every certificate issued anew before it is due, under the same key; only on local.",
        }),
        keyGeneration: generation.meta({
          description:
            "Raise by one for a new key of every certificate, the gateway's own as well; only on local, elsewhere see a service's own.",
        }),
      })
      .prefault({})
      .meta({ description: "Certificates of the services." }),
    services: named(service).default({}).meta({ description: "Services with an identity of their own, by name." }),
    kubernetes: kubernetes.optional(),
  })
  .meta({ description: "Traffic behind the gateway: who has which identity, who may call whom, and how keys get to services." });
