import { show } from "../../components/spec/show.ts";
import type { Draft } from "../draft.ts";
import type { Weight } from "../leftovers.ts";
import type { Field } from "../reader.ts";
import { publicName } from "../values.ts";
import { KubeBackends } from "./backends.ts";
import { readClientTraffic } from "./client-traffic.ts";
import { type KubeObject, readObjects } from "./objects.ts";
import { PolicyBook } from "./policies.ts";
import { readGrpcRoute, readHttpRoute } from "./routes.ts";

const OTHERS: Readonly<Record<string, readonly [Weight, string, string]>> = {
  Secret: ["behaviour", "keys and passwords are never copied", "set them with gateway secret, or let keys be made anew"],
  GatewayClass: ["operation", "which controller runs the gateway", "nothing to do"],
  EnvoyProxy: ["operation", "how Envoy is deployed", "see observability for logs, metrics and traces"],
  ReferenceGrant: ["operation", "who may refer to objects of another namespace", "nothing to do"],
  Namespace: ["operation", "a namespace of the cluster", "nothing to do"],
  TLSRoute: ["behaviour", "TLS passed through without being terminated", "terminate it at the gateway: write a route"],
  TCPRoute: ["behaviour", "TCP connections", "a gateway of this document carries HTTP and gRPC"],
  UDPRoute: ["behaviour", "UDP packets", "a gateway of this document carries HTTP and gRPC"],
  EnvoyPatchPolicy: ["unknown", "a patch of Envoy's own configuration", "see what it does and say it in the document"],
  EnvoyExtensionPolicy: ["protection", "code that runs in the gateway", "have the service do it"],
  HTTPRouteFilter: ["behaviour", "a filter that answers or rewrites by itself", "have the service do it"],
};

/** Objects of Gateway API and Envoy Gateway. */
export function readManifests(roots: readonly Field[], draft: Draft): void {
  const objects = readObjects(roots);
  const of = (...kinds: string[]) => objects.filter(({ kind }) => kinds.includes(kind));
  const backends = new KubeBackends(draft, of("Service", "Backend", "ConfigMap", "BackendTLSPolicy"));
  const policies = new PolicyBook(draft, of("SecurityPolicy", "BackendTrafficPolicy"));
  const gateways = of("Gateway");
  for (const gateway of gateways) readGateway(gateway, draft);
  for (const policy of of("ClientTrafficPolicy")) readClientTraffic(policy, draft, backends);
  const around = { draft, backends, policies, gateways: gateways.map(({ name }) => name) };
  for (const object of of("HTTPRoute")) readHttpRoute(object, around);
  for (const object of of("GRPCRoute")) readGrpcRoute(object, around);
  backends.finish();
  policies.finish();
  for (const object of objects) {
    const other = OTHERS[object.kind];
    if (other !== undefined) object.root.leave(...other);
    else if (!READ.includes(object.kind))
      object.root.leave("unknown", `${show(object.kind)} is not known`, "see what it does and say it in the document");
  }
}

const READ = [
  "Gateway",
  "HTTPRoute",
  "GRPCRoute",
  "Service",
  "Backend",
  "ConfigMap",
  "BackendTLSPolicy",
  "SecurityPolicy",
  "BackendTrafficPolicy",
  "ClientTrafficPolicy",
];

function readGateway({ name, spec }: KubeObject, draft: Draft): void {
  draft.name(name);
  spec?.leaveAll(["gatewayClassName", "infrastructure", "addresses"], "operation", "where the cluster runs the gateway", "nothing to do");
  spec?.leaveAll(
    ["backendTLS", "tls"],
    "protection",
    "the certificate shown to backends, or rules about clients' certificates",
    "say tls.clientCertificate of the backends and tls.clientValidation",
  );
  for (const listener of spec?.maps("listeners") ?? []) readListener(listener, draft);
}

function readListener(listener: Field, draft: Draft): void {
  listener.leaveAll(["name", "allowedRoutes"], "operation", "how routes find their listener", "nothing to do");
  const [protocol, port] = [listener.text("protocol") ?? "", listener.number("port")];
  const hostname = listener.text("hostname");
  if (hostname !== undefined) {
    const host = publicName(hostname);
    if (host !== undefined) draft.hostname(host);
    else
      listener.at("hostname")?.leave("behaviour", `${show(hostname)} is a pattern; a document has exactly one host name`, "give hostname");
  }
  if (protocol === "HTTP")
    listener.at("protocol")?.leave("behaviour", "plain HTTP was served; it is redirected or refused", "choose http: redirect or refuse");
  else if (protocol !== "HTTPS")
    listener.at("protocol")?.leave("behaviour", `a listener of protocol ${show(protocol)}`, "a gateway of this document carries HTTPS");
  if (port !== undefined && port !== (protocol === "HTTP" ? 80 : 443))
    listener.at("port")?.leave("behaviour", `it listens on port ${port}`, "the port is 443");
  const tls = listener.map("tls");
  tls?.leaveAll(
    ["certificateRefs"],
    "behaviour",
    "the certificate stays in its Secret; keys are never copied",
    "choose tls.certificate: managed (the default), acme or imported",
  );
  tls?.leaveAll(["options"], "behaviour", "settings of one controller", "say tls.minimumVersion");
  tls?.leaveAll(["frontendValidation"], "protection", "client certificates are checked", "say tls.clientValidation");
  const mode = tls?.text("mode");
  if (mode !== undefined && mode !== "Terminate")
    tls?.at("mode")?.leave("behaviour", `TLS mode ${show(mode)}`, "the gateway terminates TLS");
}
