//! The shell of a Directory.

use super::{logic, store};
use crate::{
    calls::{
        account,
        directory::{Claim, Commit, DirectoryCall, Find, Release},
    },
    effect::{Reply, reply, to_json},
    runtime::{
        alarm::Alarm,
        call::call,
        clock,
        db::{Db, Fault},
    },
};
use shardlink_shared::{ErrorCode, Refusal};
use std::cell::Cell;
use worker::{DurableObject, Env, Request, Response, Result, State, console_error, durable_object};

/// One of the 64 Directories.
#[durable_object(alarm)]
pub struct Directory {
    state: State,
    env: Env,
    alarm: Alarm,
    migrated: Cell<bool>,
}

// A panic leaves nothing half done here: memory is a cache of the alarm's time.
impl std::panic::UnwindSafe for Directory {}
impl std::panic::RefUnwindSafe for Directory {}

impl Directory {
    fn db(&self) -> std::result::Result<Db, Fault> {
        let db = Db::of(&self.state);
        if !self.migrated.replace(true) {
            db.migrate(store::MIGRATIONS).inspect_err(|_| self.migrated.set(false))?;
        }
        Ok(db)
    }

    fn answer(&self, body: &str) -> std::result::Result<Reply, Fault> {
        let call = serde_json::from_str(body).map_err(|error| Fault(format!("undecodable call: {error}")))?;
        let db = self.db()?;
        let now = clock::now();
        let perform = |write: Option<logic::Write>| write.map_or(Ok(()), |write| store::apply(&db, &write));
        let reply = match call {
            DirectoryCall::Claim(claim) => {
                let entry = store::find(&db, claim.kind, &claim.key)?;
                let decided = logic::claim(now, entry.as_ref(), claim);
                reply::<Claim>(perform_or_refuse(decided, perform)?)
            }
            DirectoryCall::Commit(commit) => {
                let decided = logic::commit(store::find(&db, commit.kind, &commit.key)?, &commit);
                reply::<Commit>(perform_or_refuse(decided, perform)?)
            }
            DirectoryCall::Release(release) => {
                perform(logic::release(store::find(&db, release.kind, &release.key)?, &release))?;
                reply::<Release>(Ok(()))
            }
            DirectoryCall::Find(find) => reply::<Find>(Ok(logic::find(store::find(&db, find.kind, &find.key)?))),
        };
        self.alarm.set(&self.state, store::next_deadline(&db)?);
        Ok(reply)
    }

    /// Asks the accounts of claims that were left open what became of them.
    async fn settle(&self) -> std::result::Result<(), Fault> {
        let due = store::due(&self.db()?, clock::now())?;
        for entry in due {
            let question = account::Settle { kind: entry.kind, key: entry.key.clone(), id: entry.id };
            let answer = call(&self.env, &account::object_name(entry.owner), question).await;
            // The row may have changed while the account was asked.
            let db = self.db()?;
            let unchanged = store::find(&db, entry.kind, &entry.key)?.as_ref() == Some(&entry);
            if unchanged {
                let settlement = answer.unwrap_or(account::Settlement::Wait);
                store::apply(&db, &logic::settle(clock::now(), entry, settlement))?;
            }
        }
        self.alarm.set(&self.state, store::next_deadline(&self.db()?)?);
        Ok(())
    }
}

fn perform_or_refuse(
    decided: std::result::Result<Option<logic::Write>, Refusal>,
    perform: impl Fn(Option<logic::Write>) -> std::result::Result<(), Fault>,
) -> std::result::Result<std::result::Result<(), Refusal>, Fault> {
    match decided {
        Ok(write) => perform(write).map(Ok),
        Err(refusal) => Ok(Err(refusal)),
    }
}

impl DurableObject for Directory {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, alarm: Alarm::default(), migrated: Cell::new(false) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let body = request.text().await?;
        let reply = self.answer(&body).unwrap_or_else(|fault| {
            console_error!("Directory: {fault}");
            Reply(to_json(&Err::<(), _>(Refusal::new(ErrorCode::Internal))))
        });
        Response::ok(reply.0)
    }

    async fn alarm(&self) -> Result<Response> {
        // Armed again before the work, so that a crash in it is followed by another try.
        self.alarm.fired();
        self.alarm.set(&self.state, Some(clock::now() + 60_000));
        if let Err(fault) = self.settle().await {
            console_error!("Directory: {fault}");
        }
        Response::empty()
    }
}
