/** A URL, or null for what is none: `URL.parse`, which Node 20 does not have. */
export const parseUrl = (text: string, base?: string): URL | null => (URL.canParse(text, base) ? new URL(text, base) : null);
