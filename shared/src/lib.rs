//! What the browser client, the server and the bots all compile.
