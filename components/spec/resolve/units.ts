const DURATIONS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const SIZES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** Milliseconds of a duration the schema has accepted. */
export function milliseconds(text: string): number {
  const match = /^([0-9]+)(ms|s|m|h)$/.exec(text);
  if (!match) throw new Error(`not a duration: ${text}`);
  return Number(match[1]) * DURATIONS[match[2] as keyof typeof DURATIONS];
}

/** Bytes of a size the schema has accepted. */
export function bytes(size: number | string): number {
  if (typeof size === "number") return size;
  const match = /^([0-9]+)(B|KiB|MiB|GiB)$/.exec(size);
  if (!match) throw new Error(`not a size: ${size}`);
  return Number(match[1]) * SIZES[match[2] as keyof typeof SIZES];
}
