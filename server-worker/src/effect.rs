//! What deciding needs and what it comes to.

use crate::service::Platform;
use serde::{Serialize, de::DeserializeOwned};
use shardlink_shared::{Refusal, entropy::Entropy, time::Millis};

/// What a decision is made with, and the rows it changes.
pub struct Context<'a, W> {
    /// The time.
    pub now: Millis,
    /// Randomness.
    pub entropy: &'a mut dyn Entropy,
    /// Rows to be stored, all together, before anybody is answered. Decisions
    /// validate everything, then change everything: a refusal leaves behind what
    /// belongs to itself at most (that an exchange was used).
    pub writes: Vec<W>,
}

impl<'a, W> Context<'a, W> {
    /// A decision's beginning.
    pub fn new(now: Millis, entropy: &'a mut dyn Entropy) -> Self {
        Self { now, entropy, writes: Vec::new() }
    }
}

/// An object that answers calls out of its memory.
pub trait Logic: Sized {
    /// What it is asked.
    type Call: DeserializeOwned;

    /// A row it changes.
    type Write;

    /// Decides about a call; the answer is serialized already.
    fn dispatch(&mut self, context: &mut Context<'_, Self::Write>, call: Self::Call) -> Reply;

    /// When it next wants to be woken, if ever.
    fn next_deadline(&self) -> Option<Millis> {
        None
    }

    /// Whether nothing of it is left: no row that anybody will ask for, no letter, and so
    /// nothing to be woken for. Its storage is given back; what it is asked afterwards it
    /// answers as one that never was.
    fn is_finished(&self, _now: Millis) -> bool {
        false
    }
}

/// An object that has things to do with other objects, after what it decided is stored.
#[allow(async_fn_in_trait)] // One thread: no future of ours has to be Send.
pub trait Errands: Logic {
    /// Something to be done.
    type Errand;

    /// What came of it.
    type Outcome;

    /// What is to be done now; each is taken once, until it is finished.
    fn take_errands(&mut self, now: Millis) -> Vec<Self::Errand>;

    /// Whether a call that led to it is answered only when it is done.
    fn is_awaited(_: &Self::Errand) -> bool {
        false
    }

    /// Does it.
    async fn run(on: &impl Platform, errand: &Self::Errand) -> Self::Outcome;

    /// Decides what came of it.
    fn finish(&mut self, context: &mut Context<'_, Self::Write>, errand: Self::Errand, outcome: Self::Outcome);
}

/// A serialized answer: `Result<Answer, Refusal>` in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply(pub String);

/// Serializes the answer to a call of type `C`.
#[must_use]
pub fn reply<C: crate::calls::Call>(answer: Result<C::Answer, Refusal>) -> Reply {
    Reply(to_json(&answer))
}

/// JSON of a type of ours, which always serializes.
#[must_use]
pub fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
