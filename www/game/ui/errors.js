// What an error says to a player.

const TEXTS = {
  BAD_CREDENTIALS: "That user name and password do not match.",
  NAME_TAKEN: "That name is already taken.",
  UNREACHABLE: "The server cannot be reached. Check your connection and try again.",
  RATE_LIMITED: "Too fast.",
};

const FIELDS = { BAD_CREDENTIALS: "password" };

/** The server's own reason where it gives one; ours for the few that players meet most. */
export function describe(error) {
  const text = TEXTS[error?.code] ?? error?.message ?? "Something went wrong.";
  const wait = Math.ceil(error?.retryAfter ?? 0);
  return wait > 0 ? `${text} Try again in ${wait} s.` : text;
}

/** The form field an error is about, if any. */
export function fieldOf(error, nameField) {
  return error?.field ?? FIELDS[error?.code] ?? (error?.code === "NAME_TAKEN" ? nameField : undefined);
}
