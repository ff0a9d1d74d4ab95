import { gatewayIdentity } from "../pki/identity.ts";

/** A service of the mesh. */
export interface MeshService {
  /** Name of its Kubernetes Service, and value of the label `app` of its pods. */
  readonly name: string;
  readonly serviceAccount: string;
  /** Port it listens on, both of the Service and of the pods. */
  readonly port: number;
  /** Host names by which the gateway calls it, when it may. */
  readonly hosts: readonly string[];
  /** Names of other services, or `gateway`. Everybody else is denied. */
  readonly callers: readonly string[];
}

/** The ingress gateway of the mesh. */
export interface MeshIngress {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Labels of its pods. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface MeshSettings {
  /** Namespace of the services. */
  readonly namespace: string;
  /** Trust domain of the mesh, such as `cluster.local`. */
  readonly trustDomain: string;
  /** Namespace of istiod. */
  readonly systemNamespace: string;
  readonly ingress: MeshIngress;
  /** Public host name of the gateway, which its identity is made of. */
  readonly hostname: string;
  readonly services: readonly MeshService[];
}

/** How `callers` names the gateway. */
export const GATEWAY = "gateway";

/** A pod's identity as authorization policies write it: its SPIFFE id without the scheme. */
export const principal = ({ trustDomain }: MeshSettings, namespace: string, serviceAccount: string): string =>
  `${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;

/** The gateway's identity in the same form. */
export const gatewayPrincipal = ({ hostname }: MeshSettings): string => gatewayIdentity(hostname).slice("spiffe://".length);

/** Services the gateway may call, and so the ingress gateway lets in. */
export const entered = ({ services }: MeshSettings): MeshService[] => services.filter(({ callers }) => callers.includes(GATEWAY));
