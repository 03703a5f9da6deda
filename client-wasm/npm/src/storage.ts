// Where the session's token is kept, so that a reload does not sign out.

/** A place for a few texts: `localStorage` and `sessionStorage` are such, and a game may bring its own. */
export interface KeyStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export type StorageOption = "local" | "session" | "none" | KeyStore;

/** A token: only letters, digits, `_`, `-` and `.`, so that it can stand in a header as it is. */
const TOKEN = /^[\w.-]{1,512}$/;

export const isToken = (text: unknown): text is string => typeof text === "string" && TOKEN.test(text);

/** One token's place. Where there is no storage, or it is forbidden, nothing is kept. */
export class Kept {
  readonly #store: KeyStore | undefined;
  readonly #key: string;

  constructor(option: StorageOption, key: string) {
    this.#key = key;
    this.#store = attempt(() => {
      if (option === "local") return globalThis.localStorage;
      if (option === "session") return globalThis.sessionStorage;
      return option === "none" ? undefined : option;
    });
  }

  read(): string | undefined {
    const kept = attempt(() => this.#store?.getItem(this.#key));
    return isToken(kept) ? kept : undefined;
  }

  /** A full storage costs the next reload its session, nothing else. */
  write(token: string): void {
    attempt(() => this.#store?.setItem(this.#key, token));
  }

  /** Forgets this token, unless another tab has signed in since. */
  forget(token: string): void {
    if (this.read() === token) attempt(() => this.#store?.removeItem(this.#key));
  }
}

/** A browser may forbid its storage by throwing. */
function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
