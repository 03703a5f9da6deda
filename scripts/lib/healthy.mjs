// Waiting for a server to answer.

/** Resolves when GET /healthz answers 200, false when it has not for `timeout` ms or `givenUp` says to stop. */
export async function healthy(url, { timeout = 30_000, givenUp = () => false } = {}) {
  const end = Date.now() + timeout;
  while (Date.now() < end && !givenUp()) {
    try {
      const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) });
      await response.arrayBuffer();
      if (response.status === 200) return true;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
