// Waiting for a server to be ready.

/**
 * Resolves when the server is ready, or will not be:
 * - "ready": GET /readyz has answered 200;
 * - "not configured": it says so, which no waiting mends; its log names the variable;
 * - "silent": neither within `timeout` ms, or before `givenUp` said to stop.
 */
export async function ready(url, { timeout = 30_000, givenUp = () => false } = {}) {
  const end = Date.now() + timeout;
  while (Date.now() < end && !givenUp()) {
    try {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
      const { code } = await response.json();
      if (response.status === 200) return "ready";
      if (code === "NOT_CONFIGURED") return "not configured";
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return "silent";
}
