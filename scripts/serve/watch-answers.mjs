// Whether a server still answers: out of descriptors, workerd lives on and takes nobody in.
import http from "node:http";

/** Between two questions, in milliseconds. */
const EVERY_MS = 5_000;
/** So many in a row, and none of them answered: it is of no use to anybody. */
const SILENT = 4;

/**
 * Asks `url` again and again until stop(). When so many questions in a row had no answer,
 * `silent` is told for how many milliseconds. An answer may take as long as that: a server
 * that is slow, on a machine that has no time for it, is not helped by another start.
 */
export function watchAnswers(url, everyMs = EVERY_MS, silent) {
  const patience = SILENT * everyMs;
  const asked = new Set();
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered === SILENT) {
      stop();
      return silent(patience);
    }
    unanswered += 1;
    const question = ask(url, patience, () => (unanswered = 0));
    asked.add(question);
    question.on("close", () => asked.delete(question));
  }, everyMs);

  function stop() {
    clearInterval(timer);
    for (const question of asked) question.destroy();
  }
  return { stop };
}

/** Over a new connection, as somebody who comes in: one that is kept would be answered still. */
function ask(url, timeout, answered) {
  const question = http.get(url, { agent: false, timeout }, (response) => {
    response.resume();
    answered();
  });
  question.on("timeout", () => question.destroy());
  question.on("error", () => {});
  return question;
}
