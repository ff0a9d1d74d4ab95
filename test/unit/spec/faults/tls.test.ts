import { type Case, describeFaults } from "./faults.ts";

const FILES = {
  "ca.pem":
    "-----BEGIN CERTIFICATE-----\nMIIBnDCCAUGgAwIBAgIUAY3cuvmTeSeqFugHlrBZyJEBCzkwCgYIKoZIzj0EAwIw\nGjEYMBYGA1UEAwwPRXhhbXBsZSBUZXN0IENBMCAXDTI2MTEyMTEyMzMwNFoYDzIx\nMjYxMDI4MTIzMzA0WjAaMRgwFgYDVQQDDA9FeGFtcGxlIFRlc3QgQ0EwWTATBgcq\nhkjOPQIBBggqhkjOPQMBBwNCAAR0iZ3CjB7KlmAlaXnnGfPvY/F3RXhLO4B294i9\n1L26XhtuRxFmnKDgiv3l6VmqA8hUqJqDrg7m5NtSH49dycqAo2MwYTAdBgNVHQ4E\nFgQUVxMLlP3qrYc/OQfHF30fUJohf1owHwYDVR0jBBgwFoAUVxMLlP3qrYc/OQfH\nF30fUJohf1owDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZI\nzj0EAwIDSQAwRgIhAKfvirxRXdDYBtoW3eUVE2RuEK8hVsmXTWplKWvXxvZMAiEA\nuH4WbRFDuII26SMZ6vZ5LnqPFHzmgQwLbMwk2uDjKpM=\n-----END CERTIFICATE-----\n",
  "two.pem":
    "-----BEGIN CERTIFICATE-----\nMIIBnDCCAUGgAwIBAgIUAY3cuvmTeSeqFugHlrBZyJEBCzkwCgYIKoZIzj0EAwIw\nGjEYMBYGA1UEAwwPRXhhbXBsZSBUZXN0IENBMCAXDTI2MTEyMTEyMzMwNFoYDzIx\nMjYxMDI4MTIzMzA0WjAaMRgwFgYDVQQDDA9FeGFtcGxlIFRlc3QgQ0EwWTATBgcq\nhkjOPQIBBggqhkjOPQMBBwNCAAR0iZ3CjB7KlmAlaXnnGfPvY/F3RXhLO4B294i9\n1L26XhtuRxFmnKDgiv3l6VmqA8hUqJqDrg7m5NtSH49dycqAo2MwYTAdBgNVHQ4E\nFgQUVxMLlP3qrYc/OQfHF30fUJohf1owHwYDVR0jBBgwFoAUVxMLlP3qrYc/OQfH\nF30fUJohf1owDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZI\nzj0EAwIDSQAwRgIhAKfvirxRXdDYBtoW3eUVE2RuEK8hVsmXTWplKWvXxvZMAiEA\nuH4WbRFDuII26SMZ6vZ5LnqPFHzmgQwLbMwk2uDjKpM=\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUKgBukT4FmeH1IlC1MZNMQYs7S4YwCgYIKoZIzj0EAwIw\nHjEcMBoGA1UEAwwTbGVnYWN5LmNvcnAuZXhhbXBsZTAgFw0yNjExMjExNDQ4Mzda\nGA8yMTI2MTAyODE0NDgzN1owHjEcMBoGA1UEAwwTbGVnYWN5LmNvcnAuZXhhbXBs\nZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBDX7HXBz7qYHDQwRQcQOp21t87J\nvRYtAkpD5A/k0SpFJ/+V7DCxDm6hwkU1SFcxIClS84IKL/6CFHaZGfChO4ujczBx\nMB0GA1UdDgQWBBTiZY1kYXiipPVihj7VrCxusL1gPzAfBgNVHSMEGDAWgBTiZY1k\nYXiipPVihj7VrCxusL1gPzAPBgNVHRMBAf8EBTADAQH/MB4GA1UdEQQXMBWCE2xl\nZ2FjeS5jb3JwLmV4YW1wbGUwCgYIKoZIzj0EAwIDSAAwRQIgT2TqHFNzduy1Shjj\nUmkmOui1OrIeWJMH39ZyOBxlid4CIQC9bGKJHLgQ0JZXgVN8e+p3Bop4wDuESCBD\nM1Ua9HvM0A==\n-----END CERTIFICATE-----\n",
  "empty.pem": "",
  "torn.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  "half.pem":
    "-----BEGIN CERTIFICATE-----\nMIIBnDCCAUGgAwIBAgIUAY3cuvmTeSeqFugHlrBZyJEBCzkwCgYIKoZIzj0EAwIw\nGjEYMBYGA1UEAwwPRXhhbXBsZSBUZXN0IENBMCAXDTI2MTEyMTEyMzMwNFoYDzIx\nMjYxMDI4MTIzMzA0WjAaMRgwFgYDVQQDDA9FeGFtcGxlIFRlc3QgQ0EwWTATBgcq\nhkjOPQIBBggqhkjOPQMBBwNCAAR0iZ3CjB7KlmAlaXnnGfPvY/F3RXhLO4B294i9\n1L26XhtuRxFmnKDgiv3l6VmqA8hUqJqDrg7m5NtSH49dycqAo2MwYTAdBgNVHQ4E\nFgQUVxMLlP3qrYc/OQfHF30fUJohf1owHwYDVR0jBBgwFoAUVxMLlP3qrYc/OQfH\nF30fUJohf1owDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZI\nzj0EAwIDSQAwRgIhAKfvirxRXdDYBtoW3eUVE2RuEK8hVsmXTWplKWvXxvZMAiEA\nuH4WbRFDuII26SMZ6vZ5LnqPFHzmgQwLbMwk2uDjKpM=\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n",
  "key.pem": "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
};

const CASES: readonly Case[] = [
  {
    title: "TLS 1.1",
    change: [{ tls: { minimumVersion: "1.1" } }],
    faults: [["tls.minimumVersion", '"1.1" is not allowed', 'allowed: 1.2, 1.3; did you mean "1.2"?']],
  },
  {
    title: "a version YAML reads as a number",
    change: [{ tls: { minimumVersion: 1.2 } }],
    faults: [["tls.minimumVersion", "expected a text, found a number", 'write it in quotes: "1.2"']],
  },
  {
    title: "an unknown source",
    change: [{ tls: { certificate: { source: "letsencrypt" } } }],
    faults: [["tls.certificate.source", '"letsencrypt" is not allowed', "allowed: managed, acme, imported, internal"]],
  },
  {
    title: "a misspelt source",
    change: [{ tls: { certificate: { source: "manged" } } }],
    faults: [["tls.certificate.source", '"manged" is not allowed', 'did you mean "managed"?']],
  },
  {
    title: "ACME without an address",
    change: [{ tls: { certificate: { source: "acme" } } }],
    faults: [["tls.certificate.email", "is missing", "give a text"]],
  },
  {
    title: "ACME over plain HTTP",
    change: [{ tls: { certificate: { source: "acme", email: "ops@shop.example.com", directory: "http://acme.corp.example/dir" } } }],
    faults: [
      [
        "tls.certificate.directory",
        '"http://acme.corp.example/dir" is not accepted',
        "allowed: production, staging, or the https URL of an ACME directory",
      ],
    ],
  },
  {
    title: "ACME with an address that is none",
    change: [{ tls: { certificate: { source: "acme", email: "ops" } } }],
    faults: [["tls.certificate.email", '"ops" is not accepted', "allowed: an e-mail address the certificate authority may write to"]],
  },
  {
    title: "an imported certificate without a key",
    change: [{ tls: { certificate: { source: "imported", fullchain: { file: "ca.pem" } } } }],
    faults: [["tls.certificate.privateKey", "is missing", "give a map of fields: secret"]],
  },
  {
    title: "a key in the document",
    change: [{ tls: { certificate: { source: "imported", fullchain: { file: "ca.pem" }, privateKey: "-----BEGIN PRIVATE KEY-----" } } }],
    faults: [["tls.certificate.privateKey", "expected a map of fields, found PEM text", "give a map of fields: secret"]],
  },
  {
    title: "a key instead of a chain",
    change: [{ tls: { certificate: { source: "imported", fullchain: { file: "key.pem" }, privateKey: { secret: "k" } } } }],
    faults: [
      [
        "tls.certificate.fullchain",
        "holds a private key",
        "keep keys in the stack's configuration (pulumi config set --secret) and name them with { secret: name }; replace this key, it has been written in the open",
      ],
    ],
  },
  {
    title: "a chain that is not there",
    change: [{ tls: { certificate: { source: "imported", fullchain: { file: "gone.pem" }, privateKey: { secret: "k" } } } }],
    faults: [
      [
        "tls.certificate.fullchain.file",
        'cannot read "gone.pem" (no such file)',
        "give the path of a readable file, relative to the document",
      ],
    ],
  },
  {
    title: "a chain that cannot be parsed",
    change: [{ tls: { certificate: { source: "imported", fullchain: { file: "torn.pem" }, privateKey: { secret: "k" } } } }],
    faults: [
      [
        "tls.certificate.fullchain",
        "certificate 1 of 1 cannot be parsed",
        "give X.509 certificates in PEM form, unchanged as the authority issued them",
      ],
    ],
  },
  {
    title: "a chain cut off in the middle",
    change: [{ tls: { certificate: { source: "imported", fullchain: { file: "half.pem" }, privateKey: { secret: "k" } } } }],
    faults: [
      [
        "tls.certificate.fullchain",
        "holds 2 PEM blocks, of which 1 are whole certificates",
        "give whole certificates only, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
      ],
    ],
  },
  {
    title: "an internal certificate for a second",
    change: [{ tls: { certificate: { source: "internal", validity: "1s" } } }],
    faults: [["tls.certificate.validity", '"1s" is too short', "allowed: 1h to 87600h"]],
  },
  {
    title: "preload without subdomains",
    change: [{ tls: { hsts: { preload: true } } }],
    faults: [["tls.hsts.preload", "preload needs includeSubdomains: true and maxAgeDays of 365 or more", "set both, or leave preload out"]],
  },
  {
    title: "HSTS for no time",
    change: [{ tls: { hsts: { maxAgeDays: 0 } } }],
    faults: [["tls.hsts.maxAgeDays", "0 is too small", "allowed: 1 or more"]],
  },
  {
    title: "client certificates of nobody",
    change: [{ tls: { clientValidation: { caCertificates: [] } } }],
    faults: [["tls.clientValidation.caCertificates", "an empty list is too small", "allowed: at least one CA certificate"]],
  },
  {
    title: "an authority without a certificate",
    change: [{ tls: { clientValidation: { caCertificates: [{ file: "empty.pem" }] } } }],
    faults: [
      [
        "tls.clientValidation.caCertificates[0]",
        "holds no PEM certificate",
        "give text with -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----",
      ],
    ],
  },
  {
    title: "optional client certificates nobody asks for",
    change: [{ tls: { clientValidation: { caCertificates: [{ file: "ca.pem" }], mode: "Optional" } } }],
    faults: [
      [
        "tls.clientValidation.mode",
        "client certificates are optional and no route asks for one, so that they protect nothing",
        "set mode to Required, or require clientCertificate on a route",
      ],
    ],
  },
  {
    title: "a fingerprint in capitals",
    change: [{ tls: { clientValidation: { caCertificates: [{ file: "ca.pem" }], certificateHashes: ["AB"] } } }],
    faults: [
      [
        "tls.clientValidation.certificateHashes[0]",
        '"AB" is not accepted',
        "allowed: the SHA-256 of the DER certificate, 64 lower-case hexadecimal digits",
      ],
    ],
  },
  {
    title: "a name the front door does not accept",
    change: [
      { tls: { clientValidation: { caCertificates: [{ file: "ca.pem" }], subjectAltNames: ["a.shop.example.com"] } } },
      { routes: { list: { public: null, require: [{ clientCertificate: { subjectAltNames: ["b.shop.example.com"] } }] } } },
    ],
    faults: [
      [
        "routes.list.require[0].clientCertificate.subjectAltNames[0]",
        '"b.shop.example.com" is not accepted at the front door, so that nobody could show it here',
        'did you mean "a.shop.example.com"?',
      ],
    ],
  },
  {
    title: "plain HTTP served",
    change: [{ http: "serve" }],
    faults: [["http", '"serve" is not allowed', "allowed: redirect, refuse"]],
  },
  {
    title: "a backend on plain HTTP",
    change: [{ backends: { orders: { url: "http://orders.shop.example.com:8080" } } }],
    faults: [
      [
        "backends.orders.url",
        "plain HTTP is not spoken to backends or key servers",
        "use https://orders.shop.example.com:8080; a service without TLS of its own needs a TLS proxy or sidecar next to it",
      ],
    ],
  },
  {
    title: "a backend with another scheme",
    change: [{ backends: { orders: { url: "grpcs://orders.shop.example.com" } } }],
    faults: [["backends.orders.url", 'the scheme "grpcs" is not spoken', "use https:// (also for gRPC, with protocol: grpc)"]],
  },
  {
    title: "a backend that is the gateway",
    change: [{ backends: { orders: { url: "https://api.shop.example.com" } } }],
    faults: [
      [
        "backends.orders.url",
        '"api.shop.example.com" is the gateway itself, so that requests would go in circles',
        "give the service's own host name",
      ],
    ],
  },
  {
    title: "a backend with a password",
    change: [{ backends: { orders: { url: "https://user:hunter2@orders.shop.example.com" } } }],
    faults: [["backends.orders.url", "holds a user name or password", "remove it; credentials never stand in a URL"]],
  },
  {
    title: "a backend with a fragment",
    change: [{ backends: { orders: { url: "https://orders.shop.example.com/#a" } } }],
    faults: [["backends.orders.url", "has a fragment (#…)", "remove it"]],
  },
  {
    title: "a backend with a query",
    change: [{ backends: { orders: { url: "https://orders.shop.example.com/?a=b" } } }],
    faults: [["backends.orders.url", "has a query", "remove it; a backend URL ends with its base path"]],
  },
  {
    title: "a backend at a metadata address",
    change: [{ backends: { orders: { url: "https://169.254.169.254" } } }],
    faults: [
      [
        "backends.orders.url",
        '"169.254.169.254" is no address of a server (it is link-local, as cloud metadata services are)',
        "give the server's own address or name",
      ],
    ],
  },
  {
    title: "a backend at every address",
    change: [{ backends: { orders: { url: "https://0.0.0.0" } } }],
    faults: [
      [
        "backends.orders.url",
        '"0.0.0.0" is no address of a server (it stands for every address of a machine)',
        "give the server's own address or name",
      ],
    ],
  },
  {
    title: "a backend at port 0",
    change: [{ backends: { orders: { url: "https://orders.shop.example.com:0" } } }],
    faults: [["backends.orders.url", "names port 0", "give a port from 1 to 65535, or none for 443"]],
  },
  {
    title: "a backend whose name is none",
    change: [{ backends: { orders: { url: "https://orders_1.shop.example.com" } } }],
    faults: [["backends.orders.url", '"orders_1.shop.example.com" is not a host name', "give a DNS name or an IP address"]],
  },
  {
    title: "a backend that is no URL",
    change: [{ backends: { orders: { url: "orders" } } }],
    faults: [["backends.orders.url", '"orders" is not a URL', "give https://host[:port][/path]"]],
  },
  {
    title: "a base path with dots",
    change: [{ backends: { orders: { url: "https://orders.shop.example.com/a/../b" } } }],
    faults: [["backends.orders.url", "has a dot segment in its base path", "write the path it stands for"]],
  },
  {
    title: "a base path with an escaped slash",
    change: [{ backends: { orders: { url: "https://orders.shop.example.com/a%2fb" } } }],
    faults: [
      ["backends.orders.url", "has an empty segment or an escaped separator in its base path", "write plain segments, such as /base"],
    ],
  },
  {
    title: "a gRPC backend with a base path",
    change: [
      { backends: { orders: { url: "https://orders.shop.example.com/base", protocol: "grpc" } } },
      { routes: { list: null, s: { grpc: { service: "s.S" }, backend: "orders", public: true } } },
    ],
    faults: [["backends.orders.url", "a gRPC backend has no base path", "remove the path"]],
  },
  {
    title: "connecting longer than the whole request",
    change: [{ backends: { orders: { timeout: "2s" } } }],
    faults: [
      [
        "backends.orders.connectTimeout",
        '"5s" is longer than the whole request may take (timeout: 2s)',
        "make it shorter, or raise timeout",
      ],
    ],
  },
  {
    title: "a try longer than the whole request",
    change: [{ backends: { orders: { retries: { perTryTimeout: "20s" } } } }],
    faults: [
      [
        "backends.orders.retries.perTryTimeout",
        '"20s" is longer than the whole request\'s timeout of 15000 ms',
        "make it shorter, or raise the timeout",
      ],
    ],
  },
  {
    title: "retries on nothing",
    change: [{ backends: { orders: { retries: { on: [] } } } }],
    faults: [["backends.orders.retries.on", "an empty list is too small", "allowed: 1 or more entries"]],
  },
  {
    title: "too many retries",
    change: [{ backends: { orders: { retries: { attempts: 6 } } } }],
    faults: [["backends.orders.retries.attempts", "6 is too large", "allowed: 5 or less"]],
  },
  {
    title: "unverified without a reason",
    change: [{ backends: { orders: { tls: { trust: "unverified" } } } }],
    faults: [
      ["backends.orders.tls.reason", "is missing: trust: unverified needs it", "say in a sentence why the certificate cannot be verified"],
    ],
  },
  {
    title: "unverified with half a reason",
    change: [{ backends: { orders: { tls: { trust: "unverified", reason: "because" } } } }],
    faults: [["backends.orders.tls.reason", '"because" is too short', "allowed: a sentence of 10 characters or more"]],
  },
  {
    title: "a reason without need",
    change: [{ backends: { orders: { tls: { reason: "There is no reason at all." } } } }],
    faults: [["backends.orders.tls.reason", '"reason" has no meaning with trust: public', 'remove "reason", or set trust to unverified']],
  },
  {
    title: "pinned without a certificate",
    change: [{ backends: { orders: { tls: { trust: "pinned" } } } }],
    faults: [["backends.orders.tls.certificate", "is missing: trust: pinned needs it", 'give "certificate"']],
  },
  {
    title: "two certificates pinned",
    change: [{ backends: { orders: { tls: { certificate: { file: "two.pem" } } } } }],
    faults: [
      ["backends.orders.tls.certificate", "holds 2 certificates", "pin exactly one; for authorities use trust: ca with caCertificates"],
    ],
  },
  {
    title: "authorities with public trust",
    change: [{ backends: { orders: { tls: { trust: "public", caCertificates: [{ file: "ca.pem" }] } } } }],
    faults: [
      [
        "backends.orders.tls.caCertificates",
        '"caCertificates" has no meaning with trust: public',
        'remove "caCertificates", or set trust to ca',
      ],
    ],
  },
  {
    title: "authorities and a pinned certificate",
    change: [{ backends: { orders: { tls: { caCertificates: [{ file: "ca.pem" }], certificate: { file: "ca.pem" } } } } }],
    faults: [
      ["backends.orders.tls.certificate", '"certificate" has no meaning with trust: ca', 'remove "certificate", or set trust to pinned'],
    ],
  },
  {
    title: "a server name that is none",
    change: [{ backends: { orders: { tls: { serverName: "not a name" } } } }],
    faults: [
      ["backends.orders.tls.serverName", '"not a name" is not a host name', "give the DNS name or IP address in the backend's certificate"],
    ],
  },
  {
    title: "a client certificate that is a word",
    change: [{ backends: { orders: { tls: { clientCertificate: "external" } } } }],
    faults: [
      ["backends.orders.tls.clientCertificate", '"external" is not accepted', "allowed: the word internal, or { certificate, privateKey }"],
    ],
  },
  {
    title: "on premises without an address",
    change: [{ backends: { orders: { network: { type: "onPremises" } } } }],
    faults: [["backends.orders.network.addresses", "is missing", "give a list"]],
  },
  {
    title: "an address that is none",
    change: [{ backends: { orders: { network: { type: "onPremises", addresses: ["10.1"] } } } }],
    faults: [["backends.orders.network.addresses[0]", '"10.1" is not an IP address', "give an IPv4 or IPv6 address"]],
  },
  {
    title: "an address twice",
    change: [{ backends: { orders: { network: { type: "onPremises", addresses: ["10.1.1.1", "10.1.1.1"] } } } }],
    faults: [["backends.orders.network.addresses[1]", '"10.1.1.1" is listed twice', "keep one of the two"]],
  },
  {
    title: "a network of an unknown kind",
    change: [{ backends: { orders: { network: { type: "vpn" } } } }],
    faults: [["backends.orders.network.type", '"vpn" is not allowed', "allowed: public, private, onPremises"]],
  },
];

describeFaults("faults of certificates, backends and their TLS", CASES, FILES);
