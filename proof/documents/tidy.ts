type Fields = Record<string, unknown>;

/** Takes out of a document what nothing uses, because that is a fault: what a route needs stays. */
export function tidy(value: Fields): void {
  const routes = Object.values(fields(value.routes));
  const alternatives = routes.flatMap(({ require }) => (require ?? []) as Fields[]);
  keep(
    value,
    "backends",
    new Set(routes.flatMap(({ backend, backends }) => [backend, ...((backends ?? []) as Fields[]).map(({ name }) => name)])),
  );

  const providers = new Set(alternatives.flatMap(({ jwt }) => jwt ?? []));
  if (value.jwt !== undefined) {
    keep(value.jwt as Fields, "providers", providers);
    if (Object.keys(fields((value.jwt as Fields).providers)).length === 0) delete value.jwt;
  }
  const azure = value.azure as Fields | undefined;
  if (azure?.openIdConfigurations !== undefined) keep(azure, "openIdConfigurations", providers);

  if (!alternatives.some(({ apiKey }) => apiKey !== undefined)) for (const name of ["consumers", "plans", "apiKeys"]) delete value[name];
  for (const consumer of Object.values(fields(value.consumers))) {
    const { plan } = consumer;
    if (typeof plan === "string" && !(plan in fields(value.plans))) delete consumer.plan;
  }
  const used = new Set(Object.values(fields(value.consumers)).map(({ plan }) => plan));
  keep(value, "plans", used);

  const places = Object.values(fields(value.backends)).map(({ network }) => (network as Fields | undefined)?.type ?? "public");
  const aws = value.aws as Fields | undefined;
  if (aws && places.every((type) => type === "public")) delete aws.network;
  const observability = value.observability as Fields | undefined;
  if (observability?.metrics === false) delete observability.alarms;
}

const fields = (value: unknown): Record<string, Fields> => (value ?? {}) as Record<string, Fields>;

function keep(parent: Fields, name: string, used: ReadonlySet<unknown>): void {
  const entries = Object.entries(fields(parent[name])).filter(([key]) => used.has(key));
  if (entries.length === 0 && name !== "backends") delete parent[name];
  else parent[name] = Object.fromEntries(entries);
}
