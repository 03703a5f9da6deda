//! Decides what becomes of a name, from its row and the call.

use crate::{
    calls::{
        account::{Settle, Settlement, object_name},
        directory::{Claim, Commit, DirectoryCall, Find, Kind, Named, Record, Release},
    },
    effect::{Reply, reply},
    service::Platform,
};
use shardlink_shared::{ErrorCode, Refusal, ids::PlayerId, limits::CLAIM_SETTLES_AFTER, time::Millis};

/// A name's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it names.
    pub kind: Kind,
    /// The normalised name.
    pub key: String,
    /// The account's or character's id.
    pub id: u64,
    /// The account it belongs to.
    pub owner: PlayerId,
    /// When a claim that was not committed is settled; `None` once it is.
    pub settles_at: Option<Millis>,
}

/// What to do with a name's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Insert or replace it.
    Put(Entry),
    /// Delete it.
    Delete(Kind, String),
}

/// Where the rows are.
pub trait Names {
    /// Why a row cannot be read or written.
    type Fault;

    /// A name's row.
    ///
    /// # Errors
    /// The storage's.
    fn find(&self, kind: Kind, key: &str) -> Result<Option<Entry>, Self::Fault>;

    /// The open claims that are due, some of them.
    ///
    /// # Errors
    /// The storage's.
    fn due(&self, now: Millis) -> Result<Vec<Entry>, Self::Fault>;

    /// Stores a changed row.
    ///
    /// # Errors
    /// The storage's.
    fn apply(&self, write: Write) -> Result<(), Self::Fault>;
}

/// Answers a call.
///
/// # Errors
/// The storage's.
pub fn answer<N: Names>(names: &N, now: Millis, call: DirectoryCall) -> Result<Reply, N::Fault> {
    Ok(match call {
        DirectoryCall::Claim(call) => {
            let entry = names.find(call.kind, &call.key)?;
            reply::<Claim>(perform(names, claim(now, entry.as_ref(), call))?)
        }
        DirectoryCall::Commit(call) => {
            reply::<Commit>(perform(names, commit(names.find(call.kind, &call.key)?, &call))?)
        }
        DirectoryCall::Record(call) => {
            let entry = names.find(call.kind, &call.key)?;
            reply::<Record>(perform(names, record(entry.as_ref(), call))?)
        }
        DirectoryCall::Release(call) => {
            reply::<Release>(perform(names, Ok(release(names.find(call.kind, &call.key)?, &call)))?)
        }
        DirectoryCall::Find(call) => reply::<Find>(Ok(find(names.find(call.kind, &call.key)?))),
    })
}

fn perform<N: Names>(names: &N, decided: Result<Option<Write>, Refusal>) -> Result<Result<(), Refusal>, N::Fault> {
    match decided {
        Ok(Some(write)) => names.apply(write).map(Ok),
        Ok(None) => Ok(Ok(())),
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// For each claim that was left open, asks its account whether it stands.
///
/// # Errors
/// The storage's.
pub async fn settle_due<N: Names>(names: &N, on: &impl Platform) -> Result<(), N::Fault> {
    for entry in names.due(on.now())? {
        let question = Settle { kind: entry.kind, key: entry.key.clone(), id: entry.id };
        let answer = on.ask(&object_name(entry.owner), question).await;
        // The row may have changed while the account was asked.
        if names.find(entry.kind, &entry.key)?.as_ref() == Some(&entry) {
            names.apply(settle(on.now(), entry, answer.unwrap_or(Settlement::Wait)))?;
        }
    }
    Ok(())
}

/// Claims a name.
///
/// # Errors
/// NAME_TAKEN if another id has it.
pub fn claim(now: Millis, entry: Option<&Entry>, call: Claim) -> Result<Option<Write>, Refusal> {
    match entry {
        // A repeated call: this id has claimed the name already.
        Some(entry) if entry.id == call.id => Ok(None),
        Some(_) => Err(ErrorCode::NameTaken.into()),
        None => Ok(Some(Write::Put(Entry {
            kind: call.kind,
            key: call.key,
            id: call.id,
            owner: call.owner,
            settles_at: Some(now + CLAIM_SETTLES_AFTER),
        }))),
    }
}

/// Makes a claim final.
///
/// # Errors
/// NOT_FOUND if this id does not have the name (any more).
pub fn commit(entry: Option<Entry>, call: &Commit) -> Result<Option<Write>, Refusal> {
    match entry {
        Some(entry) if entry.id == call.id => {
            Ok(entry.settles_at.is_some().then_some(Write::Put(Entry { settles_at: None, ..entry })))
        }
        _ => Err(ErrorCode::NotFound.into()),
    }
}

/// Enters a name for good.
///
/// # Errors
/// NAME_TAKEN if another id has it.
pub fn record(entry: Option<&Entry>, call: Record) -> Result<Option<Write>, Refusal> {
    let Record { kind, key, id, owner } = call;
    match entry {
        Some(entry) if entry.id != id => Err(ErrorCode::NameTaken.into()),
        Some(entry) if entry.settles_at.is_none() => Ok(None),
        _ => Ok(Some(Write::Put(Entry { kind, key, id, owner, settles_at: None }))),
    }
}

/// Gives a name up, if this id has it.
#[must_use]
pub fn release(entry: Option<Entry>, call: &Release) -> Option<Write> {
    entry.filter(|entry| entry.id == call.id).map(|entry| Write::Delete(entry.kind, entry.key))
}

/// The owner of a name; `None` while its claim is not committed.
#[must_use]
pub fn find(entry: Option<Entry>) -> Option<Named> {
    entry.filter(|entry| entry.settles_at.is_none()).map(|entry| Named { id: entry.id, owner: entry.owner })
}

/// Applies what the account said of a claim that was left open.
#[must_use]
pub fn settle(now: Millis, entry: Entry, settlement: Settlement) -> Write {
    match settlement {
        Settlement::Keep => Write::Put(Entry { settles_at: None, ..entry }),
        Settlement::Release => Write::Delete(entry.kind, entry.key),
        Settlement::Wait => Write::Put(Entry { settles_at: Some(now + CLAIM_SETTLES_AFTER), ..entry }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> PlayerId {
        PlayerId::new(7).unwrap()
    }

    fn claim_of(id: u64) -> Claim {
        Claim { kind: Kind::User, key: "aria".into(), id, owner: owner() }
    }

    fn claimed(id: u64) -> Entry {
        match claim(Millis(0), None, claim_of(id)) {
            Ok(Some(Write::Put(entry))) => entry,
            other => panic!("{other:?}"),
        }
    }

    fn committed(id: u64) -> Entry {
        Entry { settles_at: None, ..claimed(id) }
    }

    #[test]
    fn a_name_belongs_to_the_first_who_claims_it() {
        assert_eq!(claim(Millis(1), Some(&claimed(1)), claim_of(1)), Ok(None));
        assert_eq!(claim(Millis(1), Some(&claimed(1)), claim_of(2)).unwrap_err().code, ErrorCode::NameTaken);
        assert_eq!(claim(Millis(1), Some(&committed(1)), claim_of(2)).unwrap_err().code, ErrorCode::NameTaken);
    }

    #[test]
    fn only_the_claimant_commits_and_releases() {
        let commit_of = |id| Commit { kind: Kind::User, key: "aria".into(), id };
        let release_of = |id| Release { kind: Kind::User, key: "aria".into(), id };
        assert_eq!(commit(Some(claimed(1)), &commit_of(1)), Ok(Some(Write::Put(committed(1)))));
        assert_eq!(commit(Some(committed(1)), &commit_of(1)), Ok(None));
        assert_eq!(commit(Some(claimed(1)), &commit_of(2)).unwrap_err().code, ErrorCode::NotFound);
        assert_eq!(commit(None, &commit_of(1)).unwrap_err().code, ErrorCode::NotFound);
        assert_eq!(release(Some(committed(1)), &release_of(2)), None);
        assert_eq!(release(Some(committed(1)), &release_of(1)), Some(Write::Delete(Kind::User, "aria".into())));
    }

    #[test]
    fn a_claim_is_not_found_before_it_is_committed() {
        assert_eq!(find(Some(claimed(1))), None);
        assert_eq!(find(Some(committed(1))).map(|named| named.id), Some(1));
    }

    #[test]
    fn an_open_claim_is_settled_as_the_account_says() {
        assert_eq!(settle(Millis(9), claimed(1), Settlement::Keep), Write::Put(committed(1)));
        assert_eq!(settle(Millis(9), claimed(1), Settlement::Release), Write::Delete(Kind::User, "aria".into()));
        let later = Entry { settles_at: Some(Millis(9) + CLAIM_SETTLES_AFTER), ..claimed(1) };
        assert_eq!(settle(Millis(9), claimed(1), Settlement::Wait), Write::Put(later));
    }
}
