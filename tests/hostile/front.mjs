// The same attacks through the front door, which must keep more of them out.
import fs from "node:fs";
import path from "node:path";
import { find } from "../../scripts/lib/environment.mjs";
import { root } from "../../scripts/lib/paths.mjs";

const PLACES = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"];

function whyNot({ checkout = root }) {
  if (!fs.existsSync(path.join(checkout, "deploy/haproxy.cfg"))) return "this checkout has no front door";
  return find("haproxy") || PLACES.some((file) => fs.existsSync(file)) ? undefined : "HAProxy is not installed (Debian, Ubuntu: the package haproxy)";
}

/**
 * An attack that comes through HAProxy. What excuses it without does not count there.
 * `changes` are of its sizes, { full, short }: what is aimed at there is more; a short form that is null is not played.
 */
export function atTheFront({ outage, disturbs, env, ...attack }, changes = {}) {
  // Nothing that comes in through it may grow the server so far.
  const { MEMORY_LIMIT, ...others } = env ?? {};
  const size = (which) => (attack[which] && changes[which] !== null ? { ...attack[which], ...changes[which] } : undefined);
  return { ...attack, name: `front-${attack.name}`, what: `${attack.what}, through the front door`, env: { ...others, FRONT: "haproxy" }, full: size("full"), short: size("short"), skip: whyNot };
}
