//! `bots TASK`: thousands of players on one core, by the client's own logic, and
//! what they measure of a server. The task is JSON ([`plan`]); the report
//! ([`play::Report`]) is JSON on stdout. `npm run bench` calls it.
//!
//! One thread, one clock: [`bot`] is a socket with a [`wire`] (what is said over
//! it) and a [`walk`]; all of them count into one [`meter`]; [`play`] says when.

mod accounts;
mod bot;
mod clock;
mod endure;
mod latencies;
mod meter;
mod plan;
mod play;
mod process;
mod rest;
mod sent;
mod walk;
mod wire;

use plan::Task;
use std::process::ExitCode;
use tokio::{runtime, task::LocalSet};

/// What went wrong, as a sentence.
type Error = Box<dyn std::error::Error>;

type Result<T, E = Error> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match run() {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bots: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String> {
    let task = std::env::args().nth(1).ok_or("the task is missing")?;
    let task: Task = serde_json::from_str(&task)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        match task {
            Task::Prepare { url, accounts, players } => {
                accounts::prepare(&url, &accounts, players).await?;
                Ok("{}".to_owned())
            }
            Task::Endure(plan) => Ok(serde_json::to_string(&endure::endure(plan).await?)?),
            Task::Play(plan) => Ok(serde_json::to_string(&play::play(&plan).await?)?),
        }
    })
}
