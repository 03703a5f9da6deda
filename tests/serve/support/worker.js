// The least worker that `serve` can keep running: it is ready, and takes sockets.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/internal/stop") {
      const known = request.headers.get("Authorization") === `Bearer ${env.STOP_TOKEN}`;
      console.log(known ? "sending players away" : "a wrong token");
      return new Response(null, { status: known ? 204 : 404 });
    }
    if (request.headers.get("Upgrade") === "websocket") {
      const { 0: client, 1: server } = new WebSocketPair();
      server.accept();
      return new Response(null, { status: 101, webSocket: client });
    }
    return Response.json({ pathname });
  },
};
