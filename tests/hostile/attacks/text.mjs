// Text and shapes: what others would see, and what passes for something else.
import { freshName } from "../../e2e/support/rest.mjs";
import { tally } from "../support/figures.mjs";
import { Player } from "../support/player.mjs";
import { Visitor, honestAddress } from "../support/visitor.mjs";
import { setTimeout as pause } from "node:timers/promises";

const INVISIBLE = ["\u200b", "\u3164", "\u2800", "\u200b\u200b \u3164", "\u00ad", "\u2060\ufeff", "\u115f\u1160", "\u{e0061}\u{e0062}", "\u180e", "\ufe0f", "   "];
const PARTY_NAMES = ["\u202eevil", "line\nbreak", "   ", "\u200b\u200b\u200b", "tab\there", "\u2066hidden\u2069", "\u3164\u3164\u3164"];
/** What looks like names that are reserved, or like nothing. */
const CHARACTER_NAMES = ["GoldenOrder", "Golden-Order", "Admin1", "'''", "---", "G0lden Order", "Аdmin", "Ad\u200bmin", "Adm\u0131n", "Mоderator", "\u3164\u3164\u3164", "Ιgnarok"];
const USER_NAMES = ["Admin1", "admin_", "___", "аdmin", "sуstem", "Аdministrator"];

/** Everything but ASCII as its number. */
const visible = (text) => JSON.stringify(text).replace(/[^ -~]/gu, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);

/** Chat allows five a second. */
const EVERY_MS = 220;

export const lookalikes = {
  name: "lookalikes",
  what: "names and chat of invisible characters, names that look like others, controls in names",
  full: {},
  short: {},
  async run(stage) {
    const visitor = stage.attacker();
    const player = await Player.enter(visitor);
    const { token } = player.account;
    const accepted = {};
    const note = (what, text, passed) => {
      accepted[what] ??= [];
      if (passed) accepted[what].push(visible(text));
    };
    for (const content of INVISIBLE) {
      note("chats of nothing", content, (await player.ask({ type: "chat", content }))?.type === "chat");
      await pause(EVERY_MS);
    }
    for (const name of CHARACTER_NAMES) {
      const body = { name, race: "Elf", class: "Ranger", faction: "Moonlit Circle" };
      const made = await visitor.rest("POST", "/api/characters", { token, body });
      if (made.status === 201) await visitor.rest("DELETE", `/api/characters/${made.body.character.id}`, { token });
      note("names of characters", name, made.status === 201);
    }
    for (const username of USER_NAMES) note("names of users", username, await visitor.signUp(username).then(() => true, () => false));
    for (const party_name of PARTY_NAMES) {
      const made = await visitor.rest("POST", "/api/party/create", { token, body: { party_name } });
      if (made.status < 300) await visitor.rest("POST", "/api/party/leave", { token, body: { party_id: made.body.party_id } });
      // What stands there in the end is what others would see.
      note("names of parties", party_name, made.status < 300 && (made.body.party_name === party_name || made.body.party_name?.trim() === ""));
    }
    // A newline that vanishes joins two words.
    const line = await player.ask({ type: "chat", content: "two\nwords" });
    note("newlines that vanish without a space", "two\nwords", line?.content === "twowords");
    player.leave();
    const asked = INVISIBLE.length + CHARACTER_NAMES.length + USER_NAMES.length + PARTY_NAMES.length + 1;
    const passed = Object.values(accepted).flat().length;
    return { figures: { asked, passed, ...Object.fromEntries(Object.entries(accepted).filter(([, list]) => list.length > 0)) }, aims: { "none passes": passed === 0 } };
  },
};

export const wrongShapes = {
  name: "wrong-shapes",
  what: "JSON arrays for objects, versions that are none, requests that get no answer",
  full: {},
  short: {},
  async run(stage) {
    // By turns: the tenth message of one that cannot be read closes its connection.
    const players = [1, 2].map((n) => Player.enter(new Visitor(stage.url, { from: honestAddress(n) })));
    const [player, other] = await Promise.all(players);
    const passed = [];
    const refusedIs = (answer) => answer?.error_code !== undefined;
    const arrays = [
      { type: "move", to_location_id: 0, position: [1, 0, 0] },
      { type: "move", to_location_id: 0, position: { x: 1, y: 0, z: 0 }, velocity: [0, 0, 0] },
    ];
    for (const message of arrays) if (!refusedIs(await player.ask(message))) passed.push(JSON.stringify(message));
    for (const version of ["01.0.0", "1.0.0.0", "1.0", "1", " 1.0.0", "1.0.0 ", "1.00.0", "+1.0.0", "1.-0.0"]) {
      if (!refusedIs(await other.ask({ type: "ping", version }))) passed.push(`version ${JSON.stringify(version)}`);
    }
    const rest = await player.visitor.rest("POST", "/api/auth/login", { body: `["${freshName("nobody")}","long enough"]` });
    if (![400, 422].includes(rest.status)) passed.push(`an array as a body: ${rest.status}`);
    const unanswered = [];
    for (const message of [{ type: "own_move", client_seq: 1, position: { x: 0.1, y: 0, z: 0 } }, { type: "ack", last_seq: 0 }]) {
      if ((await player.ask(message, 2_000)) === undefined) unanswered.push(message.type);
    }
    player.leave();
    other.leave();
    return { figures: { passed: passed.length > 0 ? passed : 0, unanswered: unanswered.length > 0 ? unanswered : 0, refused: tally([...player.refused, ...other.refused]) }, aims: { "none passes": passed.length === 0, "all with a message_id are answered": unanswered.length === 0 } };
  },
};
