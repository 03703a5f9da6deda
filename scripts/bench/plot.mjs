// The results as a picture: for each scenario a row of small bar charts.

const CHARTS = [
  ["cpuPerUpdate", "server CPU per update, µs"],
  ["p99", "position p99, ms"],
  ["bytesPerUpdate", "bytes per update"],
  ["bytesPerNeighbour", "bytes per neighbour-second"],
  ["memory", "memory per connection, KiB"],
  ["joins", "joins a second"],
  ["room", "largest room, players"],
];
const COLOURS = { shardlink: "#2563a8", baseline: "#b0b7c0" };
const [LEFT, HEADING, WIDTH, ROW, BAR] = [16, 28, 230, 20, 120];

/** An SVG document. */
export function plot(results) {
  const parts = [];
  let y = 16;
  let widest = 0;
  for (const { title, servers } of results) {
    const charts = CHARTS.filter(([name]) => Object.values(servers).some(({ figures }) => figures[name] > 0));
    parts.push(text(LEFT, y + 12, title, "font-weight='bold'"));
    charts.forEach(([name, what], index) => parts.push(chart(LEFT + index * WIDTH, y + HEADING, what, name, servers)));
    widest = Math.max(widest, charts.length);
    y += HEADING + ROW * (Object.keys(servers).length + 1) + 24;
  }
  const [width, height] = [2 * LEFT + Math.max(2, widest) * WIDTH, y];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
}

function chart(x, y, what, name, servers) {
  const entries = Object.entries(servers).map(([server, { figures }]) => [server, figures[name] ?? 0]);
  const most = Math.max(...entries.map(([, value]) => value), Number.MIN_VALUE);
  const bars = entries.map(([server, value], index) => {
    const top = y + ROW * (index + 1) - 4;
    const length = Math.max(0, (value / most) * BAR);
    return `<rect x="${x}" y="${top}" width="${length.toFixed(1)}" height="${ROW - 6}" fill="${COLOURS[server] ?? "#888888"}"/>
${text(x + length + 4, top + 11, `${short(value)} ${server}`)}`;
  });
  return [text(x, y + 8, what), ...bars].join("\n");
}

const text = (x, y, content, more = "") => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(content)}</text>`;

const short = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

const escape = (content) => content.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);
