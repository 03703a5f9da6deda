// REST: one call for all routes, and what a refusal means.
import { ShardlinkError, invalid } from "./errors.js";

/** How long a request may take, and what ends it sooner. */
export interface CallOptions {
  /** Gives the request up: its promise rejects with ABORTED. What the server has done by then stays done. */
  signal?: AbortSignal | undefined;
  /** Gives the request up after so many milliseconds: its promise rejects with TIMEOUT. */
  timeout?: number | undefined;
}

export interface RestCall extends CallOptions {
  /** The session's token. */
  token?: string | undefined;
  body?: object | undefined;
  /** Whether the browser may keep the answer, and asks only whether it still stands. */
  kept?: boolean | undefined;
}

export type Method = "GET" | "POST" | "DELETE";

/** The body of a success. Its fields are as the server sent them: use {@link field} where it matters. */
export type Answer = Readonly<Record<string, unknown>>;

/** A busy server takes its time with passwords. */
const DEADLINE_MS = 30_000;

/** The longest body that is read: ten characters are under 10 KB. */
const LONGEST = 1024 * 1024;

const CODE = /^[A-Z0-9_]{1,64}$/;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

export const badResponse = () => new ShardlinkError("BAD_RESPONSE", "The server's answer could not be understood.");
export const unreachable = (cause?: unknown, retryAfter?: number) =>
  new ShardlinkError("UNREACHABLE", "The server could not be reached.", { cause, retryAfter });

/** The REST routes of the server at one address. */
export class Rest {
  /** Ends everything that is in flight, and all that would follow. */
  readonly ended = new AbortController();

  constructor(
    private readonly base: string,
    private readonly deadline = DEADLINE_MS,
  ) {}

  /** Resolves with the body of a success, and rejects with what the server refused. */
  async call(method: Method, path: string, { token, body, kept, signal, timeout }: RestCall = {}): Promise<Answer> {
    const late = AbortSignal.timeout(within("timeout", timeout ?? this.deadline, 0, 600_000));
    const signals = [late, this.ended.signal, ...(signal ? [signal] : [])];
    const headers: Record<string, string> = {};
    if (token) headers["Authorization"] = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    const any = anyOf(signals);
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.base + path, {
        method,
        headers,
        body: body ? JSON.stringify(body) : null,
        cache: kept ? "no-cache" : "no-store",
        credentials: "omit",
        signal: any.signal,
      });
      text = await response.text();
    } catch (cause) {
      if (late.aborted) throw timedOut(cause);
      if (signals.some((one) => one.aborted)) throw aborted(cause);
      throw unreachable(cause);
    } finally {
      any.release();
    }
    const read = text.length <= LONGEST ? parsed(text) : undefined;
    if (!response.ok) throw refusal(response, read);
    if (!read) throw badResponse();
    return read;
  }
}

export const aborted = (cause?: unknown) => new ShardlinkError("ABORTED", "The request was given up.", { cause });

export const timedOut = (cause?: unknown) => new ShardlinkError("TIMEOUT", "The server did not answer in time.", { cause });

/** A number of milliseconds that was asked for, if it is one of these. */
export function within(field: string, value: number, least: number, most: number): number {
  const fits = typeof value === "number" && value >= least && value <= most;
  if (!fits) throw invalid(field, `The ${field} must be from ${least} to ${most} milliseconds.`);
  return value;
}

/**
 * `AbortSignal.any`, which browsers have had since 2024 only. The signals may outlive the request
 * by far: once it is over, `release` lets go of them.
 */
function anyOf(signals: AbortSignal[]): { signal: AbortSignal; release: () => void } {
  const any = new AbortController();
  const ended = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) any.abort(signal.reason);
    else signal.addEventListener("abort", () => any.abort(signal.reason), { once: true, signal: ended.signal });
  }
  return { signal: any.signal, release: () => ended.abort() };
}

function parsed(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What a status that is no success says: the server's own problem, or that of what stands before it. */
function refusal(response: Response, problem: Answer | undefined): ShardlinkError {
  const seconds = (value: unknown) => (typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined);
  const header = response.headers.get("Retry-After")?.trim() ?? "";
  const retryAfter = seconds(problem?.["retry_after"]) ?? (/^\d{1,9}$/.test(header) ? Number(header) : undefined);
  const code = problem?.["code"];
  if (problem && typeof code === "string" && CODE.test(code)) {
    const errors = Array.isArray(problem["errors"]) ? problem["errors"] : [];
    const first: unknown = errors[0];
    const at = isObject(first) ? first : {};
    const sentence = [problem["detail"], at["message"]].find((text) => typeof text === "string" && text !== "");
    const message = typeof sentence === "string" ? sentence : "The request failed.";
    return new ShardlinkError(code, message, { field: typeof at["field"] === "string" ? at["field"] : undefined, retryAfter });
  }
  // A proxy whose server is away answers like this.
  if (response.status >= 502 && response.status <= 504) return unreachable(undefined, retryAfter);
  return badResponse();
}

/** A field of an answer, which must be of this type. */
export function field(answer: Answer, name: string, type: "string"): string;
export function field(answer: Answer, name: string, type: "number"): number;
export function field(answer: Answer, name: string, type: "object"): object;
export function field(answer: Answer, name: string, type: "string" | "number" | "object"): unknown {
  const value = answer[name];
  if (typeof value !== type || value === null) throw badResponse();
  return value;
}
