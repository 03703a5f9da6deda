//! The shell of a Directory.

use super::{logic, store};
use crate::{
    calls::{
        account,
        directory::{Claim, Commit, DirectoryCall, Find, Release},
    },
    effect::{Reply, reply},
    runtime::{
        call::call,
        clock,
        db::{Db, Fault},
        row_shell::RowShell,
    },
};
use shardlink_shared::{Refusal, time::Millis};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// One of the 64 Directories.
#[durable_object(alarm)]
pub struct Directory(RowShell<store::Names>);

// A panic leaves nothing half done here: there is no memory but the alarm's time.
impl std::panic::UnwindSafe for Directory {}
impl std::panic::RefUnwindSafe for Directory {}

fn answer(db: &Db, now: Millis, call: DirectoryCall) -> std::result::Result<Reply, Fault> {
    Ok(match call {
        DirectoryCall::Claim(claim) => {
            let entry = store::find(db, claim.kind, &claim.key)?;
            reply::<Claim>(perform_or_refuse(db, logic::claim(now, entry.as_ref(), claim))?)
        }
        DirectoryCall::Commit(commit) => {
            let decided = logic::commit(store::find(db, commit.kind, &commit.key)?, &commit);
            reply::<Commit>(perform_or_refuse(db, decided)?)
        }
        DirectoryCall::Release(release) => {
            let decided = logic::release(store::find(db, release.kind, &release.key)?, &release);
            reply::<Release>(perform_or_refuse(db, Ok(decided))?)
        }
        DirectoryCall::Find(find) => reply::<Find>(Ok(logic::find(store::find(db, find.kind, &find.key)?))),
    })
}

fn perform_or_refuse(
    db: &Db,
    decided: std::result::Result<Option<logic::Write>, Refusal>,
) -> std::result::Result<std::result::Result<(), Refusal>, Fault> {
    match decided {
        Ok(Some(write)) => store::apply(db, &write).map(Ok),
        Ok(None) => Ok(Ok(())),
        Err(refusal) => Ok(Err(refusal)),
    }
}

impl Directory {
    /// Asks the accounts of claims that were left open what became of them.
    async fn settle(&self) -> std::result::Result<(), Fault> {
        let due = store::due(&self.0.db()?, clock::now())?;
        for entry in due {
            let question = account::Settle { kind: entry.kind, key: entry.key.clone(), id: entry.id };
            let answer = call(&self.0.env, &account::object_name(entry.owner), question).await;
            // The row may have changed while the account was asked.
            let db = self.0.db()?;
            let unchanged = store::find(&db, entry.kind, &entry.key)?.as_ref() == Some(&entry);
            if unchanged {
                let settlement = answer.unwrap_or(account::Settlement::Wait);
                store::apply(&db, &logic::settle(clock::now(), entry, settlement))?;
            }
        }
        Ok(())
    }
}

impl DurableObject for Directory {
    fn new(state: State, env: Env) -> Self {
        Self(RowShell::new(state, env))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        self.0.fetch(request, answer).await
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm(async || self.settle().await).await
    }
}
