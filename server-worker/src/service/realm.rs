//! A realm in memory, natively: every object's own logic, its calls in the JSON
//! that they have between objects, and a wire that can be cut at any step.

use super::{Platform, Result, turns::Asker};
use crate::{
    account::logic::{Account, Work},
    calls::{
        Call,
        account::FinishDelete,
        character::{Place, Visit},
        directory::Kind,
        hub::{self, HubCall, answer_of_nobody},
    },
    character::logic::Character,
    damage::{Class, Fault, Known},
    directory::logic::{self as directory, Entry, Names},
    effect::{Context, Errands, Logic, Reply, to_json},
    monotonic::Monotonic,
    systems::party::logic::Party,
    throttle::logic::{self as throttle, Count, Counts},
    world::logic::World,
};
use serde::de::DeserializeOwned;
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::{
        password::{Salt, SaltedPassword, Verifier},
        token::SessionId,
    },
    entropy::{Entropy, Seeded},
    ids::CharacterId,
    limits::PBKDF2_ITERATIONS,
    protocol::ServerMessage,
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
    pub parties: RefCell<BTreeMap<String, Party>>,
    /// The sessions whose sockets each hub holds: those that are admitted, until it is told
    /// of their end.
    pub sockets: RefCell<BTreeSet<(u32, SessionId)>>,
    /// Who is in each hub, on which connection, and what they were told last.
    pub hubs: RefCell<BTreeMap<String, BTreeMap<Place, Vec<ServerMessage>>>>,
    world: RefCell<World>,
    pub names: Table<(Kind, String), Entry>,
    counts: Table<String, Count>,
    judging: RefCell<throttle::Judging>,
    /// Every object that was addressed: to address an object is to make it.
    pub addressed: RefCell<BTreeSet<(&'static str, String)>>,
    /// The calls to hubs, as text.
    pub hub_calls: RefCell<Vec<String>>,
    /// What hubs say of every character: whether they hold it.
    pub hub_holds: Cell<bool>,
    /// Objects whose storage is damaged.
    pub damaged: RefCell<BTreeSet<(&'static str, String)>>,
    known: RefCell<Known>,
    /// Passwords that were stretched.
    pub stretched: Cell<u32>,
    /// What the real clock shows.
    pub now: Cell<u64>,
    /// The time that is made of it.
    time: Cell<Monotonic>,
    /// What each object has stored of the time.
    said: RefCell<BTreeMap<(&'static str, String), Millis>>,
    pub cut: Cell<Cut>,
    chaos: Cell<Option<Chaos>>,
    /// Calls that will come a second time.
    late: RefCell<Vec<(&'static str, String, String)>>,
    dice: RefCell<Seeded>,
    entropy: RefCell<Seeded>,
}

/// How unreliable the wire is.
#[derive(Debug, Clone, Copy)]
pub struct Chaos {
    /// How many of a hundred calls come twice: the second time at once or much later.
    pub doubled: u32,
    /// How many of a hundred calls that objects make by themselves are not answered.
    pub unanswered: u32,
    /// How many of a hundred times that objects could make such calls are put off to the next.
    pub delayed: u32,
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
            parties: RefCell::default(),
            sockets: RefCell::default(),
            hubs: RefCell::default(),
            world: RefCell::default(),
            names: Table(RefCell::default()),
            counts: Table(RefCell::default()),
            judging: RefCell::default(),
            addressed: RefCell::default(),
            hub_calls: RefCell::default(),
            hub_holds: Cell::new(true),
            damaged: RefCell::default(),
            known: RefCell::default(),
            stretched: Cell::new(0),
            now: Cell::new(1_000_000),
            time: Cell::new(Monotonic::UNREAD),
            said: RefCell::default(),
            cut: Cell::new(Cut::Never),
            chaos: Cell::new(None),
            late: RefCell::default(),
            dice: RefCell::new(Seeded::new(1)),
            entropy: RefCell::new(Seeded::new(1)),
        }
    }

    /// A realm whose wire is unreliable, in the way that a seed decides.
    pub fn unreliable(seed: u64, chaos: Chaos) -> Self {
        Self { chaos: Cell::new(Some(chaos)), dice: RefCell::new(Seeded::new(seed)), ..Self::new() }
    }

    /// Whether something that happens this many times in a hundred happens now.
    fn happens(&self, percent: impl Fn(&Chaos) -> u32) -> bool {
        self.chaos.get().is_some_and(|chaos| self.dice.borrow_mut().below(100) < percent(&chaos))
    }

    /// Runs a flow to its end, and then the errands that it leads to.
    pub fn run<T>(&self, flow: impl Future<Output = T>) -> T {
        let done = Self::poll(flow);
        self.run_errands();
        done
    }

    /// Runs a future to its end at once: nothing in here ever waits.
    fn poll<T>(flow: impl Future<Output = T>) -> T {
        match pin!(flow).poll(&mut TaskContext::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => unreachable!("no call in memory waits"),
        }
    }

    /// The process ends and another begins, which knows what the rows hold.
    pub fn restart(&self) {
        self.time.set(Monotonic::UNREAD);
        self.judging.take();
    }

    /// What every object does first: the time is not before what it has stored.
    fn wake(&self, binding: &'static str, object: &str) {
        let mut time = self.time.get();
        let mut said = self.said.borrow_mut();
        let stored = said.entry((binding, object.to_owned())).or_default();
        *stored = time.never_before(Millis(self.now.get()), *stored).now;
        self.time.set(time);
    }

    /// The wire is reliable again, and everything that was under way has arrived.
    pub fn calm(&self) {
        self.chaos.set(None);
        for (binding, object, text) in self.late.take() {
            self.answer(binding, &object, text);
        }
        self.run_errands();
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
            self.run_errands();
        }
    }

    /// Runs the errands of Accounts, Characters and Parties, until there are no more.
    fn run_errands(&self) {
        while !self.happens(|chaos| chaos.delayed) {
            let accounts: Vec<String> = self.accounts.borrow().keys().cloned().collect();
            let parties: Vec<String> = self.parties.borrow().keys().cloned().collect();
            let characters: Vec<String> = self.characters.borrow().keys().cloned().collect();
            let mut any = false;
            for id in accounts {
                any |= self.errands_of(&self.accounts, &id);
            }
            for id in parties {
                any |= self.errands_of(&self.parties, &id);
            }
            for id in characters {
                any |= self.errands_of(&self.characters, &id);
            }
            if !any {
                return;
            }
        }
    }

    /// Runs the errands that an object has now. Returns whether there were any.
    fn errands_of<L, A>(&self, objects: &RefCell<BTreeMap<String, L>>, id: &str) -> bool
    where
        L: Errands<Outcome = Result<A>> + Default,
    {
        let errands = self.step(objects, id, |logic, context| logic.take_errands(context.now));
        let any = !errands.is_empty();
        for errand in errands {
            let lost = self.happens(|chaos| chaos.unanswered);
            let gone = || Err(Refusal::new(ErrorCode::Internal));
            // Half of what is not answered has arrived all the same.
            let arrives = !lost || self.happens(|_| 50);
            let outcome = if arrives { Self::poll(L::run(self, &errand)) } else { gone() };
            let outcome = if lost { gone() } else { outcome };
            self.step(objects, id, |logic, context| logic.finish(context, errand, outcome));
        }
        any
    }

    /// Puts a character into a hub, or takes it out.
    pub fn stand(&self, character: CharacterId, visit: Visit, here: bool) {
        let mut hubs = self.hubs.borrow_mut();
        let hub = hubs.entry(hub::object_name(visit.hub)).or_default();
        if here {
            hub.insert((character, visit), Vec::new());
        } else {
            hub.remove(&(character, visit));
        }
    }

    fn hub_answers(&self, object: &str, call: HubCall) -> String {
        let number = object.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap();
        let mut hubs = self.hubs.borrow_mut();
        if let HubCall::Holds(call) = &call {
            let place = (call.character, Visit { hub: number, connection: call.connection });
            let is_there = hubs.is_empty() || hubs.get(object).is_some_and(|hub| hub.contains_key(&place));
            return (self.hub_holds.get() && is_there).to_string();
        }
        match &call {
            HubCall::EndSession(call) => drop(self.sockets.borrow_mut().remove(&(number, call.session))),
            HubCall::RenewSession(call) => {
                let mut sockets = self.sockets.borrow_mut();
                if sockets.remove(&(number, call.old)) {
                    sockets.insert((number, call.new));
                }
            }
            _ => {}
        }
        let mut tell = |place: Place, told: ServerMessage| {
            let receiver = hubs.get_mut(object).and_then(|hub| hub.get_mut(&place));
            receiver.map(|heard| heard.push(told)).is_some()
        };
        match call {
            HubCall::Deliver(call) => {
                let mut missing = Vec::new();
                for delivery in &call.deliveries {
                    let mut told = |place: &Place| tell(*place, delivery.message.clone());
                    missing.extend(delivery.places().iter().copied().filter(|place| !told(place)));
                }
                to_json(&missing)
            }
            HubCall::Open(_) => "true".into(),
            _ => "null".into(),
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
        let unsettled = self.characters.borrow().get(id).and_then(|one| one.unsettled(self.now()));
        let Some(made) = unsettled else { return };
        let settlement = self.run(super::settle(self, &made));
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
        let mut objects = objects.borrow_mut();
        let object = objects.entry(id.to_owned()).or_default();
        let decided = decide(object, &mut context);
        if object.is_finished(self.now()) {
            // Its storage is given back: the next call finds an object that never was.
            objects.remove(id);
        }
        decided
    }

    fn is_damaged(&self, binding: &'static str, object: &str) -> bool {
        self.damaged.borrow().contains(&(binding, object.to_owned()))
    }

    fn deliver<C: Call>(&self, object: &str, call: C) -> Reply {
        let text = call.encode();
        if self.happens(|chaos| chaos.doubled) {
            self.late.borrow_mut().push((C::BINDING, object.to_owned(), text.clone()));
        }
        let late = self.late.borrow().len() as u32;
        if late > 0 && self.happens(|_| 30) {
            let which = self.dice.borrow_mut().below(late) as usize;
            let (binding, object, text) = self.late.borrow_mut().swap_remove(which);
            self.answer(binding, &object, text);
        }
        self.answer(C::BINDING, object, text)
    }

    fn answer(&self, binding: &'static str, object: &str, text: String) -> Reply {
        fn read<T: DeserializeOwned>(text: &str) -> T {
            serde_json::from_str(text).unwrap()
        }
        self.addressed.borrow_mut().insert((binding, object.to_owned()));
        self.wake(binding, object);
        match binding {
            "ACCOUNT" => self.step(&self.accounts, object, |logic, context| logic.dispatch(context, read(&text))),
            "CHARACTER" => self.step(&self.characters, object, |logic, context| logic.dispatch(context, read(&text))),
            "PARTY" => self.step(&self.parties, object, |logic, context| logic.dispatch(context, read(&text))),
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
            _ if self.is_damaged(binding, object) => answer_of_nobody(read(&text)),
            _ => {
                let answer = self.hub_answers(object, read(&text));
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
        if C::BINDING != "HUB" && self.is_damaged(C::BINDING, object) {
            return Err(Fault::Damaged.refusal(Class::of(C::BINDING)));
        }
        let reply = self.deliver(object, call);
        match C::BINDING {
            // The errands that these do before they answer.
            "ACCOUNT" => drop(self.errands_of(&self.accounts, object)),
            "CHARACTER" => drop(self.errands_of(&self.characters, object)),
            _ => {}
        }
        serde_json::from_str::<Result<C::Answer>>(&reply.0).unwrap()
    }

    fn known<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.known.borrow_mut())
    }

    /// A copy stands for 600,000 rounds: what is tested here is how often a password is
    /// stretched.
    async fn stretch(&self, _: Asker, password: &Password, salt: Salt) -> Result<Verifier> {
        self.stretched.set(self.stretched.get() + 1);
        let mut salted = [0; 32];
        for (to, from) in salted.iter_mut().zip(password.as_bytes().iter().chain(&salt)) {
            *to = *from;
        }
        Ok(SaltedPassword(salted).verifier(salt, PBKDF2_ITERATIONS))
    }

    fn now(&self) -> Millis {
        let mut time = self.time.get();
        let now = time.read(Millis(self.now.get())).now;
        self.time.set(time);
        now
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut dyn Entropy) -> T) -> T {
        draw(&mut *self.entropy.borrow_mut())
    }
}
