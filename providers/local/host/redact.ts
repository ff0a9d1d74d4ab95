import type { RenderedFile } from "./render.ts";

/** Takes secrets out of what Envoy says about a configuration: it may repeat whole pieces of it. */
export function redact(text: string, files: Iterable<RenderedFile>): string {
  let clean = text.replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, "[secret]");
  for (const word of secretWords(files)) clean = clean.replaceAll(word, "[secret]");
  return clean;
}

/** Words in the files that look like keys: long, without spaces, of letters and digits mixed. */
function secretWords(files: Iterable<RenderedFile>): Set<string> {
  const words = [...files].flatMap(({ content }) => content.match(/[A-Za-z0-9_+/=-]{32,}/g) ?? []);
  return new Set(words.filter((word) => /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word)));
}
