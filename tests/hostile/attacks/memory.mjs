// What strangers can make the server hold in memory.
import { setTimeout as pause } from "node:timers/promises";
import { tally } from "../support/figures.mjs";
import { drained, perSecond, repeatedly } from "../support/pace.mjs";

const MIB = 2 ** 20;
const ZEROS = Buffer.alloc(64 * 1024);
/** Each attacker has so many. */
const ADDRESSES = 32;

/** Writes so many zeros, as fast as the other side takes them: how many it took before it ended. */
async function fill(socket, bytes, goesOn = () => true) {
  let written = 0;
  while (written < bytes && goesOn() && socket.writable) {
    const piece = ZEROS.subarray(0, Math.min(ZEROS.length, bytes - written));
    if (!socket.write(piece) && !(await drained(socket))) break;
    written += piece.length;
  }
  return written;
}

/** The beginning of a binary frame of so many bytes, masked with zeros. */
function frameOf(length) {
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

const FRAME = 30 * MIB;

export const unfinishedFrames = {
  name: "unfinished-frames",
  what: "WebSocket frames of 30 MiB that never end, on sockets that nobody signs in on and that stay open on this side",
  // serve ends a runtime at one and a half times its limit, at once.
  env: { MEMORY_LIMIT: "768" },
  full: { sockets: 72, perSecond: 3, addresses: 8, holdMs: 15_000, growthMiB: 1152 },
  short: { sockets: 6, perSecond: 6, addresses: 2, holdMs: 1_000, growthMiB: 256 },
  outage: true,
  async run(stage, { sockets, perSecond: rate, addresses, holdMs, growthMiB }) {
    const visitors = Array.from({ length: addresses }, (_, n) => stage.attacker(n));
    const held = [];
    const outcomes = await perSecond({ rate, forMs: (sockets / rate) * 1000 }, async (n) => {
      const raw = await visitors[n % addresses].socket({ tcp: { allowHalfOpen: true } }).catch((error) => error);
      if (raw instanceof Error) return raw.message;
      held.push(raw);
      raw.socket.write(frameOf(FRAME));
      const took = await fill(raw.socket, FRAME - 1, () => !stage.memory.enough);
      return took === FRAME - 1 ? "filled" : "cut short";
    });
    await pause(holdMs);
    stage.memory.look();
    const { growth } = stage.memory;
    for (const raw of held) raw.cut();
    return {
      figures: { sockets: tally(outcomes), "memory grew by": `${growth} MiB` },
      aims: { [`memory grows by less than ${growthMiB} MiB`]: growth < growthMiB },
    };
  },
};

/** Sends one for as long as it is taken: { answer, taken }, in MiB. */
async function endless(stage, visitor, most) {
  const { socket, firstLine, ended } = visitor.connect();
  socket.write("POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  let answered = false;
  firstLine.then(() => (answered = true));
  let taken = 0;
  while (taken < most && !answered && !stage.memory.enough && socket.writable) {
    socket.write(`${MIB.toString(16)}\r\n`);
    await fill(socket, MIB);
    socket.write("\r\n");
    taken += 1;
  }
  if (!answered) socket.write("0\r\n\r\n");
  // An answer is lost with the connection where the other side ends it with something unread.
  const answer = (await Promise.race([firstLine, pause(20_000, "no answer")])) ?? "cut";
  socket.destroy();
  await ended;
  return { answer, taken };
}

export const endlessBody = {
  name: "endless-body",
  what: "a chunked body without end, to a route that anybody may call",
  // Again and again, so that the honest players have said something meanwhile.
  full: { forMs: 10_000, mebibytes: 1000, growthMiB: 128, takenMiB: 16 },
  short: { forMs: 1, mebibytes: 64, growthMiB: 64, takenMiB: 16 },
  async run(stage, { forMs, mebibytes, growthMiB, takenMiB }) {
    let n = 0;
    const bodies = await repeatedly({ forMs, atOnce: 1 }, () => endless(stage, stage.attacker((n += 1) % ADDRESSES), mebibytes));
    const answers = tally(bodies.map(({ answer }) => answer));
    const taken = Math.max(...bodies.map((body) => body.taken));
    const { growth } = stage.memory;
    return {
      figures: { answers, "taken before one at most": `${taken} MiB`, "memory grew by": `${growth} MiB` },
      aims: {
        "all are refused, by 413 or 411 or the end of the connection": Object.keys(answers).every((answer) => / 41[13] |^cut$/.test(answer)),
        [`it comes before ${takenMiB} MiB were sent`]: taken < takenMiB,
        [`memory grows by less than ${growthMiB} MiB`]: growth < growthMiB,
      },
    };
  },
};

export const tricklingBody = {
  name: "trickling-body",
  what: "bodies that come a byte a second",
  full: { requests: 50, watchMs: 25_000, givenUpMs: 12_000 },
  short: { requests: 3, watchMs: 13_000, givenUpMs: 12_000 },
  async run(stage, { requests, watchMs, givenUpMs }) {
    const began = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: requests }, async () => {
        const { socket, firstLine, ended } = stage.attacker().connect();
        socket.write("POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
        const trickle = setInterval(() => socket.writable && socket.write(" "), 1_000);
        const how = await Promise.race([firstLine.then((line) => line ?? "closed"), ended.then(() => "closed"), pause(watchMs, "still held")]);
        clearInterval(trickle);
        socket.destroy();
        return { how, after: performance.now() - began };
      }),
    );
    const latest = Math.max(...outcomes.map(({ after }) => after));
    return {
      figures: { outcomes: tally(outcomes.map(({ how }) => how)), "the last was given up after": `${(latest / 1000).toFixed(1)} s` },
      aims: { [`all are given up within ${givenUpMs / 1000} s`]: outcomes.every(({ how, after }) => how !== "still held" && after < givenUpMs) },
    };
  },
};
