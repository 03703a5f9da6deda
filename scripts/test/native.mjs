// cargo test: everything that compiles natively, doc tests too.
import { tee } from "../lib/processes.mjs";
import { countCargo } from "./counts.mjs";

export async function native() {
  const { code, output } = await tee("cargo", ["test", "--workspace", "--locked", "--no-fail-fast"]);
  return { code, ...countCargo(output) };
}
