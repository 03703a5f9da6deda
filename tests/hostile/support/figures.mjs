// Arithmetic on what was measured, and how it is shown.

/** The value that this share of the values does not exceed; undefined if there are none. */
export function percentile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)];
}

/** How often each value is there: { value: count }. */
export function tally(values) {
  const counts = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

export const mebibytes = (bytes) => Math.round(bytes / 2 ** 20);

export const rounded = (value) => (value === undefined ? undefined : Math.round(value));

/** "120 × 401, 3 × 429". */
export const listed = (counts) => Object.entries(counts).map(([what, count]) => `${count} × ${what}`).join(", ") || "none";
