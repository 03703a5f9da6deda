//! A realm in memory, natively: every object's own logic, its calls in the JSON
//! that they have between objects, and a wire that can be cut at any step.

use super::{Platform, Result};
use crate::{
    account::logic::{Account, Work},
    calls::{
        Call,
        account::{self, FinishDelete},
        directory::Kind,
    },
    character::logic::Character,
    directory::logic::{self as directory, Entry, Names},
    effect::{Context, Logic, Reply},
    throttle::logic::{self as throttle, Count, Counts},
    world::logic::World,
};
use serde::de::DeserializeOwned;
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::password::{Salt, SaltedPassword, Verifier},
    entropy::{Entropy, Seeded},
    limits::PBKDF2_ITERATIONS,
    text::Password,
    time::Millis,
};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    pin::pin,
    task::{Context as TaskContext, Poll, Waker},
};

/// Where the wire is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nowhere.
    Never,
    /// This many calls are answered; the next one does not arrive, nor any after.
    Before(u32),
    /// This many calls are answered; the next one arrives, its answer does not.
    After(u32),
}

/// All objects.
pub struct Realm {
    pub accounts: RefCell<BTreeMap<String, Account>>,
    pub characters: RefCell<BTreeMap<String, Character>>,
    world: RefCell<World>,
    pub names: Table<(Kind, String), Entry>,
    counts: Table<String, Count>,
    judging: RefCell<throttle::Judging>,
    /// Every object that was addressed: that is what makes one.
    pub addressed: RefCell<BTreeSet<(&'static str, String)>>,
    /// The calls to hubs, as text.
    pub hub_calls: RefCell<Vec<String>>,
    /// What hubs say of every character: whether they hold it.
    pub hub_holds: Cell<bool>,
    /// Passwords that were stretched.
    pub stretched: Cell<u32>,
    pub now: Cell<u64>,
    pub cut: Cell<Cut>,
    entropy: RefCell<Seeded>,
}

/// Rows by their key.
pub struct Table<K, V>(pub RefCell<BTreeMap<K, V>>);

impl Names for Table<(Kind, String), Entry> {
    type Fault = Infallible;

    fn find(&self, kind: Kind, key: &str) -> std::result::Result<Option<Entry>, Infallible> {
        Ok(self.0.borrow().get(&(kind, key.to_owned())).cloned())
    }

    fn due(&self, now: Millis) -> std::result::Result<Vec<Entry>, Infallible> {
        let due = |entry: &&Entry| entry.settles_at.is_some_and(|at| at <= now);
        Ok(self.0.borrow().values().filter(due).cloned().collect())
    }

    fn apply(&self, write: directory::Write) -> std::result::Result<(), Infallible> {
        match write {
            directory::Write::Put(entry) => drop(self.0.borrow_mut().insert((entry.kind, entry.key.clone()), entry)),
            directory::Write::Delete(kind, key) => drop(self.0.borrow_mut().remove(&(kind, key))),
        }
        Ok(())
    }
}

impl Counts for Table<String, Count> {
    type Fault = Infallible;

    fn find(&self, key: &str) -> std::result::Result<Option<Count>, Infallible> {
        Ok(self.0.borrow().get(key).copied())
    }

    fn put(&self, key: &str, count: Count) -> std::result::Result<(), Infallible> {
        self.0.borrow_mut().insert(key.to_owned(), count);
        Ok(())
    }
}

impl Realm {
    pub fn new() -> Self {
        Self {
            accounts: RefCell::default(),
            characters: RefCell::default(),
            world: RefCell::default(),
            names: Table(RefCell::default()),
            counts: Table(RefCell::default()),
            judging: RefCell::default(),
            addressed: RefCell::default(),
            hub_calls: RefCell::default(),
            hub_holds: Cell::new(true),
            stretched: Cell::new(0),
            now: Cell::new(1_000_000),
            cut: Cell::new(Cut::Never),
            entropy: RefCell::new(Seeded::new(1)),
        }
    }

    /// Runs a flow to its end: nothing in here ever waits.
    pub fn run<T>(&self, flow: impl Future<Output = T>) -> T {
        match pin!(flow).poll(&mut TaskContext::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => unreachable!("no call in memory waits"),
        }
    }

    /// Lets the time pass that alarms wait for, three times over, and all of them fire.
    pub fn settle(&self) {
        self.cut.set(Cut::Never);
        for _ in 0..3 {
            self.now.set(self.now.get() + 31_000);
            self.run(async {
                let Ok(()) = directory::settle_due(&self.names, self).await;
            });
            let ids: Vec<String> = self.accounts.borrow().keys().cloned().collect();
            for id in ids {
                self.account_alarm(&id);
            }
            let ids: Vec<String> = self.characters.borrow().keys().cloned().collect();
            for id in ids {
                self.character_alarm(&id);
            }
        }
    }

    fn account_alarm(&self, id: &str) {
        match self.step(&self.accounts, id, Account::expire) {
            Work::Delete(deletion) => {
                if self.run(super::finish_account_deletion(self, deletion)).is_ok() {
                    self.step(&self.accounts, id, Account::erase);
                }
            }
            Work::Undo(unfinished) => {
                for one in unfinished {
                    if self.run(super::undo(self, &one)) {
                        let finish = FinishDelete { character: one.character, deleted: true };
                        self.step(&self.accounts, id, |account, context| account.finish_delete(context, &finish));
                    }
                }
            }
        }
    }

    fn character_alarm(&self, id: &str) {
        let unsettled = self.characters.borrow().get(id).and_then(|one| one.unsettled(self.now()).cloned());
        let Some(record) = unsettled else { return };
        let (key, number) = (record.sheet.name.key(), record.sheet.id.get());
        let question = account::Settle { kind: Kind::Character, key, id: number };
        let Ok(settlement) = self.run(self.ask(&account::object_name(record.owner), question)) else { return };
        self.step(&self.characters, id, |character, context| character.settle(context, settlement));
    }

    /// Changes an object's memory; its rows are not looked at here.
    fn step<L: Logic + Default, T>(
        &self,
        objects: &RefCell<BTreeMap<String, L>>,
        id: &str,
        decide: impl FnOnce(&mut L, &mut Context<'_, L::Write>) -> T,
    ) -> T {
        let mut entropy = self.entropy.borrow_mut();
        let mut context = Context::new(self.now(), &mut *entropy);
        decide(objects.borrow_mut().entry(id.to_owned()).or_default(), &mut context)
    }

    fn deliver<C: Call>(&self, object: &str, call: C) -> Reply {
        fn read<T: DeserializeOwned>(text: &str) -> T {
            serde_json::from_str(text).unwrap()
        }
        self.addressed.borrow_mut().insert((C::BINDING, object.to_owned()));
        let text = call.encode();
        match C::BINDING {
            "ACCOUNT" => self.step(&self.accounts, object, |logic, context| logic.dispatch(context, read(&text))),
            "CHARACTER" => self.step(&self.characters, object, |logic, context| logic.dispatch(context, read(&text))),
            "WORLD" => {
                let mut entropy = self.entropy.borrow_mut();
                let mut context = Context::new(self.now(), &mut *entropy);
                self.world.borrow_mut().dispatch(&mut context, read(&text))
            }
            "DIRECTORY" => {
                let Ok(reply) = directory::answer(&self.names, self.now(), read(&text));
                reply
            }
            "THROTTLE" => {
                let Ok(reply) =
                    throttle::answer(&self.counts, &mut self.judging.borrow_mut(), self.now(), read(&text));
                reply
            }
            _ => {
                let answer = if text.contains("Holds") { self.hub_holds.get().to_string() } else { "null".into() };
                self.hub_calls.borrow_mut().push(text);
                Reply(format!(r#"{{"Ok":{answer}}}"#))
            }
        }
    }
}

impl Platform for Realm {
    async fn ask<C: Call>(&self, object: &str, call: C) -> Result<C::Answer> {
        let gone = || Err(Refusal::new(ErrorCode::Internal));
        match self.cut.get() {
            Cut::Before(0) => return gone(),
            Cut::After(0) => {
                self.deliver(object, call);
                self.cut.set(Cut::Before(0));
                return gone();
            }
            Cut::Before(left) => self.cut.set(Cut::Before(left - 1)),
            Cut::After(left) => self.cut.set(Cut::After(left - 1)),
            Cut::Never => {}
        }
        serde_json::from_str::<Result<C::Answer>>(&self.deliver(object, call).0).unwrap()
    }

    /// Stands for 600,000 rounds by a copy: what is tested here is who does how much of it.
    async fn stretch(&self, password: &Password, salt: Salt) -> Result<Verifier> {
        self.stretched.set(self.stretched.get() + 1);
        let mut salted = [0; 32];
        for (to, from) in salted.iter_mut().zip(password.as_bytes().iter().chain(&salt)) {
            *to = *from;
        }
        Ok(SaltedPassword(salted).verifier(salt, PBKDF2_ITERATIONS))
    }

    fn now(&self) -> Millis {
        Millis(self.now.get())
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut dyn Entropy) -> T) -> T {
        draw(&mut *self.entropy.borrow_mut())
    }
}
