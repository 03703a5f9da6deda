// Stretching a password (PBKDF2-HMAC-SHA256): by WebCrypto, off the page's thread; where a page
// has none (it came over plain HTTP) by the module, in slices.
import type { Wasm } from "./wasm.js";

/** A slice holds the page's thread for about this long, in milliseconds: half a frame. */
const SLICE_MS = 7;

/** The rounds between two looks at the clock; even a slow phone does them in a millisecond. */
const ROUNDS = 100;

/** The rounds of a slice at most, whatever the clock says: some browsers round it to a tenth of a second. */
const SLICE_ROUNDS = 8_000;

/** `asked` is what the module gave: 16 bytes of salt, then the iterations. */
export async function stretch(wasm: Wasm, password: string, asked: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(password);
  return (await byWebCrypto(bytes, asked)) ?? (await inSlices(wasm, bytes, asked, signal));
}

async function byWebCrypto(password: Uint8Array<ArrayBuffer>, asked: Uint8Array): Promise<Uint8Array | undefined> {
  // Undefined on pages that came over plain HTTP, whatever the types say.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  try {
    const key = await subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const iterations = new DataView(asked.buffer, asked.byteOffset).getUint32(16, true);
    const algorithm = { name: "PBKDF2", hash: "SHA-256", salt: asked.slice(0, 16), iterations };
    return new Uint8Array(await subtle.deriveBits(algorithm, key, 256));
  } catch {
    return undefined;
  }
}

async function inSlices(wasm: Wasm, password: Uint8Array, asked: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
  const stretching = new wasm.Stretching(password, asked);
  try {
    for (;;) {
      const until = performance.now() + SLICE_MS;
      for (let rounds = 0; rounds < SLICE_ROUNDS && performance.now() < until; rounds += ROUNDS) {
        const salted = stretching.advance(ROUNDS);
        if (salted) return salted;
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal?.throwIfAborted();
    }
  } finally {
    stretching.free();
  }
}
