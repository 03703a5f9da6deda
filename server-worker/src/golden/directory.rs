//! The rows of a Directory.

use super::{Golden, NOW, character, player};
use crate::{
    calls::directory::Kind,
    directory::{logic::Entry, rows},
};

#[test]
fn the_rows_of_a_directory_are_as_they_were_pinned() {
    let mut golden = Golden::of("directory");
    let user =
        Entry { kind: Kind::User, key: "mira-7".into(), id: player().get(), owner: player(), settles_at: Some(NOW) };
    let (id, settles_at) = (character(1), None);
    let name = Entry { kind: Kind::Character, key: "aria thorn".into(), id: id.get(), settles_at, ..user.clone() };
    let by_id = Entry { kind: Kind::CharacterId, key: id.to_string(), ..name.clone() };
    for (row, entry) in [("user-claimed", user), ("character", name), ("character-id", by_id)] {
        golden.row(row, &entry, rows::entry(&entry), rows::read_entry);
    }
}
