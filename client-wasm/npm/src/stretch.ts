// Stretching a password or a passphrase (PBKDF2-HMAC-SHA256, to 32 bytes): by WebCrypto, off the
// page's thread; where a page has none (it came over plain HTTP) by a module, in slices.

/** What stretches in slices; both modules have one. */
export interface Slices {
  /** Does so many more rounds at most; the 32 bytes, when all are done. */
  advance(rounds: number): Uint8Array | undefined;
  free(): void;
}

/** A slice holds the page's thread for about this long, in milliseconds: half a frame. */
const SLICE_MS = 7;

/** The rounds between two looks at the clock; even a slow phone does them in a millisecond. */
const ROUNDS = 100;

/** The rounds of a slice at most, whatever the clock says: some browsers round it to a tenth of a second. */
const SLICE_ROUNDS = 8_000;

/** `slices` is called where there is no WebCrypto, or it refuses. */
export async function stretch(
  secret: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
  slices: (secret: Uint8Array) => Slices | Promise<Slices>,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(secret);
  return (await byWebCrypto(bytes, salt, iterations)) ?? (await inSlices(await slices(bytes), signal));
}

async function byWebCrypto(secret: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>, iterations: number): Promise<Uint8Array | undefined> {
  // Undefined on pages that came over plain HTTP, whatever the types say.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  try {
    const key = await subtle.importKey("raw", secret, "PBKDF2", false, ["deriveBits"]);
    return new Uint8Array(await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, key, 256));
  } catch {
    return undefined;
  }
}

async function inSlices(slices: Slices, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    for (;;) {
      const until = performance.now() + SLICE_MS;
      for (let rounds = 0; rounds < SLICE_ROUNDS && performance.now() < until; rounds += ROUNDS) {
        const stretched = slices.advance(ROUNDS);
        if (stretched) return stretched;
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal?.throwIfAborted();
    }
  } finally {
    slices.free();
  }
}
