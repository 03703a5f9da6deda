// The parent's side of honest-process.mjs.
import { fork } from "node:child_process";
import { inRoot } from "../../../scripts/lib/paths.mjs";

/** Starts the process: { pid, enter, begin, end, leave, close }. */
export function honestPlayers() {
  const child = fork(inRoot("tests/hostile/support/honest-process.mjs"));
  const waiting = new Map();
  let serial = 0;
  child.on("message", ({ id, answer, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(answer);
    else reject(new Error(`the honest players: ${error}`));
  });
  child.on("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("the honest players' process ended"));
  });
  const ask = (what, fields = {}) =>
    new Promise((resolve, reject) => {
      const id = (serial += 1);
      waiting.set(id, { resolve, reject });
      child.send({ id, ask: what, ...fields });
    });
  return {
    pid: child.pid,
    /** So many players enter, from one address: { hub, ids }. */
    enter: (url, count, headers) => ask("enter", { url, count, headers }),
    begin: () => ask("begin"),
    /** The figures since begin(). */
    end: () => ask("end"),
    leave: () => ask("leave"),
    close: () => child.disconnect(),
  };
}
