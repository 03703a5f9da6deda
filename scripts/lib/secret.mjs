// The server's secret: 32 random bytes that never leave this machine.
import crypto from "node:crypto";
import fs from "node:fs";

const newSecret = () => crypto.randomBytes(32).toString("hex");

/** The secret in `file`, made there when there is none. */
export function secretIn(file) {
  try {
    // "wx": of two that start at once, one makes it and the other reads it.
    fs.writeFileSync(file, `${newSecret()}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  return fs.readFileSync(file, "utf8").trim();
}

/** Makes wrangler's file of development secrets when there is none. Tells whether it did. */
export function makeDevVars(file) {
  if (fs.existsSync(file)) return false;
  fs.writeFileSync(file, `SERVER_SECRET="${newSecret()}"\n`, { flag: "wx", mode: 0o600 });
  return true;
}
