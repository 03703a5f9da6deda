// Waiting for a server to be ready.

/**
 * Resolves when the server is ready, or will not be, to { state, detail }:
 * - "ready": GET /readyz has answered 200;
 * - "not configured": it says so, which no waiting mends; its log names the variable;
 * - "damaged": it serves, but nobody can enter before a file is restored, which `detail` names;
 * - "silent": none of them within `timeout` ms, or before `givenUp` said to stop.
 */
export async function ready(url, { timeout = 30_000, givenUp = () => false } = {}) {
  const end = Date.now() + timeout;
  while (Date.now() < end && !givenUp()) {
    try {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
      const { code, detail } = await response.json();
      if (response.status === 200) return { state: "ready" };
      if (code === "NOT_CONFIGURED") return { state: "not configured" };
      if (code === "STORAGE_CORRUPT") return { state: "damaged", detail };
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { state: "silent" };
}
