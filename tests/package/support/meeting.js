// What a game does with the package, in whatever runs it: two players of one server meet.

const SECRET = "meet me under the Nexus at midnight";

/** Signs two players up, and lets one walk, speak, and speak under a key: what the other saw and heard. */
export async function meeting(ShardlinkClient, url) {
  const [aria, bran] = await Promise.all([enter(ShardlinkClient, url), enter(ShardlinkClient, url)]);
  try {
    const heard = {};
    bran.client.on("chat", ({ sender_id, content }) => sender_id === aria.id && (heard.chat = content));
    bran.client.on("party_chat", ({ content, encrypted }) => (heard.party = { content, isEncrypted: encrypted !== null }));

    await walk(aria.client, 2);
    const seen = () => bran.client.getNearbyPlayers().find(({ character_id }) => character_id === aria.id)?.position.x;
    await until(() => seen() > 1.5, "the walk is seen");
    await aria.client.sendChat("Hello!");
    await until(() => heard.chat, "the chat is heard");

    const { party_id } = await aria.client.createParty("The Two");
    await aria.client.inviteToParty(bran.id);
    await bran.client.acceptInvite(party_id);
    await aria.client.setPartyKey({ random: true });
    await bran.client.setPartyKey({ key: await aria.client.exportKey("party") });
    await aria.client.sendPartyChat(SECRET);
    await until(() => heard.party, "the party's chat is heard");
    return { walked: Math.round(seen()), ...heard };
  } finally {
    for (const { client } of [aria, bran]) client.dispose();
  }
}

/** What a meeting comes to, wherever the package works. */
export const MET = { walked: 2, chat: "Hello!", party: { content: SECRET, isEncrypted: true } };

async function enter(ShardlinkClient, url) {
  const client = new ShardlinkClient({ url, storage: "none" });
  const name = `hero-${crypto.randomUUID().slice(0, 8)}`;
  await client.signUp(name, "correct horse");
  await client.signIn(name, "correct horse");
  const { races, classes, factions } = await client.realm();
  const { id } = await client.createCharacter({ name, race: races[0], class: classes[0], faction: factions[0].name });
  await client.selectCharacter(id);
  return { client, id };
}

async function walk(client, metres) {
  const { speed } = client.self;
  for (let x = 0, before = performance.now(); x < metres; await pause(20)) {
    const now = performance.now();
    // A machine that was busy elsewhere does not leap.
    x = Math.min(metres, x + (speed * Math.min(now - before, 100)) / 1000);
    before = now;
    client.sendPositionUpdate({ x, y: 0 }, { x: x < metres ? speed : 0, y: 0 });
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(holds, what) {
  for (const end = performance.now() + 30_000; !holds(); await pause(20)) {
    if (performance.now() > end) throw new Error(`${what}: not within 30 s`);
  }
}
