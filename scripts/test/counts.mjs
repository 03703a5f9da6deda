// Reading how many tests passed out of what the runners print.

/** cargo test and wasm-bindgen's runner: "test result: ok. 3 passed; 0 failed; …", once for each binary. */
export function countCargo(output) {
  return sum(output.matchAll(/^test result: .*?(\d+) passed; (\d+) failed/gm));
}

/** node --test: "ℹ pass 3" and "ℹ fail 0" at its end, with # where it prints TAP. */
export function countNode(output) {
  const last = (word) => Number([...output.matchAll(new RegExp(`^(?:ℹ|#) ${word} (\\d+)$`, "gm"))].at(-1)?.[1] ?? 0);
  return { passed: last("pass"), failed: last("fail") + last("cancelled") };
}

function sum(matches) {
  const counts = { passed: 0, failed: 0 };
  for (const [, passed, failed] of matches) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  return counts;
}
