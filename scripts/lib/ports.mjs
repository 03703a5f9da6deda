// Telling early, and in words, that a port is taken.
import net from "node:net";
import { Stop } from "./say.mjs";

/** Throws a Stop unless a server could listen there. Port 0 is any free one, so it always can. */
export async function checkPort(port, host = "127.0.0.1") {
  const server = net.createServer();
  const problem = await new Promise((resolve) => {
    server.once("error", (error) => resolve(error.code));
    server.listen({ port, host: host === "*" ? "0.0.0.0" : host }, () => server.close(() => resolve(undefined)));
  });
  if (problem === "EADDRINUSE") throw new Stop(`Port ${port} is in use by another program: stop that one, or set PORT to another port.`);
  if (problem === "EACCES") throw new Stop(`Port ${port} is reserved for root: set PORT to one above 1023.`);
}

/** The port that an environment variable gives, or a Stop. */
export function readPort(text) {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new Stop(`PORT is ${text}: give a number up to 65535.`);
  return Number(text);
}
