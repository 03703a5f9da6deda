// The hub that Shardlink is compared with: what one writes in an afternoon, in
// plain JavaScript on the same runtime. It knows no accounts, judges nothing and
// has no areas: everybody hears everybody. Moves are collected and leave every
// 50 ms in one frame for all, whose bytes are the moves as they came, 28 each.
import { DurableObject } from "cloudflare:workers";

const TICK_MS = 50;

export class Hub extends DurableObject {
  /** The newest move of each socket since the last tick. */
  moves = new Map();
  ticking = undefined;

  fetch() {
    const { 0: client, 1: server } = new WebSocketPair();
    // Hibernation, as Shardlink's hub: an idle one sleeps with its sockets open.
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(socket, message) {
    if (typeof message === "string") return this.sendToAll(message);
    this.moves.set(socket, new Uint8Array(message));
    this.ticking ??= setInterval(() => this.tick(), TICK_MS);
  }

  webSocketClose(socket) {
    this.moves.delete(socket);
    socket.close();
  }

  tick() {
    if (this.moves.size === 0) {
      // Nothing moves: without a timer the object may sleep.
      clearInterval(this.ticking);
      this.ticking = undefined;
      return;
    }
    let length = 0;
    for (const move of this.moves.values()) length += move.length;
    const frame = new Uint8Array(length);
    let at = 0;
    for (const move of this.moves.values()) {
      frame.set(move, at);
      at += move.length;
    }
    this.moves.clear();
    this.sendToAll(frame);
  }

  sendToAll(message) {
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(message);
      } catch {
        // It is closing: its close event follows.
      }
    }
  }
}

export default {
  fetch(request, env) {
    if (request.headers.get("Upgrade") !== "websocket") return Response.json({ ready: true });
    return env.HUB.get(env.HUB.idFromName("the only one")).fetch(request);
  },
};
