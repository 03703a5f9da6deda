// A question in a modal dialog.

import { byId, setText } from "./dom.js";

/** Asks; resolves with the answer. `ok` and `cancel` are what the buttons say. */
export function confirm(title, text, { ok = "Delete", cancel = "Keep" } = {}) {
  const dialog = byId("confirm");
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  setText(byId("confirm-ok"), ok);
  setText(byId("confirm-cancel"), cancel);
  return new Promise((resolve) => {
    const answer = (yes) => () => {
      dialog.onclose = null;
      dialog.close();
      resolve(yes);
    };
    byId("confirm-ok").onclick = answer(true);
    byId("confirm-cancel").onclick = answer(false);
    dialog.onclose = () => resolve(false);
    dialog.showModal();
    byId("confirm-cancel").focus();
  });
}
