// What every Rust product is made from.
export const rustInputs = ["Cargo.toml", "Cargo.lock", ".cargo", "shared/Cargo.toml", "shared/src", "shared/derive"];
