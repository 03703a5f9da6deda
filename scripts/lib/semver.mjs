// Comparing versions such as 1.91.0.

export function atLeast(version, minimum) {
  const [a, b] = [version, minimum].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  for (let i = 0; i < 3; i++) {
    if (a[i] !== b[i]) return a[i] > b[i];
  }
  return true;
}

/** The first version number in what a program prints. */
export function versionIn(text) {
  return text.match(/\d+\.\d+\.\d+/)?.[0];
}
