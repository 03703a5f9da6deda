// Deterministic randomness for scenery: the same place looks the same to everyone.

/** A generator of numbers in [0, 1) from any seed (mulberry32 over an FNV-1a hash). */
export function randomFrom(...seed) {
  let state = 2166136261;
  for (const unit of seed.join("|")) state = Math.imul(state ^ unit.codePointAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const between = (random, low, high) => low + random() * (high - low);

/** Picks from [value, weight, …] rows. */
export function pick(random, rows) {
  let left = random() * rows.reduce((sum, row) => sum + row[1], 0);
  return rows.find((row) => (left -= row[1]) < 0) ?? rows.at(-1);
}
