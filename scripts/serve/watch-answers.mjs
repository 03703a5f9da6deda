// Whether a server still answers: out of descriptors, workerd lives on and takes nobody in.
import http from "node:http";

/** Between two questions, in milliseconds. */
const EVERY_MS = 5_000;
/** So many in a row without an answer, and it is of no use to anybody. */
const SILENT = 4;

/**
 * Asks `url` again and again until stop(); each question may take as long as there is
 * between two. After some without any answer `silent` is told for how many milliseconds.
 */
export function watchAnswers(url, everyMs = EVERY_MS, silent) {
  let unanswered = 0;
  let stopped = false;
  const ask = async () => {
    const answered = await asks(url, everyMs);
    if (stopped) return;
    unanswered = answered ? 0 : unanswered + 1;
    if (unanswered === SILENT) return silent(SILENT * everyMs);
    timer = setTimeout(ask, everyMs);
  };
  let timer = setTimeout(ask, everyMs);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Over a new connection, as somebody who comes in: one that is kept would be answered still. */
function asks(url, timeout) {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout }, (response) => {
      response.resume();
      resolve(true);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}
