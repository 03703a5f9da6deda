// Starts the game: loads the client, restores the session, and shows one view at a time.

import { ShardlinkClient } from "shardlink";
import { byId, setText } from "./ui/dom.js";
import { toast } from "./ui/toasts.js";
import { describe } from "./ui/errors.js";
import { Backdrop } from "./ui/backdrop.js";
import { AuthView } from "./views/auth.js";
import { CharactersView } from "./views/characters.js";

const NOT_LOADED = "The game could not be loaded. Check your connection and try again.";
const TITLES = { loading: "", auth: "Sign in", characters: "Characters", world: "World" };

const backdrop = new Backdrop(byId("backdrop"));
const game = { client: null, canon: null, session: null, views: {}, shown: null };

function show(name, argument) {
  game.views[game.shown]?.leave?.();
  game.shown = name;
  document.body.dataset.view = name;
  document.title = TITLES[name] ? `${TITLES[name]} · Shards of Eternity` : "Shards of Eternity";
  for (const view of document.querySelectorAll("main.view")) {
    view.hidden = view.id !== `view-${name}`;
    for (const node of view.querySelectorAll("[data-testid-when-shown]")) {
      if (view.hidden) delete node.dataset.testid;
      else node.dataset.testid = node.dataset.testidWhenShown;
    }
  }
  if (name === "world") backdrop.stop();
  else backdrop.start();
  return game.views[name]?.enter(argument);
}

function loading(text) {
  show("loading");
  byId("loading-retry").hidden = true;
  setText(byId("loading-text"), text);
}

function stuck(text) {
  loading(text);
  const retry = byId("loading-retry");
  retry.hidden = false;
  // Loaded again and not only tried: after an update of the server this page asks for files that are gone.
  retry.onclick = () => location.reload();
  retry.focus();
}

/** The world is most of the code, and comes once somebody signs in: the first form need not wait for it. */
async function bringWorld() {
  try {
    const { WorldView } = await import("./views/world.js");
    game.views.world ??= new WorldView(game.client, game.canon, go);
    return true;
  } catch (error) {
    console.warn("the world did not load:", error);
    stuck(NOT_LOADED);
    return false;
  }
}

/** Steps between views; each view gets these and knows no other view. */
const go = {
  async signedIn(session) {
    game.session = session;
    return (await bringWorld()) && show("characters", { session });
  },
  signIn(notice) {
    game.session = null;
    return show("auth", { notice });
  },
  characters(notice, kind = "info") {
    if (notice) toast(notice, kind);
    return show("characters", { session: game.session });
  },
  inWorld: (character) => show("world", { character }),
  async logOut() {
    try {
      await game.client.disconnect();
    } catch (error) {
      toast(describe(error));
    }
    return go.signIn();
  },
  /** The connection ended for good: what remains depends on whether the session still stands. */
  async connectionEnded(reason) {
    const notice = reason || "The connection was closed.";
    try {
      game.session = await game.client.restore();
    } catch (error) {
      return stuck(describe(error));
    }
    return game.session ? go.characters(notice) : go.signIn(notice);
  },
};

async function start() {
  loading("Attuning to the shards…");
  if (!game.client) {
    try {
      game.canon ??= await ShardlinkClient.canon();
      game.client = new ShardlinkClient({});
    } catch (error) {
      console.warn("the client did not load:", error);
      return stuck(NOT_LOADED);
    }
    game.views.auth = new AuthView(game.client, go);
    game.views.characters = new CharactersView(game.client, game.canon, go);
  }
  try {
    game.session = await game.client.restore();
  } catch (error) {
    return stuck(describe(error));
  }
  if (!game.session) return go.signIn();
  if (!(await bringWorld())) return undefined;
  if (!game.session.characterId) return go.characters();
  loading("Entering the world…");
  try {
    return go.inWorld(await game.client.selectCharacter(game.session.characterId));
  } catch (error) {
    return go.characters(describe(error), "error");
  }
}

start();
