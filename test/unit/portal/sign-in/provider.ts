import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

/** A person the identity provider knows. */
export interface Person {
  readonly name: string;
  readonly roles?: readonly string[];
  readonly stacks?: readonly string[];
}

export const CLIENT = { id: "portal", secret: "a secret/with:odd@characters" } as const;

/** A real OpenID Connect provider on a free port, for one portal. */
export class IdentityProvider {
  readonly issuer: string;
  readonly people = new Map<string, Person>();
  readonly #server: Server;
  readonly provider: Provider;

  private constructor(server: Server, issuer: string, portal: string) {
    this.#server = server;
    this.issuer = issuer;
    this.provider = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [`${portal}/sign-in/callback`],
          post_logout_redirect_uris: [`${portal}/signed-out`],
          response_types: ["code"],
          grant_types: ["authorization_code"],
        },
        {
          client_id: "pipeline",
          client_secret: "pipeline-secret",
          redirect_uris: [],
          response_types: [],
          grant_types: ["client_credentials"],
        },
      ],
      pkce: { required: () => true },
      claims: { openid: ["sub"], profile: ["name", "roles", "stacks"] },
      conformIdTokenClaims: false,
      findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, ...this.people.get(id) }) }),
      features: {
        devInteractions: { enabled: true },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => portal,
          useGrantedResource: () => true,
          getResourceServerInfo: (_context, resource) => ({
            scope: "portal",
            audience: resource,
            accessTokenFormat: "jwt",
            accessTokenTTL: 600,
          }),
        },
      },
      extraTokenClaims: () => ({ roles: ["requester"] }),
      cookies: { keys: ["for tests only"] },
      ttl: { Session: 600, Interaction: 600, Grant: 600, IdToken: 600, AccessToken: 600 },
    });
    server.on("request", this.provider.callback());
  }

  static async start(portal: string): Promise<IdentityProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new IdentityProvider(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, portal);
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Follows redirects and fills in forms as a browser does, with cookies kept for each host. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  async open(address: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address);
    const jar = this.#cookies.get(url.host) ?? new Map<string, string>();
    this.#cookies.set(url.host, jar);
    const headers = new Headers(init.headers);
    headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    headers.set("accept", "text/html");
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === "" || /expires=Thu, 01 Jan 1970|max-age=0/i.test(cookie)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Opens an address and goes where it leads, as long as it leads to a host of the list. */
  async follow(address: string | URL, hosts: readonly string[]): Promise<{ readonly url: URL; readonly response: Response }> {
    let url = new URL(address);
    for (let hops = 0; hops < 12; hops += 1) {
      const response = await this.open(url);
      const location = response.headers.get("location");
      const next = location === null ? undefined : new URL(location, url);
      if (next === undefined || !hosts.includes(next.host)) return { url: next ?? url, response };
      await response.body?.cancel();
      url = next;
    }
    throw new Error(`no end of redirects at ${url}`);
  }

  cookie(host: string, name: string): string | undefined {
    return this.#cookies.get(host)?.get(name);
  }

  setCookie(host: string, name: string, value: string): void {
    this.#cookies.get(host)?.set(name, value);
  }

  /** Signs in at the provider's own pages as somebody, and agrees. @returns the address it leads back to */
  async signInAs(provider: IdentityProvider, id: string, start: URL): Promise<URL> {
    const host = new URL(provider.issuer).host;
    let { url, response } = await this.follow(start, [host]);
    for (let forms = 0; url.host === host && forms < 3; forms += 1) {
      const text = await response.text();
      const action = new URL(/<form[^>]*action="([^"]+)"/.exec(text)?.[1] ?? "", url);
      const prompt = /name="prompt" value="(\w+)"/.exec(text)?.[1] ?? "";
      const answer = await this.open(action, {
        method: "POST",
        body: new URLSearchParams(prompt === "login" ? { prompt, login: id, password: "any" } : { prompt }),
      });
      ({ url, response } = await this.follow(new URL(answer.headers.get("location") ?? "", action), [host]));
    }
    return url;
  }
}
