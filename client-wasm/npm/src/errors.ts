import type { ErrorCode } from "./messages.js";

/** The client's own codes; every other code is the server's, from the error table. */
export type ClientCode =
  | "UNREACHABLE"
  | "TIMEOUT"
  | "ABORTED"
  | "DISPOSED"
  | "NOT_CONNECTED"
  | "BAD_RESPONSE"
  | "BAD_SERVER_PROOF"
  | "WEAK_SERVER"
  | "NO_KEY"
  | "EXHAUSTED";

export interface ErrorDetails {
  field?: string | undefined;
  retryAfter?: number | undefined;
  cause?: unknown;
}

/** What every promise of the client rejects with. `message` is a sentence for the player. */
export class ShardlinkError extends Error {
  /** Such as `NAME_TAKEN`, or one of {@link ClientCode}; a newer server may know more. */
  readonly code: ErrorCode | ClientCode | (string & {});
  /** The field at fault. */
  readonly field?: string;
  /** Seconds to wait before trying again. */
  readonly retryAfter?: number;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "ShardlinkError";
    this.code = code;
    if (details.field !== undefined) this.field = details.field;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
  }
}

export const invalid = (field: string, message: string) => new ShardlinkError("INVALID_FIELD", message, { field });

/** The error that something thrown stands for. */
export function asShardlinkError(thrown: unknown): ShardlinkError {
  if (thrown instanceof ShardlinkError) return thrown;
  const { code, message, field, retryAfter } = (thrown ?? {}) as Partial<ShardlinkError>;
  if (typeof code === "string" && typeof message === "string") return new ShardlinkError(code, message, { field, retryAfter });
  return new ShardlinkError("BAD_RESPONSE", "Something went wrong in the client.", { cause: thrown });
}
