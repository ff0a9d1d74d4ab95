import assert from "node:assert/strict";
import { clientAddress, isLoopback, parseNetwork } from "../../../../portal/http/client-address.ts";
import { type PortalFlags, PortalSettingsError, readSettings } from "../../../../portal/settings.ts";
import { identityOf, parseRoleNames } from "../../../../portal/sign-in/claims.ts";
import { safePath } from "../../../../portal/sign-in/return-path.ts";

const OIDC = { GATEWAY_PORTAL_OIDC: "https://portal:s3cret@login.example.com/realm" };
const TLS = { tlsCertificate: "chain.pem", tlsKey: "key.pem" };

describe("settings of the portal", () => {
  it("need nothing on this machine", () => {
    assert.deepEqual(readSettings({}, {}), {
      host: "127.0.0.1",
      port: 8700,
      trustedProxies: [],
      times: { idle: 1_800_000, absolute: 28_800_000 },
    });
  });

  it("make a shared service of two variables", () => {
    const { databaseUrl, oidc } = readSettings({}, { DATABASE_URL: "postgres://db/portal", ...OIDC });
    assert.equal(databaseUrl, "postgres://db/portal");
    assert.deepEqual(oidc, {
      issuer: "https://login.example.com/realm",
      clientId: "portal",
      clientSecret: "s3cret",
      scopes: "openid profile email",
      claims: { roles: "roles", names: {} },
    });
  });

  it("are read from variables, and options win", () => {
    const environment = { GATEWAY_PORTAL_HOST: "::1", GATEWAY_PORTAL_PORT: "1", GATEWAY_PORTAL_TRUSTED_PROXY: "10.0.0.0/8, 192.0.2.7" };
    const { host, port, trustedProxies } = readSettings({ port: "2" }, environment);
    assert.deepEqual([host, port, trustedProxies.length], ["::1", 2, 2]);
    const shared = readSettings({ host: "0.0.0.0", url: "https://gateways.example.com", ...TLS }, OIDC);
    assert.deepEqual(
      [shared.host, shared.url?.origin, shared.tls],
      ["0.0.0.0", "https://gateways.example.com", { certificate: "chain.pem", key: "key.pem" }],
    );
  });

  const refused: readonly [string, PortalFlags, Record<string, string>, string, string][] = [
    [
      "an open address",
      { host: "0.0.0.0" },
      {},
      "--host 0.0.0.0 can be reached from other machines, which takes OpenID Connect (GATEWAY_PORTAL_OIDC) and TLS (--tls-certificate and --tls-key)",
      "set what is missing, or listen on 127.0.0.1",
    ],
    [
      "an open address without TLS",
      { host: "192.0.2.1" },
      OIDC,
      "--host 192.0.2.1 can be reached from other machines, which takes TLS (--tls-certificate and --tls-key)",
      "set what is missing, or listen on 127.0.0.1",
    ],
    [
      "an open address without OpenID Connect",
      { host: "::", ...TLS },
      {},
      "--host :: can be reached from other machines, which takes OpenID Connect (GATEWAY_PORTAL_OIDC)",
      "set what is missing, or listen on 127.0.0.1",
    ],
    [
      "a name of the machine",
      { host: "portal.example.com" },
      {},
      "--host portal.example.com can be reached from other machines, which takes OpenID Connect (GATEWAY_PORTAL_OIDC) and TLS (--tls-certificate and --tls-key)",
      "set what is missing, or listen on 127.0.0.1",
    ],
    [
      "a public URL without OpenID Connect",
      { url: "https://gateways.example.com" },
      {},
      "--url https://gateways.example.com is a name for others, which takes OpenID Connect",
      "set GATEWAY_PORTAL_OIDC",
    ],
    [
      "a public URL without TLS",
      { url: "http://gateways.example.com" },
      OIDC,
      "--url http://gateways.example.com is not https, so that others could listen in",
      "let the proxy speak TLS and give its https URL",
    ],
    [
      "a URL with a path",
      { url: "https://x.example.com/portal" },
      OIDC,
      '--url is "https://x.example.com/portal"',
      "give scheme and host, such as https://gateways.example.com",
    ],
    ["half of TLS", { tlsKey: "key.pem" }, {}, "--tls-certificate is missing", "give both files, or neither"],
    ["a port that is none", { port: "65536" }, {}, '--port is "65536"', "give 1 to 65535, or 0 for any that is free"],
    ["a port that is no number", { port: "80x" }, {}, '--port is "80x"', "give 1 to 65535, or 0 for any that is free"],
    [
      "a proxy that is none",
      { trustedProxy: "10.0.0.0/8,proxy" },
      {},
      '--trusted-proxy: "proxy" is neither an address nor a CIDR block',
      "list addresses or CIDR blocks, such as 10.0.0.0/8,192.0.2.7",
    ],
    [
      "an issuer without TLS",
      {},
      { GATEWAY_PORTAL_OIDC: "http://a:b@login.example.com" },
      "GATEWAY_PORTAL_OIDC is not https, so that anybody on the way could sign in as anybody",
      "give https://<client id>:<client secret>@<issuer>, with special characters of id and secret percent-encoded",
    ],
    [
      "an issuer without client",
      {},
      { GATEWAY_PORTAL_OIDC: "https://login.example.com" },
      "GATEWAY_PORTAL_OIDC is not the URL of an issuer with a client id",
      "give https://<client id>:<client secret>@<issuer>, with special characters of id and secret percent-encoded",
    ],
    [
      "a role nobody has",
      {},
      { ...OIDC, GATEWAY_PORTAL_ROLE_NAMES: "root=staff" },
      'GATEWAY_PORTAL_ROLE_NAMES: "root=staff" is not <role>=<name>, with one of viewer, requester, approver, admin',
      "list pairs such as viewer=staff,approver=security-team",
    ],
    [
      "a secret's file that is not there",
      {},
      { ...OIDC, GATEWAY_PORTAL_OIDC_SECRET_FILE: "/nowhere/secret" },
      "GATEWAY_PORTAL_OIDC_SECRET_FILE: ENOENT: no such file or directory, open '/nowhere/secret'",
      "name a file with the client's secret that the portal may read",
    ],
    ["times that are none", {}, { GATEWAY_PORTAL_IDLE_MINUTES: "0" }, 'GATEWAY_PORTAL_IDLE_MINUTES is "0"', "give minutes, 1 to 99999"],
  ];
  for (const [what, flags, environment, message, remedy] of refused)
    it(`refuse ${what}`, () => {
      assert.throws(
        () => readSettings(flags, environment),
        (error) => error instanceof PortalSettingsError && error.message === message && error.remedy === remedy,
      );
    });
});

describe("claims of a token", () => {
  const settings = { roles: "roles", names: {} };
  const identity = (claims: object, more: object = {}) => identityOf("https://i", { sub: "s", ...claims }, { ...settings, ...more });

  it("give roles by their names, and no others", () => {
    assert.deepEqual(identity({ roles: ["admin", "viewer", "root", 7, null] }).roles, ["viewer", "admin"]);
    assert.deepEqual(identity({ roles: "viewer approver" }).roles, ["viewer", "approver"]);
    for (const roles of [undefined, null, 1, true, {}, { admin: true }, [], "Admin", "administrator"])
      assert.deepEqual(identity({ roles }).roles, []);
  });
  it("stand wherever the provider puts them", () => {
    assert.deepEqual(identity({ realm_access: { roles: ["viewer"] } }, { roles: "realm_access.roles" }).roles, ["viewer"]);
    assert.deepEqual(identity({ "https://x.example/roles": ["viewer"] }, { roles: "https://x.example/roles" }).roles, ["viewer"]);
    assert.deepEqual(identity({}, { roles: "constructor.name" }).roles, []);
  });
  it("may use the organization's own names", () => {
    const names = parseRoleNames("viewer=staff, requester=staff, approver=security=team");
    assert.deepEqual(names, { staff: ["viewer", "requester"], "security=team": ["approver"] });
    assert.deepEqual(identity({ roles: ["staff", "__proto__", "toString"] }, { names }).roles, ["viewer", "requester"]);
  });
  it("say for which stacks; a claim that is asked for and missing is none", () => {
    assert.deepEqual(identity({}).stacks, ["*"]);
    assert.deepEqual(identity({ stacks: ["shop-*"] }, { stacks: "stacks" }).stacks, ["shop-*"]);
    assert.deepEqual(identity({}, { stacks: "stacks" }).stacks, []);
  });
  it("name somebody, by the issuer's number", () => {
    assert.deepEqual([identity({}).id, identity({}).name, identity({ email: "a@b", name: "" }).name], ["https://i#s", "s", "a@b"]);
    assert.throws(() => identityOf("i", {}, settings), /names no subject/);
  });
});

describe("addresses of the portal's clients", () => {
  const trusted = [parseNetwork("10.0.0.0/8"), parseNetwork("fd00::/8")];
  const cases: readonly [string, string | undefined, string][] = [
    ["192.0.2.1", "203.0.113.9", "192.0.2.1"],
    ["10.0.0.1", undefined, "10.0.0.1"],
    ["10.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["10.0.0.1", "1.1.1.1, 203.0.113.9, 10.2.2.2", "203.0.113.9"],
    ["10.0.0.1", "127.0.0.1, <script>", "10.0.0.1"],
    ["10.0.0.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"],
    ["fd00::1", "2001:db8::9", "2001:db8::9"],
    ["unknown", "203.0.113.9", "unknown"],
  ];
  for (const [peer, forwarded, expected] of cases)
    it(`${peer} that forwards ${forwarded} is ${expected}`, () => assert.equal(clientAddress(peer, forwarded, trusted), expected));

  it("are this machine's only when nobody else has them", () => {
    assert.deepEqual(
      ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "::ffff:127.0.0.1"].filter((host) => !isLoopback(host)),
      [],
    );
    assert.deepEqual(["0.0.0.0", "::", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com", ""].filter(isLoopback), []);
  });
});

describe("paths to go back to", () => {
  it("are on the portal", () => {
    for (const path of ["/", "/stacks/a?b=c%20d", "/a/../b"])
      assert.equal(safePath(path), new URL(path, "http://x").pathname + new URL(path, "http://x").search);
    for (const path of [
      "",
      "x",
      "//evil",
      "/\\evil",
      "/\t//evil",
      "\\\\evil",
      "https://evil",
      "/a\nb",
      "/..//evil",
      undefined,
      7,
      `/${"x".repeat(600)}`,
    ])
      assert.equal(safePath(path), "/", String(path));
  });
});
