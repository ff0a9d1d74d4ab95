/** What the package needs of the project's own package.json. */
export interface ProjectManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly private?: boolean;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The SDKs of the clouds: a program installs those it uses. */
const OPTIONAL = ["@pulumi/aws", "@pulumi/azure-native", "@pulumi/gcp", "@pulumi/kubernetes"];

/** Shared with the program, which must not load it twice. */
const SHARED = "@pulumi/pulumi";

const ENTRIES = { ".": "index", "./aws": "clouds/aws", "./azure": "clouds/azure", "./gcp": "clouds/gcp" };

/**
 * package.json of the npm package.
 *
 * @param imported names of the packages the compiled files import
 * @throws Error when one of them is no dependency of the project.
 */
export function packageManifest(project: ProjectManifest, imported: ReadonlySet<string>): Record<string, unknown> {
  const missing = [...imported].filter((name) => project.dependencies[name] === undefined);
  if (missing.length > 0) throw new Error(`The package imports ${missing.join(", ")}, which package.json does not list as dependencies`);
  const versions = (names: readonly string[], range: string) =>
    Object.fromEntries(names.filter((name) => imported.has(name)).map((name) => [name, `${range}${project.dependencies[name]}`]));
  const own = [...imported].filter((name) => name !== SHARED && !OPTIONAL.includes(name)).sort();
  const { name, version, description, license } = project;
  return {
    name,
    version,
    description,
    license,
    // Whoever owns the name decides that the package is published.
    ...(project.private === true ? { private: true } : {}),
    type: "module",
    engines: { node: ">=20.19" },
    exports: Object.fromEntries(
      Object.entries(ENTRIES).map(([entry, file]) => [entry, { types: `./${file}.d.ts`, default: `./${file}.js` }]),
    ),
    types: "./index.d.ts",
    files: ["**/*.js", "**/*.d.ts", "**/*.bundle", "README.md"],
    sideEffects: false,
    dependencies: versions(own, ""),
    peerDependencies: versions([SHARED, ...OPTIONAL], "^"),
    peerDependenciesMeta: Object.fromEntries(OPTIONAL.filter((one) => imported.has(one)).map((one) => [one, { optional: true }])),
    publishConfig: { access: "restricted", provenance: true },
  };
}

/** Names of packages in the imports of a compiled file; Node's own modules and relative files are none. */
export function importedPackages(text: string): string[] {
  const found = [
    ...text.matchAll(/^(?:import|export|\})(?:[^"'\n]*\bfrom)? ["']([^"'.][^"']*)["'];?$/gm),
    ...text.matchAll(/\b(?:import|load)\(["'](@?[a-z][\w./-]*)["']\)/g),
  ];
  return found.flatMap(([, specifier = ""]) => {
    if (specifier.startsWith("node:")) return [];
    return specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
  });
}
