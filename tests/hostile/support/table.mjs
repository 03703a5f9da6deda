// What is printed of the results.
import { listed } from "./figures.mjs";

/** The lines about one attack, for whoever watches. */
export function row({ skipped, figures, honest, memory, missed }) {
  if (skipped) return [`SKIPPED: ${skipped}`];
  return [
    ...Object.entries(figures).map(([what, figure]) => `${what}: ${shown(figure)}`),
    ...(honest ? [chat(honest)] : []),
    ...(memory ? [`memory: ${memory.first} MiB, at most ${memory.peak}, in the end ${memory.last}`] : []),
    missed.length === 0 ? "held" : `MISSED: ${missed.join("; ")}`,
  ];
}

/** All attacks in Markdown: what was measured, the honest players beside, memory, and the verdict. */
export function table(results) {
  const head = "| attack | measured | honest chat p50 / p99 / worst | sockets lost | memory at most | verdict |\n|---|---|---|---|---|---|";
  const rows = results.map(({ name, skipped, figures, honest, memory, missed }) => {
    if (skipped) return `| ${name} | skipped: ${skipped} | | | | |`;
    const measured = Object.entries(figures).map(([what, figure]) => `${what}: ${shown(figure).split("\n")[0]}`).join("; ");
    const times = honest ? `${honest.p50} / ${honest.p99} / ${honest.worst} ms` : "";
    const lost = honest ? `${honest.lost}${honest.lost > 0 ? `, back in ${honest.away ?? "–"} ms` : ""}` : "";
    const grown = memory ? `${memory.peak} MiB` : "";
    return `| ${name} | ${measured} | ${times} | ${lost} | ${grown} | ${missed.length === 0 ? "held" : `**missed**: ${missed.join("; ")}`} |`;
  });
  const played = results.filter(({ skipped }) => !skipped);
  const held = played.filter(({ missed }) => missed.length === 0).length;
  return `${[head, ...rows].join("\n")}\n\n${held} of ${played.length} attacks were held off, ${results.length - played.length} skipped`;
}

function chat({ players, said, unsaid, unheard, p50, p99, worst, worstAt, silence, lost, resumed, entered, away, refused, rest, alive }) {
  return (
    `${players} honest players: chat p50 ${p50} ms, p99 ${p99}, worst ${worst} (after ${worstAt} s) of ${said} said (${unheard} not heard, ${unsaid} not said), longest silence ${silence} ms; ` +
    `${lost} sockets lost, ${resumed} resumed, ${entered} entered anew, away ${away ?? 0} ms at most; refused ${listed(refused)}; REST ${listed(rest)}; ${alive} there in the end`
  );
}

const shown = (figure) => (figure !== null && typeof figure === "object" ? (Array.isArray(figure) ? figure.join(", ") : listed(figure)) : String(figure));
