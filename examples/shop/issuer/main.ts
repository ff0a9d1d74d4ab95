import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { portFromEnvironment, run } from "../common/service.ts";
import { createIssuer } from "./issuer.ts";

const { ISSUER_URL, ISSUER_JWKS_FILE, TLS_CERT_FILE, TLS_KEY_FILE } = process.env;
if (!ISSUER_URL || !ISSUER_JWKS_FILE || !TLS_CERT_FILE || !TLS_KEY_FILE)
  throw new Error(
    "ISSUER_URL, ISSUER_JWKS_FILE, TLS_CERT_FILE and TLS_KEY_FILE must be set; the gateway sets them for the issuer of its stack",
  );

const answer = createIssuer({ issuer: ISSUER_URL, jwks: readFileSync(ISSUER_JWKS_FILE, "utf8") });
// Keys are public, so everybody may read them; what matters is that readers can tell this server from another.
const server = createServer({ cert: readFileSync(TLS_CERT_FILE), key: readFileSync(TLS_KEY_FILE), minVersion: "TLSv1.2" }, answer);
run(server, portFromEnvironment());
