import type { Dice } from "../dice.ts";
import type { Fields, World } from "./common.ts";

/** Logs, metrics, traces and alarms. */
export const observability = (dice: Dice): Fields => ({
  ...dice.maybe(0.7, () => ({
    accessLogs: {
      enabled: dice.chance(0.9),
      retentionDays: dice.one([7, 30, 90, 365]),
      ...dice.maybe(0.3, () => ({ headers: dice.some(["user-agent", "referer"], 1) })),
    },
  })),
  ...dice.maybe(0.2, () => ({ metrics: false })),
  ...dice.maybe(0.4, () => ({ tracing: dice.chance(0.5) ? true : { samplingPercent: dice.between(1, 50) } })),
  ...dice.maybe(0.4, () => ({
    alarms: {
      notify: ["mailto:ops@example.com", ...(dice.chance(0.3) ? ["https://hooks.example.com/alarm"] : [])],
      errorRatePercent: dice.between(1, 20),
      latencyMs: dice.between(200, 4000),
      certificateDays: dice.between(10, 30),
    },
  })),
});

/** Settings of every cloud's own, and the zone. */
export function cloudSections(dice: Dice, hostname: string, world: World): Fields {
  const tier = dice.weighted([
    [1, "auto"],
    [1, "Consumption"],
    [2, "Developer"],
    [1, "Basic"],
    [2, "Standard"],
    [3, "Premium"],
    [1, "BasicV2"],
    [1, "StandardV2"],
    [1, "PremiumV2"],
  ]);
  return {
    aws: {
      flavour: dice.weighted([
        [3, "rest"],
        [2, "http"],
        [1, "auto"],
      ]),
      ...dice.maybe(0.5, () => ({ region: "eu-central-1" })),
      ...dice.maybe(0.7, () => ({ http: { accept: ["clientIdAsAudience", "underscoreHeaders", "errorsWithoutHsts"] } })),
      ...dice.maybe(0.4, () => ({ cloudwatchRole: "create" })),
      ...dice.maybe(0.4, () => ({ authorizer: { reservedConcurrency: dice.between(10, 500), cacheSeconds: dice.one([0, 0, 30]) } })),
      network: { vpcId: "vpc-0123456789abcdef0", subnetIds: ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"] },
    },
    azure: {
      publisher: { name: "Shop", email: "api@example.com" },
      tier,
      accept: dice.chance(0.85)
        ? ["approximateLimits", "keyCache", "platformCiphers", "publicRoots", "sharedTrust"]
        : ["approximateLimits"],
      ...dice.maybe(0.8, () => ({
        certificate: {
          keyVaultSecretId: "https://shop-certs.vault.azure.net/secrets/api-cert",
          keyVaultId:
            "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/certs/providers/Microsoft.KeyVault/vaults/shop-certs",
        },
      })),
      ...(world.providers.length > 0 && dice.chance(0.9)
        ? {
            openIdConfigurations: Object.fromEntries(
              world.providers.map((name) => [name, `https://${name}.example.com/.well-known/openid-configuration`]),
            ),
          }
        : {}),
    },
    gcp: {
      project: "shop-test-1",
      region: "europe-west3",
      ...dice.maybe(0.2, () => ({ run: { minInstances: 2, maxInstances: dice.between(5, 50), deletionProtection: true } })),
      ...dice.maybe(0.3, () => ({ cloudArmorEnterprise: true })),
    },
    local: { address: "127.0.0.1" },
    ...dice.maybe(0.4, () => ({
      dns: {
        zone: dice.one([
          hostname.split(".").slice(1).join("."),
          "shop",
          `/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/dns/providers/Microsoft.Network/dnsZones/${hostname.split(".").slice(1).join(".")}`,
        ]),
      },
    })),
  };
}
