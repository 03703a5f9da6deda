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
  sendMove(location: number): Promise<any>;
  sendPositionUpdate(x: number, y: number, z: number, vx?: number | null, vy?: number | null, vz?: number | null): void;
  sendChat(content: string, channel: string, recipientId?: number | null, recipientName?: string | null): Promise<any>;
  getHistory(channel: string, before?: number | null): Promise<any>;
  getMessages(channel: string): any;
  mute(character: number, muted: boolean): Promise<any>;
  muted(): any;
  getParty(): any;
  getInvitations(): any;
  createParty(name?: string | null): Promise<any>;
  inviteToParty(inviteeId?: number | null, inviteeName?: string | null): Promise<any>;
  withdrawInvite(invitee: number): Promise<any>;
  acceptInvite(party: number): Promise<any>;
  declineInvite(party: number): Promise<any>;
  leaveParty(): Promise<any>;
  kickFromParty(member: number): Promise<any>;
  disbandParty(): Promise<any>;
  promote(member: number): Promise<any>;
  setLootSharing(rule: string): Promise<any>;
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
