// What wasm-pack builds from client-seal/src/exports.rs, declared by hand so
// that the facade's types check in a clean clone.
import type { Sealed } from "../messages.js";
import type { Source } from "./shardlink_client.js";

export class Sealer {
  constructor();
  free(): void;
  addKey(bytes: Uint8Array, salt?: Uint8Array | null): void;
  addRandom(): void;
  addText(text: string): void;
  needs(keyId: string): Uint8Array<ArrayBuffer> | undefined;
  learn(keyId: string, bytes: Uint8Array, current: boolean): boolean;
  seal(channel: string, sender: number, to: number, text: string): Sealed;
  open(channel: string, sender: number, to: number, v: number, keyId: string, nonce: string, ciphertext: string, history: boolean): string;
  readonly keyId: string | undefined;
  fingerprint(keyId?: string | null): string | undefined;
  exportKey(): string | undefined;
}

export class Stretching {
  constructor(passphrase: Uint8Array, salt: Uint8Array);
  free(): void;
  advance(rounds: number): Uint8Array | undefined;
}

export default function init(options: { module_or_path: Source }): Promise<unknown>;
