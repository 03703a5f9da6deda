// What one may ask of `npm run bench`.
import { parseArgs } from "node:util";
import { Stop } from "../lib/say.mjs";

export const usage = `usage: npm run bench -- [options]

  --scenario a|b|c|d|e|all  a  one room at a fixed rate, all see all (the default)
                            b  1,000 players in one hub, by random waypoint; then with chat
                            c  bytes received for each neighbour in sight
                            d  memory for each connection
                            e  joins a second, warm and cold
  --runs N                  each figure is the median of N runs (1)
  --seconds N               seconds that are measured (30)
  --players N, --model fixed|waypoint|still, --rate N (steps a second),
  --chat-rate N (chats a minute of each), --warm-up N (seconds)
                            in the place of the scenario's own
  --tick-rate N, --area-cap N, --hub-capacity N
                            of our server (20 a second; in a everybody, else 200;
                            2,000 players in a hub)
  --largest-room            with a: also the largest room with p99 under 100 ms
  --baseline-only, --no-baseline
  --no-build                measure what is built

The results are printed, and saved in bench-results/ as JSON and SVG.`;

const NUMBERS = ["runs", "seconds", "players", "rate", "chat-rate", "warm-up", "tick-rate", "area-cap", "hub-capacity"];
const MODELS = ["fixed", "waypoint", "still"];
const SCENARIOS = ["a", "b", "c", "d", "e", "all"];

/** The options by name; what was not given is undefined. */
export function readOptions(words) {
  const values = parse(words);
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, number(name, values[name])]));
  oneOf("scenario", values.scenario, SCENARIOS);
  oneOf("model", values.model, MODELS);
  return {
    help: values.help,
    build: !values["no-build"],
    scenario: values.scenario ?? "a",
    runs: numbers.runs ?? 1,
    largestRoom: values["largest-room"] || values.scenario === "all",
    servers: ["shardlink", "baseline"].filter((name) => !values[name === "shardlink" ? "baseline-only" : "no-baseline"]),
    // Variables of our server.
    settings: given({
      TICK_RATE: numbers["tick-rate"]?.toString(),
      AREA_CAP: numbers["area-cap"]?.toString(),
      HUB_CAPACITY: numbers["hub-capacity"]?.toString(),
    }),
    // In the place of the scenario's own.
    plan: given({
      seconds: numbers.seconds,
      players: numbers.players,
      model: values.model,
      rate: numbers.rate,
      chat_rate: numbers["chat-rate"],
      warm_up: numbers["warm-up"],
    }),
  };
}

function parse(words) {
  const flag = { type: "boolean", default: false };
  const text = { type: "string" };
  try {
    return parseArgs({
      args: words,
      options: {
        help: flag,
        scenario: text,
        model: text,
        "largest-room": flag,
        "baseline-only": flag,
        "no-baseline": flag,
        "no-build": flag,
        ...Object.fromEntries(NUMBERS.map((name) => [name, text])),
      },
    }).values;
  } catch (error) {
    throw new Stop(`${error.message}\n\n${usage}`);
  }
}

function number(name, text) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) throw new Stop(`--${name} is ${text}: give a number.`);
  return value;
}

function oneOf(name, value, allowed) {
  if (value !== undefined && !allowed.includes(value)) throw new Stop(`--${name} is ${value}: give one of ${allowed.join(", ")}.`);
}

const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
