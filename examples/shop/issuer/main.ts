import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { portFromEnvironment, renewOnHangup, run } from "../common/service.ts";
import { createIssuer } from "./issuer.ts";

const { ISSUER_URL, ISSUER_JWKS_FILE, TLS_CERT_FILE, TLS_KEY_FILE } = process.env;
if (!ISSUER_URL || !ISSUER_JWKS_FILE || !TLS_CERT_FILE || !TLS_KEY_FILE)
  throw new Error(
    "ISSUER_URL, ISSUER_JWKS_FILE, TLS_CERT_FILE and TLS_KEY_FILE must be set; the gateway sets them for the issuer of its stack",
  );

const readTls = () => ({ cert: readFileSync(TLS_CERT_FILE), key: readFileSync(TLS_KEY_FILE), minVersion: "TLSv1.2" }) as const;
const readIssuer = () => createIssuer({ issuer: ISSUER_URL, jwks: readFileSync(ISSUER_JWKS_FILE, "utf8") });

readIssuer();
// Keys are public, so everybody may read them; what matters is that readers can tell this server from another. Each reader gets the keys of this moment:
// one that asks because the keys have changed must not be given those before.
const server = createServer(readTls(), (request, response) => readIssuer()(request, response));
renewOnHangup("issuer", () => server.setSecureContext(readTls()));
run(server, portFromEnvironment());
