// What set-up tells the person waiting: one line when a long step starts, one every few seconds, one when it ends.

/** Time between two lines of the same step, in milliseconds. */
const INTERVAL = 15_000;

/** @param {number} ms @returns {string} `3 s`, `4 min 10 s` */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 90 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a step that takes long enough to say so.
 *
 * @template T
 * @param {string} title
 * @param {(report: (state: string) => void) => Promise<T>} work calls `report` with how far it is; the latest is shown
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = Date.now();
  let state = "";
  say(title);
  const ticking = setInterval(() => say(`  … ${duration(Date.now() - started)}${state === "" ? "" : `, ${state}`}`), INTERVAL);
  try {
    const result = await work((now) => {
      state = now;
    });
    say(`  done in ${duration(Date.now() - started)}`);
    return result;
  } finally {
    clearInterval(ticking);
  }
}
