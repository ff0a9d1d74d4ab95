/** A path on this portal, or its first page: never another host, however it is written. */
export function safePath(given: unknown): string {
  if (typeof given !== "string" || !/^\/(?![/\\])[^\\\p{Cc}]{0,500}$/u.test(given)) return "/";
  const { origin, pathname, search } = new URL(given, "http://portal.invalid");
  return origin === "http://portal.invalid" && !pathname.startsWith("//") ? pathname + search : "/";
}
