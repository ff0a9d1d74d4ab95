import assert from "node:assert/strict";
import { loadDocument } from "../../../../components/spec/load.ts";
import { mergePatch } from "../../../../components/spec/overlay.ts";

const FILES: Readonly<Record<string, string>> = {};

/** The least a gateway can be; every case changes it. */
export const BASE = {
  name: "shop",
  hostname: "api.shop.example.com",
  backends: { orders: { url: "https://orders.shop.example.com" } },
  routes: { list: { path: "/orders", methods: ["GET"], backend: "orders", public: true } },
};

export const PROVIDER = {
  issuer: "https://login.shop.example.com",
  audiences: ["shop"],
  jwksUri: "https://login.shop.example.com/jwks",
  scopes: ["orders.read", "orders.write"],
};

/** A route that needs a token, and the provider of the token. */
export const WITH_TOKEN = {
  jwt: { providers: { login: PROVIDER } },
  routes: { list: { public: null, require: [{ jwt: "login" }] } },
};

/** A route that needs a key, and a consumer who has one. */
export const WITH_KEY = { consumers: { acme: {} }, routes: { list: { public: null, require: [{ apiKey: true }] } } };

/** Path, message, remedy. */
export type Expected = readonly [path: string, message: string, remedy: string];

export interface Case {
  readonly title: string;
  /** Merge patches (RFC 7396) over `BASE`. */
  readonly change: readonly unknown[];
  readonly faults: readonly Expected[];
}

/** One test for each case: the document has exactly these faults. */
export function describeFaults(title: string, cases: readonly Case[], files: Readonly<Record<string, string>> = FILES): void {
  describe(title, () => {
    for (const { title: name, change, faults } of cases) {
      it(name, async () => {
        const document = change.reduce((value: unknown, patch) => mergePatch(value, patch), BASE);
        const result = await loadDocument({
          file: "gateway.yaml",
          text: JSON.stringify(document),
          read: (path) => {
            const text = files[path];
            if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
            return text;
          },
        });
        assert.deepEqual(
          result.faults.map(({ path, message, remedy }) => [path, message, remedy]),
          faults,
        );
        assert.equal(result.model === undefined, faults.length > 0);
        for (const fault of result.faults) assert.ok(fault.line !== undefined && fault.column !== undefined, `${fault.path} has no place`);
      });
    }
  });
}
