// How long a change of a party takes to reach its four members in two hubs, from the
// leader's request to each one's party_update. By hand, on an otherwise idle machine,
// after `npm run build`:
//
//     node tests/figures/social.mjs
//
// The fan-out of global chat is the benchmark's, here to 1,000 who stand in 4 hubs and
// say 10 things a second together:
//
//     npm run bench -- --no-build --no-baseline --scenario a --model still \
//         --players 1000 --hub-capacity 250 --chat-rate 0.6
import { execFileSync } from "node:child_process";
import os from "node:os";
import { enterWorld } from "../e2e/support/json-client.mjs";
import { startServer } from "../e2e/support/server.mjs";

const CHANGES = 300;
const EVERY_MS = 120;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const pin = (pid, core) => execFileSync("taskset", ["-acp", String(core), String(pid)]);

const server = await startServer({ env: { HUB_CAPACITY: "2" } });
pin(server.workerdPid, 0);
pin(process.pid, 1);

const members = [];
for (let n = 0; n < 4; n += 1) {
  members.push(await enterWorld(server.url));
  // A hub tells World of its population after half a second, and places that were kept are free after ten.
  await pause(700);
}
const [leader, ...others] = members;
const { party_id } = await leader.socket.ask({ type: "party_create" });
for (const guest of others) {
  await leader.socket.ask({ type: "party_invite", party_id, invitee_id: guest.character.id });
  await guest.socket.next("party_invite");
  await guest.socket.ask({ type: "party_accept", party_id });
}
await pause(1000);

const sent = new Map();
const delays = [];
for (const { socket } of members) {
  const receive = socket.raw.onmessage;
  socket.raw.onmessage = (event) => {
    const now = performance.now();
    receive(event);
    const message = JSON.parse(event.data);
    if (message.type === "party_update" && sent.has(message.party_version)) delays.push(now - sent.get(message.party_version));
  };
}
let version = leader.socket.received.filter((message) => message.type === "party_update").at(-1).party_version;
for (let n = 0; n < CHANGES; n += 1) {
  sent.set((version += 1), performance.now());
  leader.socket.send({ type: "party_loot", party_id, loot_sharing: ["equal", "leader", "roll"][n % 3], message_id: `c${n}` });
  await pause(EVERY_MS);
}
await pause(1000);
delays.sort((a, b) => a - b);
const quantile = (q) => delays[Math.min(delays.length - 1, Math.floor(delays.length * q))].toFixed(1);
console.log(`${delays.length} of ${CHANGES * 4} updates arrived; p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, slowest ${quantile(1)} ms; load ${os.loadavg()[0].toFixed(1)}`);
await Promise.all(members.map(({ socket }) => socket.close()));
await server.stop();
