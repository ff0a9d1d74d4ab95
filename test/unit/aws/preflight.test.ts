import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { Compile, parse } from "velocityjs";
import { preflightTemplate } from "../../../components/backends/aws/definition/answers.ts";
import type { Cors } from "../../../components/spec/model.ts";

const CORS: Cors = {
  allowOrigins: ["https://shop.example.com", "https://www.shop.example.com"],
  anyOrigin: false,
  allowMethods: ["GET", "POST"],
  allowHeaders: ["authorization", "content-type"],
  exposeHeaders: [],
  allowCredentials: true,
  maxAgeSeconds: 3600,
};

/** Runs the mapping template as API Gateway does: request headers as the client wrote them, response headers by assignment to the context. */
function answer(cors: Cors, headers: Record<string, string>): { headers: Record<string, string>; body: string } {
  const overridden: Record<string, string> = {};
  const template = preflightTemplate(cors);
  // A header's name with hyphens is no reference of the language, only of API Gateway's: it stands for an assignment.
  const plain = template.replaceAll(
    /\$context\.responseOverride\.header\.([a-z-]+) =/g,
    (_, name: string) => `$h_${name.replaceAll("-", "_")} =`,
  );
  const context: Record<string, unknown> = { input: { params: () => ({ header: { get: (name: string) => headers[name] } }) } };
  const compiled = new Compile(parse(plain));
  const body = compiled.render(context as never);
  for (const [, name = ""] of template.matchAll(/header\.([a-z-]+) =/g)) {
    const value = (compiled as unknown as { context: Record<string, unknown> }).context[`h_${name.replaceAll("-", "_")}`];
    if (value !== undefined) overridden[name] = String(value);
  }
  return { headers: overridden, body };
}

describe("AWS preflights", () => {
  it("answer declared origins with what they may do", () => {
    for (const origin of CORS.allowOrigins)
      for (const name of ["Origin", "origin"])
        assert.deepEqual(answer(CORS, { [name]: origin }), {
          headers: {
            "access-control-allow-origin": origin,
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "authorization, content-type",
            "access-control-allow-credentials": "true",
            "access-control-max-age": "3600",
          },
          body: "",
        });
  });

  for (const origin of [
    undefined,
    "null",
    "",
    "*",
    "http://shop.example.com",
    "https://shop.example.com.evil.example",
    "https://evil.example/https://shop.example.com",
    "https://xshop.example.com",
    "https://shop.example.com:8443",
    "https://SHOP.example.com",
    '"; #set($known = true)',
  ])
    it(`answer ${JSON.stringify(origin) ?? "no origin"} without any header`, () => {
      assert.deepEqual(answer(CORS, origin === undefined ? {} : { Origin: origin }), { headers: {}, body: "" });
    });

  it("answer any origin with a star where the document says so", () => {
    const open = { ...CORS, allowOrigins: [], anyOrigin: true, allowCredentials: false, allowHeaders: [] };
    assert.deepEqual(answer(open, { Origin: "https://anywhere.example" }).headers, {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, POST",
      "access-control-max-age": "3600",
    });
  });
});
