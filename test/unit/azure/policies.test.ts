import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, it } from "mocha";
import { compilePolicies } from "../../../components/backends/azure/policy/compile.ts";
import { literal } from "../../../components/backends/azure/policy/csharp.ts";
import { checkPolicy } from "../../../components/backends/azure/policy/reference.ts";
import { element, serialize } from "../../../components/backends/azure/policy/xml.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { everything, expressions, type Node, parsePolicy } from "../../../proof/readers/azure/policy/nodes.ts";
import { modelOf } from "../../support/plan.ts";
import { parseCSharp } from "./csharp.ts";
import { asMethod } from "./policy-reader.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "golden", "azure", "in");
const NAMES = globSync("*.yaml", { cwd: FOLDER }).sort();
const model = (name: string) => modelOf({ file: join(FOLDER, name) });

const documentsOf = (of: GatewayModel): [string, string][] => {
  const { api, service, fragments } = compilePolicies(of);
  return Object.entries({ api, service, ...fragments });
};

/** Order of child elements by the vendor's policy reference, written down for this test and not taken from the compiler. */
const ORDER: Readonly<Record<string, readonly string[]>> = {
  policies: ["inbound", "backend", "outbound", "on-error"],
  choose: ["when", "otherwise"],
  "ip-filter": ["address", "address-range"],
  "return-response": ["set-status", "set-header", "set-body"],
  "validate-jwt": ["openid-config", "issuer-signing-keys", "decryption-keys", "audiences", "issuers", "required-claims"],
  "validate-client-certificate": ["identities"],
  "set-header": ["value"],
};

describe("Azure policy documents, by an independent reader", () => {
  for (const name of NAMES)
    it(`${name}: order, nesting, references, expressions`, async () => {
      const of = await model(name);
      for (const [title, xml] of documentsOf(of)) {
        const root = parsePolicy(xml);
        assert.equal(root.name, title === "api" || title === "service" ? "policies" : "fragment");
        for (const one of everything(root)) {
          const order = ORDER[one.name];
          if (order) {
            const places = one.children.map((child) => order.indexOf(child.name));
            assert.ok(!places.includes(-1), `${title}: <${one.name}> holds ${one.children.map((child) => child.name).join(", ")}`);
            assert.deepEqual(places, [...places].sort(), `${title}: order in <${one.name}>`);
          }
        }
        if (root.name === "policies") {
          assert.deepEqual(
            root.children.map((child) => child.name),
            ["inbound", "backend", "outbound", "on-error"],
          );
          assert.equal(root.children[1]?.children.length, 1, "the backend section holds one policy");
        }
        for (const text of expressions(root)) {
          assert.doesNotMatch(text, /[\r\n]/);
          assert.ok((await parseCSharp(asMethod(text))).valid, `${title}: not C#: ${text}`);
        }
        const included = everything(root).flatMap((one) => (one.name === "include-fragment" ? [one.attributes["fragment-id"]] : []));
        assert.deepEqual(
          included.filter((id) => !/^shop-(intake|hygiene|answer|problem)$/.test(id ?? "")),
          [],
        );
      }
    });

  it("judges in the order of the document's rules", async () => {
    const inbound = parsePolicy(compilePolicies(await model("standard-client-certificates.yaml")).api).children[0] as Node;
    const marks = inbound.children.flatMap(({ name, attributes }) =>
      name === "set-variable" ? [`${attributes.name}`] : name === "choose" ? [] : [name],
    );
    const order = ["shop", "path", "matches", "entry", "challenge", "consumer", "token", "grant", "set-backend-service", "rewrite-uri"];
    const places = order.filter((mark) => marks.includes(mark)).map((mark) => marks.indexOf(mark));
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
    const first = everything(inbound).findIndex((one) => one.name === "validate-client-certificate");
    const jwt = everything(inbound).findIndex((one) => one.name === "validate-jwt");
    assert.ok(first >= 0 && first < jwt);
  });
});

describe("Azure policy reference", () => {
  const policies = (...inbound: ReturnType<typeof element>[]) =>
    element("policies", {}, [
      element("inbound", {}, inbound),
      element("backend", {}, [element("forward-request")]),
      element("outbound"),
      element("on-error"),
    ]);
  const cases: [string, ReturnType<typeof element>, RegExp][] = [
    ["an unknown policy", policies(element("set-status", { code: "200", reason: "OK" })), /<set-status> is no policy/],
    ["a wrong section", policies(element("forward-request")), /policies\/inbound: <forward-request> cannot stand in inbound/],
    ["a missing attribute", policies(element("set-header", { name: "x" })), /<set-header> needs exists-action/],
    [
      "an unknown attribute",
      policies(element("include-fragment", { "fragment-id": "a", id: "b" })),
      /<include-fragment> has no attribute id/,
    ],
    [
      "a wrong order",
      policies(element("choose", {}, [element("otherwise"), element("when", { condition: "true" })])),
      /<when> is missing or out of order/,
    ],
    [
      "two policies in the backend section",
      element("policies", {}, [
        element("inbound"),
        element("backend", {}, [element("forward-request"), element("forward-request")]),
        element("outbound"),
        element("on-error"),
      ]),
      /the backend section holds exactly one policy/,
    ],
    ["another root", element("inbound"), /a policy document cannot begin with <inbound>/],
  ];
  for (const [title, root, message] of cases) it(`refuses ${title}`, () => assert.throws(() => checkPolicy(root), message));
});

describe("Text of a document in a policy", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.constantFrom(
      '"); Environment.Exit(0); //',
      '"/><return-response/>',
      "]]>",
      "{{secret}}",
      "@(1)",
      "@{ return 1; }",
      "\\",
      "\u2028",
      "\0",
    ),
  );

  it("stays one C# literal with exactly its value, whatever it is", () =>
    fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const written = literal(text);
        assert.match(written, /^"[\x20-\x7e]*"$/);
        assert.doesNotMatch(written, /[<>&{}@()';]/);
        const { valid, strings, skeleton } = await parseCSharp(`class P { object M() { return ${written}; } }`);
        assert.ok(valid);
        assert.deepEqual(strings, [text]);
        assert.equal(skeleton, 'class P { object M() { return ""; } }');
      }),
      { numRuns: 500 },
    ));

  it("cannot break out of headers, claims, audiences, plans and origins", async () => {
    const evil = `"); throw new Exception(); // <x> & ]]> {{name}} @(1) '`;
    const build = (text: string) =>
      modelOf(
        JSON.stringify({
          name: "shop",
          hostname: "api.shop.example.com",
          azure: { tier: "Standard", openIdConfigurations: { login: "https://idp.example.com/.well-known/openid-configuration" } },
          headers: { request: { set: { "x-note": text } }, response: { add: { "x-answer": text } } },
          jwt: {
            providers: {
              login: {
                issuer: `https://idp.example.com/${text.replaceAll(/[^!-~]/g, "")}`,
                audiences: [text],
                jwksUri: "https://idp.example.com/jwks",
                scopes: ["a"],
              },
            },
          },
          backends: { orders: { url: "https://orders.example.com" } },
          routes: { one: { path: "/one", methods: ["GET"], backend: "orders", require: [{ jwt: "login", claims: { role: [text] } }] } },
        }),
      );
    const shape = async (text: string) => {
      const { api } = compilePolicies(await build(text));
      const root = parsePolicy(api);
      const skeletons: string[] = [];
      const strings: string[] = [];
      for (const code of expressions(root)) {
        const syntax = await parseCSharp(asMethod(code));
        assert.ok(syntax.valid, code);
        skeletons.push(syntax.skeleton);
        strings.push(...syntax.strings);
      }
      return { elements: everything(root).map(({ name }) => name), skeletons, strings };
    };
    const [harmless, attacked] = [await shape("harmless"), await shape(evil)];
    assert.deepEqual(attacked.elements, harmless.elements);
    assert.deepEqual(attacked.skeletons, harmless.skeletons);
    assert.ok(attacked.strings.includes(evil));
  });

  for (const text of ["@(1)", " @{ return 1; }", "a {{name}}", "}}", "line\nend"])
    it(`is refused by the writer where it is no literal: ${JSON.stringify(text)}`, () =>
      assert.throws(
        () => serialize(element("fragment", {}, [element("set-variable", { name: "x", value: text })])),
        /would be read as an expression/,
      ));
});
