// What accounts cost the server: CPU time of the workerd process for a plain
// sign-in, one by SCRAM and a list of three characters; and how many sign-ins a
// core does in a second. By hand, on an otherwise idle Linux machine of two
// cores or more, after `npm run build`:
//
//     node tests/figures/accounts.mjs
//
// The server is pinned to core 0 and this script to core 1. CI does not run it:
// what a shared machine says of a second is not worth comparing.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { JsonSocket, PASSWORD, createCharacter, freshName, rest, signUpPlainly } from "../e2e/support/json-client.mjs";
import { signInByScram } from "../e2e/support/scram.mjs";
import { startServer } from "../e2e/support/server.mjs";

const ROUNDS = 3;
/** Of /proc's clock: getconf CLK_TCK, which is 100 on every Linux there is. */
const MS_PER_TICK = 10;

/** What the process has used so far, in milliseconds: its own code's and the kernel's for it. */
function cpuOf(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** All threads: without -a only the first would move. */
const pin = (pid, core) => execFileSync("taskset", ["-acp", String(core), String(pid)]);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const limits = { SIGN_IN_FAILURES_PER_NAME: "1000000", SIGN_IN_FAILURES_PER_ADDRESS: "1000000", REGISTRATIONS_PER_ADDRESS: "1000000", SIGN_INS_PER_ADDRESS: "1000000", REST_PER_SESSION: "1000000", REST_PER_ADDRESS: "1000000" };
const server = await startServer({ env: limits });
pin(server.workerdPid, 0);
pin(process.pid, 1);
const { url } = server;

const account = await signUpPlainly(url);
for (let n = 0; n < 3; n += 1) await createCharacter(url, account.token);

async function plain() {
  const body = { username: account.username, password: PASSWORD };
  const login = await rest(url, "POST", "/api/auth/login", { body });
  if (login.status !== 200) throw new Error(JSON.stringify(login.body));
  return login.body.session_token;
}

// Our side of the stretching is remembered by the helper, and is not the server's anyway.
async function scram() {
  const { finish } = await signInByScram(url, account.username, PASSWORD);
  if (finish.status !== 200) throw new Error(JSON.stringify(finish.body));
}

let token;
async function list() {
  const characters = await rest(url, "GET", "/api/characters", { token });
  if (characters.body.characters?.length !== 3) throw new Error(JSON.stringify(characters.body));
}

/** Does something `count` times, `atOnce` at a time: CPU in milliseconds each, and how many in a second. */
async function measure(count, atOnce, act) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [cpu, began] = [cpuOf(server.workerdPid), performance.now()];
    let left = count;
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (left > 0) {
          left -= 1;
          await act();
        }
      }),
    );
    rounds.push({ cpu: (cpuOf(server.workerdPid) - cpu) / count, rate: (count * 1000) / (performance.now() - began) });
  }
  return { cpu: median(rounds.map((round) => round.cpu)), rate: median(rounds.map((round) => round.rate)) };
}

/** Somebody who plays: the server then hashes in slices, so as not to disturb. */
async function play() {
  const player = await signUpPlainly(url, freshName("player"));
  const character = await createCharacter(url, player.token);
  await rest(url, "POST", "/api/characters/select", { token: player.token, body: { character_id: character.id } });
  const socket = await JsonSocket.open(url);
  socket.send({ type: "auth_request", username: player.username, password: "", session_token: player.token });
  await socket.next("auth_response");
  const talking = setInterval(() => socket.send({ type: "chat", content: "hello" }), 1_000);
  return () => {
    clearInterval(talking);
    return socket.close();
  };
}

const [one, five, fifteen] = os.loadavg().map((load) => load.toFixed(2));
console.log(`${os.cpus()[0].model}, load ${one} ${five} ${fifteen} before; medians of ${ROUNDS}\n`);
const show = (what, { cpu, rate }) => console.log(`${what.padEnd(52)} ${cpu.toFixed(2).padStart(8)} ms CPU ${rate.toFixed(1).padStart(8)} /s`);

show("plain sign-in, one at a time, nobody playing", await measure(20, 1, plain));
show("plain sign-in, eight at a time, nobody playing", await measure(40, 8, plain));
const leave = await play();
show("plain sign-in, one at a time, somebody playing", await measure(10, 1, plain));
show("plain sign-in, eight at a time, somebody playing", await measure(16, 8, plain));
await leave();
show("SCRAM sign-in, one at a time", await measure(200, 1, scram));
show("SCRAM sign-in, eight at a time", await measure(400, 8, scram));
token = await plain();
show("GET /api/characters with three, one at a time", await measure(1000, 1, list));
show("GET /api/characters with three, eight at a time", await measure(1000, 8, list));
await server.stop();
