/** What a new stack's document begins as: one public route, one that takes an API key, in front of two backends. */
export const EXAMPLE_DOCUMENT = `name: my-gateway
hostname: api.example.com

plans:
  standard: { rateLimit: { requests: 20, per: second, burst: 40 } }
consumers:
  first-partner: { plan: standard }

backends:
  catalog: { url: https://catalog.example.com }

routes:
  list-products: { path: /products, methods: [GET], backend: catalog, public: true }
  partner-feed: { path: /feed/*, methods: [GET], backend: catalog, require: [{ apiKey: true }] }
`;
