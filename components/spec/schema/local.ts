import { z } from "zod";
import { duration, entryName, named } from "./primitives.ts";

const port = z.int().min(1).max(65535);

/** Settings of `cloud: local`, a real Envoy on this machine. */
export const localSettings = z
  .strictObject({
    address: z
      .string()
      .min(2)
      .max(64)
      .default("127.0.0.1")
      .meta({ description: "Address the gateway listens on; 0.0.0.0 or :: for every interface." }),
    httpsPort: port.default(8443).meta({ description: "Port of the gateway." }),
    httpPort: port.default(8080).meta({ description: "Port of the redirect from plain HTTP; closed with `http: refuse`." }),
    adminPort: port
      .default(9901)
      .meta({ description: "Loopback port with Prometheus metrics at /metrics and health at /ready; nothing else is served there." }),
    workers: z.int().min(1).max(256).optional().meta({ description: "Envoy worker threads; default one per core." }),
    maxConnections: z.int().min(16).max(1_000_000).default(10_000).meta({ description: "Client connections at the same time." }),
    drainTime: duration.default("5s").meta({ description: "Time given to open requests when the gateway is stopped or replaced." }),
    stateDirectory: z.string().min(1).optional().meta({
      description: "Where configuration, keys and logs of the running gateway are kept. Default: .gateway/<stack> in the project.",
    }),
    issuer: z
      .strictObject({
        provider: entryName.meta({ description: "The JWT provider whose tokens this stack signs itself, for tests." }),
        keyGeneration: z
          .int()
          .min(1)
          .max(1_000_000)
          .default(1)
          .meta({ description: "Raise by one to sign with a new key; the key before stays published." }),
      })
      .optional()
      .meta({
        description:
          "A signing key of the stack's own, so that `gateway token` and `verify` can make tokens. For tests only: production tokens come from an identity provider.",
      }),
    services: named(
      z.strictObject({
        command: z
          .array(z.string().min(1))
          .min(1, "the program and its arguments")
          .meta({ description: "Program and arguments; relative to the document's folder. `node` is the Node this project runs on." }),
        port: port.meta({ description: "Loopback port the service listens on, passed to it as PORT." }),
        env: z
          .record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/, "a variable name in capitals"), z.string())
          .default({})
          .meta({ description: "Further environment variables; no secrets." }),
        names: z.array(z.string().min(1).max(253)).default(["localhost"]).meta({ description: "Host names in the service's certificate." }),
        onFileChange: z.enum(["restart", "SIGHUP"]).default("restart").meta({
          description:
            "What happens to the running service when its certificate, authority or issuer keys change. `restart`: it is ended and started again, and requests fail meanwhile. `SIGHUP`: it is sent that signal, reads its files again and drops no request; it has to show the new certificate within 10 s.",
        }),
      }),
    )
      .default({})
      .meta({
        description:
          "Services to run next to the gateway. Each gets a certificate of the internal authority in TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE, and the names allowed to call it in TLS_ALLOWED_CALLERS.",
      }),
  })
  .meta({ description: "Settings of cloud: local." });
