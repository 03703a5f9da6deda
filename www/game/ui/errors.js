// What an error says to a player.

const UNREACHABLE = "The server cannot be reached. Check your connection and try again.";

/** Codes about one field of the form at hand, for refusals that name none. */
const ABOUT_NAME = ["NAME_TAKEN", "NAME_RESERVED"];

/** The server's own reason, which it words for players; ours where the server could not be asked. */
export function describe(error) {
  const text = error?.code === "UNREACHABLE" ? UNREACHABLE : error?.message || "Something went wrong.";
  const wait = Math.ceil(error?.retryAfter ?? 0);
  return wait > 0 ? `${text} Try again in ${wait} s.` : text;
}

/** The form field an error is about, if any. */
export function fieldOf(error, nameField) {
  if (error?.field) return error.field;
  if (ABOUT_NAME.includes(error?.code)) return nameField;
  return error?.code === "BAD_CREDENTIALS" ? "password" : undefined;
}
