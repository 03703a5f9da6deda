// What wasm-pack builds from client-wasm/src/browser/{exports,scram}.rs, declared by
// hand so that the facade's types check in a clean clone.

/** Who holds the account and the game's handlers. */
export interface Host {
  hears(event: string): boolean;
  emit(event: string, value: any): void;
  askTicket(attempt: number): void;
  sessionEnded(): void;
}

export class RawClient {
  constructor(socketUrl: string, interpolationDelay: number, host: Host);
  free(): void;
  enter(ticket: string): Promise<any>;
  leave(): void;
  ticket(attempt: number, ticket: string): void;
  noTicket(attempt: number, code: string, message: string, retryAfter?: number | null): void;
  request(type: string, fields: object): Promise<any>;
  kept(name: string): any;
  sendPositionUpdate(x: number, y: number, z: number, vx?: number | null, vy?: number | null, vz?: number | null): void;
  /** An address in the memory, of `positionsCount` numbers of 8 bytes. */
  writePositions(): number;
  readonly positionsCount: number;
  nearbyRoster(): any;
  readonly latency: number | undefined;
  serverTime(): number | undefined;
  readonly self: any;
  ping(): Promise<any>;
  hearFrames(heard: boolean): void;
}

export class Scram {
  constructor(username: string, password: string);
  free(): void;
  first(): string | undefined;
  challenge(serverFirst: string): Uint8Array;
  finish(salted: Uint8Array): string;
  proves(serverFinal: string): boolean;
}

export class Stretching {
  constructor(password: Uint8Array, asked: Uint8Array);
  free(): void;
  advance(rounds: number): Uint8Array | undefined;
}

export function newPassword(username: string, password: string): Uint8Array;
export function passwordChecks(asked: Uint8Array, salted: Uint8Array): string[] | undefined;

export type Source = URL | Response | Promise<Response> | BufferSource | WebAssembly.Module;

export default function init(options: { module_or_path: Source }): Promise<{ readonly memory: WebAssembly.Memory }>;
