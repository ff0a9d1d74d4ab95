export const RESOURCE_GROUP = { resourceGroupName: "shop" };
export const ON = { ...RESOURCE_GROUP, serviceName: "shop-apim" };
export const policy = (inbound: string) => `<policies><inbound>${inbound}</inbound></policies>`;
