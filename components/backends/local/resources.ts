import * as pulumi from "@pulumi/pulumi";

/**
 * Resources of the `localgateway` provider (providers/local), as Pulumi programs see them. The provider is a plugin in this repository,
 * found through `plugins.providers` in Pulumi.yaml; nothing is downloaded.
 */

export interface CertificateAuthorityArgs {
  /** Common name of the root. */
  readonly commonName: pulumi.Input<string>;
  /** Raise by one for a new root; the one before stays in `bundlePem` until the generation after, or `finish`. @default 1 */
  readonly generation?: pulumi.Input<number>;
  /**
   * How far the change to `generation` has come. `announce`: the new root is trusted, the one before still signs. `switch`: the new one signs, the one
   * before is still trusted. `finish`: the one before is gone.
   *
   * @default "switch"
   */
  readonly rollover?: pulumi.Input<"announce" | "switch" | "finish">;
  /** Validity of the root in days. @default 3650 */
  readonly validityDays?: pulumi.Input<number>;
}

export interface IntermediateAuthorityArgs {
  /** PEM of the root that signs. */
  readonly rootCertificatePem: pulumi.Input<string>;
  /** PEM of its key; secret. */
  readonly rootPrivateKeyPem: pulumi.Input<string>;
  readonly commonName: pulumi.Input<string>;
  /** Raise by one for another key; nobody's trust changes. @default 1 */
  readonly generation?: pulumi.Input<number>;
  /** Validity in days. @default 730 */
  readonly validityDays?: pulumi.Input<number>;
  /** Where clients find the root's revocation list. */
  readonly crlUris?: pulumi.Input<readonly string[]>;
}

/** An authority below the root that signs what the stack issues, so that the root's key signs nothing else. */
export class IntermediateAuthority extends pulumi.CustomResource {
  declare readonly certificatePem: pulumi.Output<string>;
  /** Secret. */
  declare readonly privateKeyPem: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly notAfter: pulumi.Output<string>;
  /** Its revocation list, which names nothing. */
  declare readonly revocationListPem: pulumi.Output<string>;

  constructor(name: string, args: IntermediateAuthorityArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "localgateway:index:IntermediateAuthority",
      name,
      {
        generation: 1,
        validityDays: 730,
        crlUris: [],
        ...args,
        certificatePem: undefined,
        privateKeyPem: undefined,
        notAfter: undefined,
        revocationListPem: undefined,
        revocationListNextUpdate: undefined,
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKeyPem"] }),
    );
  }
}

/** A private certificate authority: an ECDSA P-256 root, kept in the stack's encrypted state. */
export class CertificateAuthority extends pulumi.CustomResource {
  /** The root that signs now. */
  declare readonly certificatePem: pulumi.Output<string>;
  /** Every root to trust now: the signing one and, during a rotation, the one before. */
  declare readonly bundlePem: pulumi.Output<string>;
  /** Secret. */
  declare readonly privateKeyPem: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly notAfter: pulumi.Output<string>;
  /** Its revocation list, which names nothing; valid for 90 days, signed anew by the first `up` in the second half. */
  declare readonly revocationListPem: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly revocationListNextUpdate: pulumi.Output<string>;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "localgateway:index:CertificateAuthority",
      name,
      {
        generation: 1,
        rollover: "switch",
        validityDays: 3650,
        ...args,
        certificatePem: undefined,
        bundlePem: undefined,
        announcedPem: undefined,
        announcedKeyPem: undefined,
        privateKeyPem: undefined,
        notAfter: undefined,
        revocationListPem: undefined,
        revocationListNextUpdate: undefined,
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKeyPem", "announcedKeyPem"] }),
    );
  }
}

export interface CertificateArgs {
  /** PEM of the authority that signs. */
  readonly authorityCertificatePem: pulumi.Input<string>;
  /** PEM of the authority's key; secret. */
  readonly authorityPrivateKeyPem: pulumi.Input<string>;
  readonly commonName: pulumi.Input<string>;
  /** DNS subject alternative names. */
  readonly dnsNames?: pulumi.Input<readonly string[]>;
  /** IP subject alternative names. */
  readonly ipAddresses?: pulumi.Input<readonly string[]>;
  /** URI subject alternative names, such as a SPIFFE identity. */
  readonly uris?: pulumi.Input<readonly string[]>;
  /** Extended key usages. */
  readonly usages: pulumi.Input<readonly ("server" | "client")[]>;
  /** Validity in milliseconds; renewed by the first `up` in its last third. */
  readonly validityMs: pulumi.Input<number>;
  /** Raise by one for a new key. @default 1 */
  readonly keyGeneration?: pulumi.Input<number>;
  /** Raise by one for a new certificate under the same key, before the one in use is due. @default 1 */
  readonly issueGeneration?: pulumi.Input<number>;
  /** Where clients find the authority's revocation list. */
  readonly crlUris?: pulumi.Input<readonly string[]>;
}

/** A leaf certificate with its key (ECDSA P-256). A changed authority, name or generation issues a new one in place; it is never deleted before its successor is in use. */
export class Certificate extends pulumi.CustomResource {
  /** Leaf, then any intermediates. */
  declare readonly chainPem: pulumi.Output<string>;
  /** Secret. */
  declare readonly privateKeyPem: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly notBefore: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly notAfter: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "localgateway:index:Certificate",
      name,
      {
        dnsNames: [],
        ipAddresses: [],
        uris: [],
        keyGeneration: 1,
        issueGeneration: 1,
        crlUris: [],
        ...args,
        chainPem: undefined,
        privateKeyPem: undefined,
        notBefore: undefined,
        notAfter: undefined,
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKeyPem"] }),
    );
  }
}

export interface SigningKeyArgs {
  /** JWS algorithm. */
  readonly algorithm: pulumi.Input<"RS256" | "ES256">;
  /** Raise by one for a new key; the one before stays in `jwks` until the generation after. @default 1 */
  readonly generation?: pulumi.Input<number>;
}

/** A key that signs test tokens. */
export class SigningKey extends pulumi.CustomResource {
  declare readonly keyId: pulumi.Output<string>;
  /** Public JSON Web Key Set, JSON text. */
  declare readonly jwks: pulumi.Output<string>;
  /** PKCS#8; secret. */
  declare readonly privateKeyPem: pulumi.Output<string>;

  constructor(name: string, args: SigningKeyArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "localgateway:index:SigningKey",
      name,
      { generation: 1, ...args, keyId: undefined, jwks: undefined, privateKeyPem: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKeyPem"] }),
    );
  }
}

export interface ApiKeysArgs {
  /** By consumer. */
  readonly consumers: pulumi.Input<Readonly<Record<string, { readonly generation: number; readonly keepPrevious: boolean }>>>;
}

/** API keys of every consumer: 256 random bits each, base64url. One resource however many consumers there are. */
export class ApiKeys extends pulumi.CustomResource {
  /** The current key by consumer; secret. */
  declare readonly keys: pulumi.Output<Record<string, string>>;
  /** Every key accepted now by consumer: the current one and, where kept, the one before; secret. */
  declare readonly accepted: pulumi.Output<Record<string, readonly string[]>>;

  constructor(name: string, args: ApiKeysArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "localgateway:index:ApiKeys",
      name,
      { ...args, keys: undefined, accepted: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["keys", "accepted"] }),
    );
  }
}

/** A program run and watched next to Envoy. */
export interface HostService {
  /** Program and arguments; `node` is the Node the provider runs on. */
  readonly command: readonly string[];
  /** Absolute folder to run in. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Files written for it with mode 0600 before it starts, by name; their folder is in the variable FILES_DIR. */
  readonly files: Readonly<Record<string, string>>;
  /**
   * What the running service does about changed files: it is restarted, or told by SIGHUP to read them again, which drops no connection.
   *
   * @default "restart"
   */
  readonly onFileChange?: "restart" | "SIGHUP";
  /** Loopback port that accepts connections when the service is ready. */
  readonly port: number;
}

/** Folder of a service's files. */
export const serviceFolder = (directory: string, service: string): string => `${directory}/services/${service}`;

/** A calendar quota the host counts for Envoy's rate limit filter. */
export interface HostQuota {
  readonly consumer: string;
  readonly requests: number;
  readonly per: "day" | "week" | "month";
}

export interface HostArgs {
  /** Absolute folder of this gateway's state: configuration, keys, logs, sockets. Created with mode 0700. */
  readonly directory: pulumi.Input<string>;
  /** Envoy's bootstrap, JSON text. A change of it is a hot restart. */
  readonly bootstrap: pulumi.Input<string>;
  /** Files next to it, by relative path: the discovery files Envoy watches, certificates, keys. Written atomically, mode 0600, in the order of `writeOrder`. Secret. */
  readonly files: pulumi.Input<Readonly<Record<string, string>>>;
  /** Relative paths in the order in which changed files are written: what others refer to comes first. */
  readonly writeOrder: pulumi.Input<readonly string[]>;
  /** Envoy worker threads; 0 means one per core. */
  readonly workers: pulumi.Input<number>;
  /** Unix socket of Envoy's admin interface, relative to `directory`. */
  readonly adminSocket: pulumi.Input<string>;
  /** Addresses that accept connections once the gateway is ready, `host:port`. */
  readonly listeners: pulumi.Input<readonly string[]>;
  /** Milliseconds open requests get when the gateway stops. */
  readonly drainMs: pulumi.Input<number>;
  readonly services: pulumi.Input<Readonly<Record<string, HostService>>>;
  readonly quotas: pulumi.Input<readonly HostQuota[]>;
  /** Days access logs (files `*.log` in `logs/`) are kept; 0 when none are written. */
  readonly logRetentionDays: pulumi.Input<number>;
  /** The certificate of the front door is obtained from an ACME authority and replaced in time, by the agent. */
  readonly acme?: pulumi.Input<HostAcme>;
}

export interface HostAcme {
  /** The authority's directory, https. */
  readonly directoryUrl: string;
  readonly email: string;
  readonly names: readonly string[];
  readonly keyType: "P256" | "P384" | "RSA2048" | "RSA4096";
  /** Roots to trust when talking to the directory; empty: the public ones. */
  readonly caCertificates: readonly string[];
  /** Raise by one for a new certificate before the one in use is due. @default 1 */
  readonly issue?: number;
}

/** The processes of one gateway on this host: Envoy, the services declared next to it, and the agent that watches over them. */
export class Host extends pulumi.CustomResource {
  /** SHA-256 of the configuration that is live. */
  declare readonly liveDigest: pulumi.Output<string>;
  /** What runs: `ready`, or what is wrong; refreshed from the machine. */
  declare readonly state: pulumi.Output<string>;
  /** Chain from the ACME authority that is served; empty without `acme`. */
  declare readonly certificatePem: pulumi.Output<string>;

  constructor(name: string, args: HostArgs, opts?: pulumi.CustomResourceOptions) {
    super("localgateway:index:Host", name, { ...args, liveDigest: undefined, state: undefined, certificatePem: undefined }, opts);
  }
}
