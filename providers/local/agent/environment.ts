/** Variables that programs started here may see; whatever else the provider was given, such as a passphrase or a cloud's credentials, stays with it. */
const PASSED_ON = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "NODE_COMPILE_CACHE", "SECURE_GATEWAY_CACHE"];

/** The environment of a program, with `more` on top. */
export function plainEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...more };
}
