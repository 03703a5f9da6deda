//! `npm run docs`: writes the generated files that are not current.

use shardlink_protocol_docs::{files, root};
use std::{fs, io};

fn main() -> io::Result<()> {
    for file in files(root())? {
        let path = root().join(file.path);
        if fs::read_to_string(&path).is_ok_and(|found| found == file.content) {
            println!("{}: unchanged", file.path);
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, file.content)?;
        println!("{}: written", file.path);
    }
    Ok(())
}
