// Playing attacks: the server is started, honest players enter and talk, an attack is run
// beside them, and what came of both is judged.
import { Stage } from "./support/stage.mjs";

/** What an honest player's chat may take at the worst under an attack, in milliseconds. */
const CHAT_P99_MS = 100;
const PLAYERS = 4;

/**
 * Plays attacks of attacks.mjs: { play(attack), close() }. The short form is played on one
 * stage for as long as the next attack needs the same and the last one left it whole.
 *
 * An attack is { name, what, full, short, run(stage, size), … }: `run` does it in the
 * size of `full` or `short` and resolves to { figures, aims }, aims being
 * { "what must hold": whether it does }. It may also say
 * - `env`, `players`, `headers`: of the server and of the honest players;
 * - `outage`: it takes the server down, so that sockets are lost; all must be back in the end;
 * - `disturbs`: why chat may take longer than it should, beside this attack;
 * - `skip(options)`: why it cannot be run here, if it cannot.
 */
export function playing({ honest, short = false, checkout, kills }) {
  let stage;
  let needs;

  async function stageFor(attack) {
    const wanted = { env: attack.env, headers: attack.headers, players: short && attack.players !== 0 ? PLAYERS : (attack.players ?? PLAYERS) };
    const key = JSON.stringify(wanted);
    if (stage !== undefined && key !== needs) await close();
    stage ??= await Stage.open({ ...wanted, honest, checkout });
    needs = key;
    stage.begin();
    return stage;
  }

  async function close() {
    const last = stage;
    stage = undefined;
    await last?.close();
  }

  return {
    close,
    /** { name, what, skipped } or { name, what, size, figures, honest, memory, aims, missed }. */
    async play(attack) {
      const { name, what } = attack;
      const skipped = attack.skip?.({ checkout });
      if (skipped) return { name, what, skipped, missed: [] };
      const size = { ...(short ? attack.short : attack.full), ...(kills && "kills" in attack.full ? { kills } : {}) };
      let failed = true;
      try {
        await stageFor(attack);
        if (stage.friends) await honest.begin();
        const { figures, aims } = await attack.run(stage, size);
        const memory = stage.memory.figures;
        const beside = stage.friends ? await honest.end() : undefined;
        const all = { ...aims, ...(beside ? honestAims(attack, beside, short) : {}) };
        const missed = Object.entries(all).filter(([, met]) => !met).map(([aim]) => aim);
        failed = missed.length > 0;
        return { name, what, size, figures, honest: beside, memory, aims: all, missed };
      } catch (error) {
        return { name, what, size, figures: { failed: String(error?.stack ?? error) }, missed: ["the attack itself could be played"], output: stage?.server.output().slice(-4000) };
      } finally {
        if (!short || failed || attack.outage) await close();
      }
    },
  };
}

function honestAims({ outage, disturbs }, beside, short) {
  return {
    "all honest players are there in the end": beside.alive === beside.players,
    ...(outage ? { "all who were lost came back to their place": beside.entered === 0 } : { "no honest player's socket was lost": beside.lost === 0 }),
    ...(outage || disturbs ? {} : { "no honest player was refused anything": Object.keys(beside.refused).length === 0 && Object.keys(beside.rest).join() === "200" }),
    // The short form shares its cores with other tests: there time proves nothing.
    ...(short || outage || disturbs ? {} : { [`an honest chat's p99 is under ${CHAT_P99_MS} ms`]: beside.p99 < CHAT_P99_MS }),
  };
}
