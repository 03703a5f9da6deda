// What reliable messages cost: CPU of the server, and bytes written to its disk, for each
// chat that reaches somebody. Two hundred players stand and talk. By hand, on an otherwise
// idle Linux machine of two cores or more, after `npm run build`:
//
//     node tests/figures/reliable.mjs
//
// The server is pinned to one core and the bots to the other. CI does not run it.
import fs from "node:fs";
import { buildBots, play } from "../../scripts/bench/bots.mjs";
import { openServers } from "../../scripts/bench/servers.mjs";

const PLAYERS = 200;
/** Chats a minute of each: none, 3.3, 20 and 100 a second in all. */
const RATES = [0, 1, 6, 30];
const SECONDS = 20;
/** What is written is looked at in the middle of them: joining and leaving write much more. */
const LOOK_EVERY_MS = 500;
const WRITING = { from: 15_000, until: 5_000 };

/** What a process has had written to disk so far, in bytes. */
const written = (pid) => Number(/^write_bytes: (\d+)$/m.exec(fs.readFileSync(`/proc/${pid}/io`, "utf8"))[1]);

await buildBots();
const servers = openServers();
try {
  await servers.prepare("shardlink", PLAYERS);
  let still;
  for (const chat_rate of RATES) {
    const server = await servers.start("shardlink");
    const looks = [];
    const looking = setInterval(() => looks.push({ at: Date.now(), bytes: written(server.plan.server_pid) }), LOOK_EVERY_MS);
    const report = await play({ ...server.plan, model: "still", players: PLAYERS, rate: 1, chat_rate, settle: 0, warm_up: 5, seconds: SECONDS });
    clearInterval(looking);
    const ended = Date.now();
    const inWindow = looks.filter(({ at }) => at >= ended - WRITING.from && at <= ended - WRITING.until);
    const bytes = ((inWindow.at(-1).bytes - inWindow[0].bytes) * 1000) / (inWindow.at(-1).at - inWindow[0].at);
    await server.stop();
    const { counts, times, server_cpu: cpu } = report;
    still ??= { cpu, bytes };
    const line = [`${((PLAYERS * chat_rate) / 60).toFixed(1)} chats/s: CPU ${((100 * cpu) / SECONDS).toFixed(1)} % of a core, ${(bytes / 1024).toFixed(0)} KiB/s written`];
    if (counts.chats > 0) {
      const said = counts.chats / (PLAYERS - 1);
      line.push(
        `${(((cpu - still.cpu) * 1e6) / counts.chats).toFixed(2)} µs for each of ${counts.chats} deliveries, ${(((cpu - still.cpu) * 1e3) / said).toFixed(2)} ms for each chat`,
        `${((bytes - still.bytes) / (said / SECONDS) / 1024).toFixed(1)} KiB for each chat`,
        `p50 ${times.chat.p50} ms, p99 ${times.chat.p99} ms`,
      );
    }
    console.log(line.join("; "));
  }
} finally {
  await servers.close();
}
