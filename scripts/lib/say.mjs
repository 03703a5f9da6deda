// What the scripts tell the person who runs them. All of it goes to stderr:
// stdout belongs to results (the URL of `serve`, the counts of `test`).

/** Something the person has to know or do; shown without a stack. */
export class Stop extends Error {}

/** Announces a step, in one line: what is done, and why. */
export function step(text) {
  console.error(`\n==> ${text}`);
}

/** A remark within a step. */
export function note(text) {
  console.error(`    ${text}`);
}

/** Seconds since `start` (of Date.now()), for people. */
export function seconds(start) {
  return `${((Date.now() - start) / 1000).toFixed(1)} s`;
}
