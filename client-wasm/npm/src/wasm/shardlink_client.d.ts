// What wasm-pack builds from client-wasm/src/browser/exports.rs, declared by
// hand so that the facade's types check in a clean clone.

export class RawClient {
  constructor(url: string, storage: string, interpolationDelay?: number | null);
  free(): void;
  register(username: string, password: string): Promise<any>;
  connect(username: string, password: string): Promise<any>;
  restore(): Promise<any>;
  disconnect(): Promise<any>;
  changePassword(oldPassword: string, newPassword: string): Promise<any>;
  deleteAccount(password: string): Promise<any>;
  getCharacters(): Promise<any>;
  getInventory(character: number): Promise<any>;
  createCharacter(name: string, race: string, characterClass: string, faction: string): Promise<any>;
  deleteCharacter(character: number): Promise<any>;
  selectCharacter(character: number): Promise<any>;
  leaveWorld(): void;
  request(type: string, fields: object): Promise<any>;
  kept(name: string): any;
  sendPositionUpdate(x: number, y: number, z: number, vx?: number | null, vy?: number | null, vz?: number | null): void;
  nearbyMotions(): Float64Array;
  nearbyRoster(): any;
  readonly latency: number | undefined;
  serverTime(): number | undefined;
  readonly self: any;
  getWorldState(): Promise<any>;
  getShardStatus(): Promise<any>;
  getEvents(limit?: number | null, cursor?: string | null): Promise<any>;
  ping(): Promise<any>;
  on(event: string, handler: Function): number;
  off(subscription: number): void;
}

export function canon(): any;

export default function init(options: { module_or_path: URL }): Promise<unknown>;
