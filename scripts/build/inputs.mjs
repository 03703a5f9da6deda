// What every Rust product is made from, and what browsers' WebAssembly may use.
export const rustInputs = ["Cargo.toml", "Cargo.lock", ".cargo", "shared/Cargo.toml", "shared/src", "shared/derive"];

/** Features that Rust's wasm32-unknown-unknown uses by default: browsers have had all of them since 2022. */
export const wasmFeatures = ["mutable-globals", "sign-ext", "nontrapping-float-to-int", "bulk-memory", "multivalue", "reference-types"];
