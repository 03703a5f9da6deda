// A host of static files, as a game's page has one: it knows nothing of the server.
import fs from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/** Serves a folder: { url, close() }. `headers` go with every file. */
export async function serveFolder(folder, headers = {}) {
  return serve((request, response) => {
    const name = decodeURIComponent(new URL(request.url, "http://any").pathname);
    const file = path.join(folder, name.endsWith("/") ? `${name}index.html` : name);
    const isThere = file.startsWith(folder + path.sep) && fs.statSync(file, { throwIfNoEntry: false })?.isFile();
    if (!isThere) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream", ...headers });
    response.end(fs.readFileSync(file));
  });
}

/** Listens on a free port of this machine: { url, server, close() }. */
export async function serve(handler) {
  const server = createServer((request, response) => {
    // Browsers ask every host for a picture of its own.
    if (request.url === "/favicon.ico") response.writeHead(204).end();
    else handler(request, response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    server,
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
