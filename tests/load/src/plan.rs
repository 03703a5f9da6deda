//! What the bots are told to do: one JSON object, the program's only argument.

use crate::{endure::Endurance, walk::Model};
use serde::Deserialize;
use std::path::PathBuf;

/// A task.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub enum Task {
    /// Makes accounts with a character each, and keeps their sessions in a file.
    Prepare {
        /// The server, such as `http://127.0.0.1:8787`.
        url: String,
        /// The file; the accounts it has already stay.
        accounts: PathBuf,
        /// How many there are to be.
        players: usize,
    },
    /// Comes back whenever the connection is lost, and tells how that went.
    Endure(Endurance),
    /// Plays, and measures.
    Play(Plan),
}

/// How to play.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Whose protocol the server speaks.
    pub wire: Protocol,
    /// The server, such as `http://127.0.0.1:8787`.
    pub url: String,
    /// Its process, whose CPU time and memory are read.
    pub server_pid: u32,
    /// The file that [`Task::Prepare`] wrote; the baseline has no accounts.
    #[serde(default)]
    pub accounts: Option<PathBuf>,
    /// How many bots.
    pub players: usize,
    /// How they walk.
    pub model: Model,
    /// Steps a second of each.
    pub rate: f64,
    /// What each says, in chats a minute.
    pub chat_rate: f64,
    /// Whether the objects of all players are touched before they join.
    #[serde(default)]
    pub touch: bool,
    /// The first so many join without being counted: a server that has just started
    /// compiles its code while it runs it.
    #[serde(default)]
    pub rehearsal: usize,
    /// Seconds of silence before memory is read, without connections and after each
    /// batch of them: what is only being used has then been given back. With none,
    /// memory is read at the beginning and at the end alone.
    pub settle: f64,
    /// Seconds of walking before what happens counts.
    pub warm_up: f64,
    /// Seconds that count.
    pub seconds: f64,
}

/// Whose protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Protocol {
    Shardlink,
    Baseline,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_and_a_misspelt_one_refused() {
        let plan = r#"{"do":"play","wire":"baseline","url":"http://[::1]:1","server_pid":1,"players":2,
            "model":"fixed","rate":10,"chat_rate":1,"settle":0,"warm_up":1,"seconds":5}"#;
        let Ok(Task::Play(read)) = serde_json::from_str(plan) else { panic!("not read") };
        assert_eq!((read.wire, read.model, read.touch), (Protocol::Baseline, Model::Fixed, false));
        assert!(serde_json::from_str::<Task>(&plan.replace("rate", "raet")).is_err());
    }
}
