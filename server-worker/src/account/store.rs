//! The rows of an Account.

use super::logic::{Account, Profile, Session, Slot, Stage, Write};
use crate::{
    damage::Class,
    effect::to_json,
    letters::Letters,
    runtime::{
        db::{Db, Fault, Param, Row},
        shell::Store,
    },
};
use shardlink_shared::{crypto::token::SessionId, text::CharacterName};

impl Store for Account {
    const CLASS: Class = Class::Account;

    const MIGRATIONS: &'static [&'static str] = &[
        "
        CREATE TABLE profile (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            player TEXT NOT NULL,
            username TEXT NOT NULL,
            verifier TEXT NOT NULL,
            created INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE sessions (
            id BLOB PRIMARY KEY, -- SHA-256 of the token
            began INTEGER NOT NULL,
            used INTEGER NOT NULL,
            character TEXT,
            hub INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE slots (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            stage TEXT NOT NULL,
            since INTEGER NOT NULL,
            created INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE used_handshakes (
            nonce BLOB PRIMARY KEY,
            expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
    ",
        "
        ALTER TABLE profile ADD COLUMN deleting INTEGER;
        CREATE TABLE known_networks (
            mark BLOB PRIMARY KEY, -- keyed hash of the network
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
    ",
        "
        ALTER TABLE profile ADD COLUMN silenced INTEGER;
    ",
        "
        CREATE TABLE made (only INTEGER PRIMARY KEY CHECK (only = 1), made TEXT NOT NULL) STRICT;
        CREATE TABLE letters (number INTEGER PRIMARY KEY, letter TEXT NOT NULL) STRICT;
    ",
    ];

    fn load(db: &Db) -> Result<Self, Fault> {
        let profile =
            db.query("SELECT player, username, verifier, created, deleting, silenced FROM profile", vec![], |row| {
                Ok(Profile {
                    player: row.parse(0)?,
                    username: row.json(1)?,
                    verifier: row.json(2)?,
                    created: row.millis(3)?,
                    deleting: if row.is_null(4) { None } else { Some(row.millis(4)?) },
                    silenced: if row.is_null(5) { None } else { Some(row.millis(5)?) },
                })
            })?;
        let sessions = db.query("SELECT id, began, used, character, hub FROM sessions", vec![], read_session)?;
        let slots =
            db.query("SELECT id, name, stage, since, created FROM slots ORDER BY created, id", vec![], read_slot)?;
        let used = db.query("SELECT nonce, expires FROM used_handshakes", vec![], |row| {
            let nonce = row.blob(0)?.try_into().map_err(|_| Fault("a handshake's nonce has 8 bytes".into()))?;
            Ok((nonce, row.millis(1)?))
        })?;
        let known = db.query("SELECT mark, at FROM known_networks", vec![], |row| {
            let mark = row.blob(0)?.try_into().map_err(|_| Fault("a network's mark has 16 bytes".into()))?;
            Ok((mark, row.millis(1)?))
        })?;
        let made = db.query("SELECT made FROM made", vec![], |row| row.json(0))?.pop();
        Ok(Self::restore(
            profile.into_iter().next(),
            sessions.into_iter().collect(),
            slots,
            used.into_iter().collect(),
            known.into_iter().collect(),
            made.unwrap_or_default(),
            Letters::restore(db.letters()?),
        ))
    }

    fn store(db: &Db, write: &Write) -> Result<(), Fault> {
        match write {
            Write::Profile(profile) => db.execute(
                "INSERT OR REPLACE INTO profile (only, player, username, verifier, created, deleting, silenced) VALUES (1, ?, ?, ?, ?, ?, ?)",
                vec![
                    profile.player.to_string().into(),
                    to_json(&profile.username).into(),
                    to_json(&profile.verifier).into(),
                    profile.created.into(),
                    profile.deleting.into(),
                    profile.silenced.into(),
                ],
            ),
            Write::Session(id, session) => db.execute(
                "INSERT OR REPLACE INTO sessions (id, began, used, character, hub) VALUES (?, ?, ?, ?, ?)",
                vec![
                    id.0.to_vec().into(),
                    session.began.into(),
                    session.used.into(),
                    session.character.map(|character| character.to_string()).into(),
                    session.hub.into(),
                ],
            ),
            Write::EndSession(id) => {
                db.execute("DELETE FROM sessions WHERE id = ?", vec![Param::Blob(id.0.to_vec())])
            }
            Write::UseHandshake(nonce, expires) => db.execute(
                "INSERT OR REPLACE INTO used_handshakes (nonce, expires) VALUES (?, ?)",
                vec![nonce.to_vec().into(), (*expires).into()],
            ),
            Write::ForgetHandshakes(before) => {
                db.execute("DELETE FROM used_handshakes WHERE expires <= ?", vec![(*before).into()])
            }
            Write::Know(mark, at) => db.execute(
                "INSERT OR REPLACE INTO known_networks (mark, at) VALUES (?, ?)",
                vec![mark.to_vec().into(), (*at).into()],
            ),
            Write::ForgetNetwork(mark) => {
                db.execute("DELETE FROM known_networks WHERE mark = ?", vec![mark.to_vec().into()])
            }
            Write::Erase => ["profile", "sessions", "slots", "used_handshakes", "known_networks", "made"]
                .iter()
                .try_for_each(|table| db.execute(&format!("DELETE FROM {table}"), vec![])),
            Write::Slot(slot) => {
                let (stage, since) = match slot.stage {
                    Stage::Creating(since) => ("creating", since),
                    Stage::Active => ("active", slot.created),
                    Stage::Deleting(since) => ("deleting", since),
                };
                db.execute(
                    "INSERT OR REPLACE INTO slots (id, name, stage, since, created) VALUES (?, ?, ?, ?, ?)",
                    vec![
                        slot.id.to_string().into(),
                        slot.name.as_str().into(),
                        stage.into(),
                        since.into(),
                        slot.created.into(),
                    ],
                )
            }
            Write::Made(made) => {
                db.execute("INSERT OR REPLACE INTO made (only, made) VALUES (1, ?)", vec![to_json(made).into()])
            }
            Write::Post(number, letter) => db.keep_letter(*number, letter),
            Write::Done(number) => db.drop_letter(*number),
            Write::FreeSlot(id) => db.execute("DELETE FROM slots WHERE id = ?", vec![id.to_string().into()]),
        }
    }
}

fn read_session(row: &Row) -> Result<(SessionId, Session), Fault> {
    let id = row.blob(0)?.try_into().map_err(|_| Fault("a session's id has 32 bytes".into()))?;
    let session = Session {
        began: row.millis(1)?,
        used: row.millis(2)?,
        character: if row.is_null(3) { None } else { Some(row.parse(3)?) },
        hub: if row.is_null(4) { None } else { Some(row.number(4)? as u32) },
    };
    Ok((SessionId(id), session))
}

fn read_slot(row: &Row) -> Result<Slot, Fault> {
    let since = row.millis(3)?;
    Ok(Slot {
        id: row.parse(0)?,
        name: CharacterName::parse(&row.text(1)?).map_err(|error| Fault(format!("a name {error}")))?,
        stage: match row.text(2)?.as_str() {
            "creating" => Stage::Creating(since),
            "active" => Stage::Active,
            "deleting" => Stage::Deleting(since),
            other => return Err(Fault(format!("no stage of a character: {other}"))),
        },
        created: row.millis(4)?,
    })
}
