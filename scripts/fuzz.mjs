// `npm run fuzz`: libFuzzer on the codec, a target for each encoding, from the
// golden files on. FUZZ_SECONDS (60) for each target; longer runs are one's own.
import fs from "node:fs";
import path from "node:path";
import { inRoot } from "./lib/paths.mjs";
import { run } from "./lib/processes.mjs";
import { step } from "./lib/say.mjs";
import { cargoInstall } from "./setup/cargo-tools.mjs";
import { setUp } from "./setup.mjs";
import { fuzzer, nightly } from "./versions.mjs";

const TARGETS = ["json", "binary"];

export default async function fuzz() {
  await setUp();
  await cargoInstall([fuzzer], "it runs libFuzzer (a minute or two, once)");
  const seconds = Number(process.env.FUZZ_SECONDS ?? 60);
  for (const target of TARGETS) {
    seedCorpus(target);
    step(`Fuzzing ${target} frames for ${seconds} s`);
    await run("cargo", [`+${nightly}`, "fuzz", "run", target, "--", `-max_total_time=${seconds}`, "-max_len=16384"], { cwd: inRoot(".") });
  }
}

/** Starts the corpus with the golden files; what a run finds stays beside them. */
function seedCorpus(target) {
  const corpus = inRoot(`fuzz/corpus/${target}`);
  fs.mkdirSync(corpus, { recursive: true });
  for (const direction of ["client", "server"]) {
    const folder = inRoot(`shared/golden/${direction}`);
    for (const name of fs.readdirSync(folder)) {
      const text = fs.readFileSync(path.join(folder, name), "utf8").trim();
      const seed = path.join(corpus, `${direction}-${path.parse(name).name}`);
      if (target === "json" && name.endsWith(".json")) fs.writeFileSync(seed, text);
      if (target === "binary" && name.endsWith(".hex")) fs.writeFileSync(seed, Buffer.from(text, "hex"));
    }
  }
}
