import { type Case, describeFaults, WITH_TOKEN } from "./faults.ts";

const FILES = {
  "rsa.json":
    '{"keys":[{"kty":"RSA","n":"nSQZaa2jMEjFpNXL5AsuuAbyNRs6AGzu_bhkAEpwDvzIXuUwSdF2r3Xv60PAd2No9C6GvbQk-EAe6_ui_VntRkO0z-p7O-XmCMf_5PSEyV38e0qy0TRHZt-o2m35xRrHZdZckzn_m3zEoZqQVw2AXo8tzsi9dqKirW1viU4Nf-rj3dcKVo4nLV-1K4kY1cxgmnNX1kp1y5-BJZ_A424hDta8J-M9-WjEr8ydEAd2Q6_lQLBhXBuYhmnoOOPxDLfp1BHi8OwvkA49cQm0fIAcvqLqzzbzPG8mCUF4_FbjBEsl-lkM6M_0gb0auMX1LJQ27nA_mr7KM2tucFqZKYj_UQ","e":"AQAB","kid":"a"}]}',
  "twice.json":
    '{"keys":[{"kty":"RSA","n":"nSQZaa2jMEjFpNXL5AsuuAbyNRs6AGzu_bhkAEpwDvzIXuUwSdF2r3Xv60PAd2No9C6GvbQk-EAe6_ui_VntRkO0z-p7O-XmCMf_5PSEyV38e0qy0TRHZt-o2m35xRrHZdZckzn_m3zEoZqQVw2AXo8tzsi9dqKirW1viU4Nf-rj3dcKVo4nLV-1K4kY1cxgmnNX1kp1y5-BJZ_A424hDta8J-M9-WjEr8ydEAd2Q6_lQLBhXBuYhmnoOOPxDLfp1BHi8OwvkA49cQm0fIAcvqLqzzbzPG8mCUF4_FbjBEsl-lkM6M_0gb0auMX1LJQ27nA_mr7KM2tucFqZKYj_UQ","e":"AQAB","kid":"a"},{"kty":"RSA","n":"nSQZaa2jMEjFpNXL5AsuuAbyNRs6AGzu_bhkAEpwDvzIXuUwSdF2r3Xv60PAd2No9C6GvbQk-EAe6_ui_VntRkO0z-p7O-XmCMf_5PSEyV38e0qy0TRHZt-o2m35xRrHZdZckzn_m3zEoZqQVw2AXo8tzsi9dqKirW1viU4Nf-rj3dcKVo4nLV-1K4kY1cxgmnNX1kp1y5-BJZ_A424hDta8J-M9-WjEr8ydEAd2Q6_lQLBhXBuYhmnoOOPxDLfp1BHi8OwvkA49cQm0fIAcvqLqzzbzPG8mCUF4_FbjBEsl-lkM6M_0gb0auMX1LJQ27nA_mr7KM2tucFqZKYj_UQ","e":"AQAB","kid":"a"}]}',
  "weak.json":
    '{"keys":[{"kty":"RSA","n":"x_If4lipdaFj-d1CtqVudClC8lXIg_ZLah6TSBkc_169oC05fILtj59gX6X0f6K9FfgCzRxBXuu8lR2wJK8f2B6rStN00GrO_q5V0VLqDXdA4fP9o7qLOC-I5VTVRGp-B_nP3F_HNcBRdJYCDSFLdWufyWwC6PWeM9Jw8zZ1B9c","e":"AQAB"}]}',
  "private.json":
    '{"keys":[{"kty":"EC","x":"61dYbGAIW4SlrHZrgOdP7Oz83BRU0RTqVwZ6vBtTaMY","y":"zgQfApG7s5tTdHdFkGGYW1WRWs91NKZPt7aoR8yzT3w","crv":"P-256","d":"not-a-key"}]}',
  "symmetric.json": '{"keys":[{"kty":"oct","k":"AAAA"}]}',
  "ec.json":
    '{"keys":[{"kty":"EC","x":"61dYbGAIW4SlrHZrgOdP7Oz83BRU0RTqVwZ6vBtTaMY","y":"zgQfApG7s5tTdHdFkGGYW1WRWs91NKZPt7aoR8yzT3w","crv":"P-256"}]}',
  "none.json": '{"keys":[]}',
  "text.json": "keys",
  "torn.json": '{"keys":[{"kty":"RSA","n":"AA","e":""}]}',
  "enc.json":
    '{"keys":[{"kty":"RSA","n":"nSQZaa2jMEjFpNXL5AsuuAbyNRs6AGzu_bhkAEpwDvzIXuUwSdF2r3Xv60PAd2No9C6GvbQk-EAe6_ui_VntRkO0z-p7O-XmCMf_5PSEyV38e0qy0TRHZt-o2m35xRrHZdZckzn_m3zEoZqQVw2AXo8tzsi9dqKirW1viU4Nf-rj3dcKVo4nLV-1K4kY1cxgmnNX1kp1y5-BJZ_A424hDta8J-M9-WjEr8ydEAd2Q6_lQLBhXBuYhmnoOOPxDLfp1BHi8OwvkA49cQm0fIAcvqLqzzbzPG8mCUF4_FbjBEsl-lkM6M_0gb0auMX1LJQ27nA_mr7KM2tucFqZKYj_UQ","e":"AQAB","use":"enc"}]}',
};

const CASES: readonly Case[] = [
  {
    title: "a provider without keys",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null } } } }],
    faults: [["jwt.providers.login.jwksUri", "is missing: the provider has no keys", "give jwksUri, or the keys themselves in jwks"]],
  },
  {
    title: "a provider with keys twice",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwks: { file: "rsa.json" } } } } }],
    faults: [["jwt.providers.login.jwks", "jwks and jwksUri are both given", "keep one of the two"]],
  },
  {
    title: "keys over plain HTTP",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: "http://login.shop.example.com/jwks" } } } }],
    faults: [
      [
        "jwt.providers.login.jwksUri",
        "plain HTTP is not spoken to backends or key servers",
        "use https://login.shop.example.com; a service without TLS of its own needs a TLS proxy or sidecar next to it",
      ],
    ],
  },
  {
    title: "no audience",
    change: [WITH_TOKEN, { jwt: { providers: { login: { audiences: [] } } } }],
    faults: [["jwt.providers.login.audiences", "an empty list is too small", "allowed: at least one audience"]],
  },
  {
    title: "audiences left out",
    change: [WITH_TOKEN, { jwt: { providers: { login: { audiences: null } } } }],
    faults: [["jwt.providers.login.audiences", "is missing", "give a list"]],
  },
  {
    title: "a symmetric algorithm",
    change: [WITH_TOKEN, { jwt: { providers: { login: { algorithms: ["HS256"] } } } }],
    faults: [
      [
        "jwt.providers.login.algorithms[0]",
        '"HS256" is not allowed',
        'allowed: RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512, EdDSA; did you mean "RS256"?',
      ],
    ],
  },
  {
    title: "no algorithm",
    change: [WITH_TOKEN, { jwt: { providers: { login: { algorithms: ["none"] } } } }],
    faults: [
      [
        "jwt.providers.login.algorithms[0]",
        '"none" is not allowed',
        "allowed: RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512, EdDSA",
      ],
    ],
  },
  {
    title: "too much tolerance",
    change: [WITH_TOKEN, { jwt: { providers: { login: { clockSkew: "2m" } } } }],
    faults: [["jwt.providers.login.clockSkew", '"2m" is too long', "allowed: 60s or less"]],
  },
  {
    title: "tolerance of part of a second",
    change: [WITH_TOKEN, { jwt: { providers: { login: { clockSkew: "500ms" } } } }],
    faults: [["jwt.providers.login.clockSkew", '"500ms" is not a whole number of seconds', "give whole seconds, such as 5s"]],
  },
  {
    title: "a claim into a header of the gateway",
    change: [WITH_TOKEN, { jwt: { providers: { login: { claimToHeaders: { "x-gateway-subject": "sub" } } } } }],
    faults: [
      [
        "jwt.providers.login.claimToHeaders.x-gateway-subject",
        "the header \"x-gateway-subject\" is the gateway's own or the connection's",
        "choose another header name",
      ],
    ],
  },
  {
    title: "a claim into the header of API keys",
    change: [WITH_TOKEN, { jwt: { providers: { login: { claimToHeaders: { "x-api-key": "sub" } } } } }],
    faults: [
      [
        "jwt.providers.login.claimToHeaders.x-api-key",
        'the header "x-api-key" carries API keys and is never passed on',
        "choose another header name",
      ],
    ],
  },
  {
    title: "trust in a key server without authorities",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksTls: { trust: "ca" } } } } }],
    faults: [["jwt.providers.login.jwksTls.caCertificates", "is missing: trust: ca needs it", 'give "caCertificates"']],
  },
  {
    title: "TLS to a key server that is not asked",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "rsa.json" }, jwksTls: { trust: "internal" } } } } }],
    faults: [["jwt.providers.login.jwksTls", "has no meaning without jwksUri", "remove it"]],
  },
  {
    title: "a key that fits no algorithm",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "ec.json" } } } } }],
    faults: [
      [
        "jwt.providers.login.jwks",
        "no key fits an accepted algorithm (RS256), so that no token could ever be verified",
        "set algorithms to what the keys are for: ES256",
      ],
    ],
  },
  {
    title: "a key for encryption",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "enc.json" } } } } }],
    faults: [
      [
        "jwt.providers.login.jwks",
        "no key fits an accepted algorithm (RS256), so that no token could ever be verified",
        "give a signature key",
      ],
    ],
  },
  {
    title: "a weak key",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "weak.json" } } } } }],
    faults: [["jwt.providers.login.jwks", "key 1 has 1024 bits", "use RSA keys of 2048 bits or more"]],
  },
  {
    title: "a private key among the keys",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "private.json" } } } } }],
    faults: [
      [
        "jwt.providers.login.jwks",
        "key 1 holds private material",
        "publish only the public part; replace this key, it has been written in the open",
      ],
    ],
  },
  {
    title: "a symmetric key among the keys",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "symmetric.json" } } } } }],
    faults: [["jwt.providers.login.jwks", 'key 1 has key type "oct"', "allowed: RSA, EC and OKP public keys"]],
  },
  {
    title: "two keys of one name",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "twice.json" } } } } }],
    faults: [["jwt.providers.login.jwks", "key 2 has the kid of a key before it", "give each key its own kid"]],
  },
  {
    title: "no key at all",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "none.json" } } } } }],
    faults: [["jwt.providers.login.jwks", "has no keys", 'give a JSON Web Key Set with at least one key: {"keys": [...]}']],
  },
  {
    title: "keys that are no JSON",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "text.json" } } } } }],
    faults: [["jwt.providers.login.jwks", "is not JSON", 'give a JSON Web Key Set: {"keys": [...]}']],
  },
  {
    title: "a key that is none",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "torn.json" } } } } }],
    faults: [["jwt.providers.login.jwks", "key 1 has 0 bits", "use RSA keys of 2048 bits or more"]],
  },
  {
    title: "keys in a file that is not there",
    change: [WITH_TOKEN, { jwt: { providers: { login: { jwksUri: null, jwks: { file: "gone.json" } } } } }],
    faults: [
      [
        "jwt.providers.login.jwks.file",
        'cannot read "gone.json" (no such file)',
        "give the path of a readable file, relative to the document",
      ],
    ],
  },
  {
    title: "a scope with a space",
    change: [WITH_TOKEN, { jwt: { providers: { login: { scopes: ["orders read"] } } } }],
    faults: [
      [
        "jwt.providers.login.scopes[0]",
        '"orders read" is not accepted',
        "allowed: a scope token of RFC 6749: printable characters without space, quote and backslash",
      ],
    ],
  },
  {
    title: "credentials in the log",
    change: [{ observability: { accessLogs: { headers: ["authorization"] } } }],
    faults: [["observability.accessLogs.headers[0]", '"authorization" carries credentials', "remove it; credentials are never logged"]],
  },
  {
    title: "API keys in the log",
    change: [{ observability: { accessLogs: { headers: ["x-api-key"] } } }],
    faults: [["observability.accessLogs.headers[0]", '"x-api-key" carries credentials', "remove it; credentials are never logged"]],
  },
  {
    title: "headers of a log that is off",
    change: [{ observability: { accessLogs: { enabled: false, headers: ["user-agent"] } } }],
    faults: [
      ["observability.accessLogs.headers[0]", "is never logged: accessLogs.enabled is false", "remove it, or switch access logs on"],
    ],
  },
  {
    title: "alarms for nobody",
    change: [{ observability: { alarms: { notify: [] } } }],
    faults: [["observability.alarms.notify", "an empty list is too small", "allowed: at least one address to notify"]],
  },
  {
    title: "an address without its scheme",
    change: [{ observability: { alarms: { notify: ["ops@shop.example.com"] } } }],
    faults: [["observability.alarms.notify[0]", '"ops@shop.example.com" is not accepted', "allowed: mailto:<address> or an https URL"]],
  },
  {
    title: "more than every request traced",
    change: [{ observability: { tracing: { samplingPercent: 101 } } }],
    faults: [["observability.tracing.samplingPercent", "101 is too large", "allowed: 100 or less"]],
  },
  {
    title: "traces over another protocol",
    change: [{ observability: { tracing: { endpoint: "ftp://otel.shop.example.com" } } }],
    faults: [["observability.tracing.endpoint", '"ftp://otel.shop.example.com" is not accepted', "allowed: an http or https URL"]],
  },
  {
    title: "traces to another machine in the open",
    change: [{ observability: { tracing: { endpoint: "http://otel.shop.example.com" } } }],
    faults: [
      [
        "observability.tracing.endpoint",
        "is plain HTTP to another machine",
        "use https://otel.shop.example.com, or a collector on this machine",
      ],
    ],
  },
  {
    title: "alarms with a password in the address",
    change: [{ observability: { alarms: { notify: ["https://user:hunter2@hooks.example.com/a"] } } }],
    faults: [["observability.alarms.notify[0]", "holds a user name or password", "remove it; credentials never stand in a URL"]],
  },
  {
    title: "two things on one port",
    change: [{ local: { httpsPort: 8080 } }],
    faults: [["local.httpPort", "port 8080 is already used by local.httpsPort", "choose another port"]],
  },
  {
    title: "a service on the gateway's port",
    change: [{ local: { services: { orders: { command: ["node", "a.ts"], port: 8443 } } } }],
    faults: [["local.services.orders.port", "port 8443 is already used by local.httpsPort", "choose another port"]],
  },
  {
    title: "an address that is a name",
    change: [{ local: { address: "localhost" } }],
    faults: [["local.address", '"localhost" is not an IP address', "give an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::"]],
  },
  {
    title: "a signer for a provider nobody declared",
    change: [{ local: { issuer: { provider: "login" } } }],
    faults: [["local.issuer.provider", 'there is no JWT provider "login"', "declare it under jwt.providers"]],
  },
  {
    title: "a port that is none",
    change: [{ local: { httpsPort: 70000 } }],
    faults: [["local.httpsPort", "70000 is too large", "allowed: 65535 or less"]],
  },
];

describeFaults("faults of tokens, observability and the local section", CASES, FILES);
