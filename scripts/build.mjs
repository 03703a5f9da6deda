// Builds everything into dist/. Each product says what it is made from, and is
// left alone while that is unchanged.
import { setUp } from "./setup.mjs";
import { clientWasm } from "./build/client-wasm.mjs";
import { npmPackage } from "./build/npm-package.mjs";
import { sealWasm } from "./build/seal-wasm.mjs";
import { site } from "./build/site.mjs";
import { worker } from "./build/worker.mjs";

/** All products, after setup. One after the other: each keeps all cores busy by itself. */
export async function buildAll() {
  const npm = await npmPackage(await clientWasm(), await sealWasm());
  await site(npm);
  await worker();
}

export default async function build() {
  await setUp();
  await buildAll();
}
