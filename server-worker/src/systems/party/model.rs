//! A party against a small model of it: random requests, their repetitions at any time later,
//! crashes and sleep, compared after every step. A failure names its seed:
//! `PARTY_SEED=<seed> cargo test -p shardlink-server party::model`.

use super::{
    contract::{Accept, Create, Decline, Disband, Invite, Kick, Leave, Promote, Report, SetLoot, Withdraw},
    errand::Letter,
    logic::{Party, Served, Write},
    state::State,
    tests::{ask, character, joiner, name, visit},
};
use crate::calls::BatchNumber;
use crate::{
    calls::{Call, character::Presence},
    effect::Errands,
    letters::{self, Letters},
    systems::chat::heard::Heard,
};
use shardlink_shared::{
    ErrorCode,
    entropy::{Entropy, Seeded},
    ids::PartyId,
    limits::INVITATION_LIFE,
    protocol::{chat::PastChat, party::LootSharing},
    time::Millis,
};
use std::collections::{BTreeMap, VecDeque};

/// The rows, as SQL would keep them.
#[derive(Default)]
struct Rows {
    state: Option<State>,
    served: Vec<Served>,
    letters: BTreeMap<u64, letters::Letter<Letter>>,
    said: Vec<PastChat>,
    heard: BTreeMap<u32, BatchNumber>,
}

impl Rows {
    fn apply(&mut self, write: Write) {
        match write {
            Write::State(state) => self.state = Some(*state),
            Write::Served(served) => self.served.push(served),
            Write::ForgetServed(key) => self.served.retain(|served| served.key != key),
            Write::Post(number, letter) => drop(self.letters.insert(number, letter)),
            Write::Done(number) => drop(self.letters.remove(&number)),
            Write::Said(past) => self.said.push(past),
            Write::ForgetSaid(number) => self.said.retain(|past| past.number > number),
            Write::Heard(hub, batch) => drop(self.heard.insert(hub, batch)),
        }
    }

    fn load(&self) -> Party {
        let letters = Letters::restore(self.letters.clone());
        let served: VecDeque<_> = self.served.clone().into();
        Party::restore(self.state.clone(), served, letters, self.said.clone(), Heard::restore(self.heard.clone()))
    }
}

/// A request, with what the model needs of it.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Invite(u64, u64),
    Accept(u64),
    Decline(u64),
    Leave(u64),
    Kick(u64, u64),
    Withdraw(u64, u64),
    Promote(u64, u64),
    Loot(u64, LootSharing),
    Disband(u64),
}

/// The model: who is in, the longest first; who leads; whose invitation is open, and
/// by which key; the loot rule.
#[derive(Debug, Clone, Default)]
struct Model {
    members: Vec<u64>,
    leader: u64,
    open: BTreeMap<u64, u64>,
    loot: LootSharing,
    ended: bool,
}

impl Model {
    fn leads(&self, who: u64) -> Result<(), ErrorCode> {
        match self.members.contains(&who) {
            _ if self.ended => Err(ErrorCode::NotFound),
            false => Err(ErrorCode::NotInParty),
            true if self.leader != who => Err(ErrorCode::NotLeader),
            true => Ok(()),
        }
    }

    fn out(&mut self, who: u64) {
        self.members.retain(|member| *member != who);
        self.leader = if self.leader == who { *self.members.first().unwrap_or(&who) } else { self.leader };
        self.end(self.members.is_empty());
    }

    fn end(&mut self, ended: bool) {
        if ended {
            *self = Self { ended, leader: self.leader, loot: self.loot, ..Self::default() };
        }
    }

    fn serve(&mut self, key: u64, asked: Asked) -> Result<(), ErrorCode> {
        let is_in = |who: u64, otherwise| self.members.contains(&who).then_some(()).ok_or(otherwise);
        match asked {
            _ if self.ended => return Err(ErrorCode::NotFound),
            Asked::Invite(by, _) | Asked::Kick(by, _) | Asked::Withdraw(by, _) => self.leads(by)?,
            Asked::Promote(by, _) | Asked::Loot(by, _) | Asked::Disband(by) => self.leads(by)?,
            _ => {}
        }
        match asked {
            Asked::Invite(_, who) if self.members.contains(&who) => return Err(ErrorCode::AlreadyInParty),
            Asked::Accept(who) if self.members.contains(&who) => return Err(ErrorCode::AlreadyInParty),
            Asked::Invite(..) | Asked::Accept(_) if self.members.len() == 4 => return Err(ErrorCode::PartyFull),
            // An open invitation stays the same.
            Asked::Invite(_, who) => drop(self.open.entry(who).or_insert(key)),
            Asked::Accept(who) => {
                self.open.remove(&who).ok_or(ErrorCode::NotFound)?;
                self.members.push(who);
            }
            Asked::Decline(who) | Asked::Withdraw(_, who) => drop(self.open.remove(&who).ok_or(ErrorCode::NotFound)?),
            Asked::Leave(who) => (is_in(who, ErrorCode::NotInParty)?, self.out(who)).1,
            Asked::Kick(_, who) => (is_in(who, ErrorCode::NotFound)?, self.out(who)).1,
            Asked::Promote(_, who) => (is_in(who, ErrorCode::NotFound)?, self.leader = who).1,
            Asked::Loot(_, loot) => self.loot = loot,
            Asked::Disband(_) => self.end(true),
        }
        Ok(())
    }
}

/// A party, its rows, and the model of it.
struct Rig {
    party: Party,
    rows: Rows,
    model: Model,
    /// Which invitation each had last: what its Character knows.
    invitations: BTreeMap<u64, u64>,
    now: u64,
    what: String,
}

impl Rig {
    fn call<C: Call>(&mut self, call: C) -> Result<C::Answer, ErrorCode> {
        let (answer, writes) = ask(&mut self.party, self.now, call);
        writes.into_iter().for_each(|write| self.rows.apply(write));
        answer.map_err(|refusal| refusal.code)
    }

    fn perform(&mut self, key: u64, invitation: u64, asked: Asked) -> Result<(), ErrorCode> {
        let id = character;
        match asked {
            Asked::Invite(by, who) => {
                let invite = Invite { key, by: id(by), invitee: id(who), name: name(who), visit: visit(0, who) };
                self.call(invite).map(drop)
            }
            Asked::Accept(who) => {
                self.call(Accept { key, invitation, joiner: joiner(who, Some(visit(who as u32 % 3, who))) }).map(drop)
            }
            Asked::Decline(who) => self.call(Decline { key, character: id(who), invitation }).map(drop),
            Asked::Leave(who) => self.call(Leave { key, character: id(who) }).map(drop),
            Asked::Kick(by, who) => self.call(Kick { key, by: id(by), character: id(who) }).map(drop),
            Asked::Withdraw(by, who) => self.call(Withdraw { key, by: id(by), character: id(who) }).map(drop),
            Asked::Promote(by, who) => self.call(Promote { key, by: id(by), character: id(who) }).map(drop),
            Asked::Loot(by, loot) => self.call(SetLoot { key, by: id(by), loot }).map(drop),
            Asked::Disband(by) => self.call(Disband { key, by: id(by) }).map(drop),
        }
    }

    fn compare(&self, least: u64) -> u64 {
        let (state, model, what) = (self.party.state.as_ref().unwrap(), &self.model, &self.what);
        let number = |id: shardlink_shared::ids::CharacterId| id.get() - (1 << 40);
        let members: Vec<u64> = state.members.iter().map(|member| number(member.character)).collect();
        let open: BTreeMap<u64, u64> =
            state.invitations.iter().map(|open| (number(open.character), open.key)).collect();
        assert_eq!(members, model.members, "{what}: members");
        assert_eq!(number(state.leader), model.leader, "{what}: leader");
        assert_eq!(open, model.open, "{what}: invitations");
        assert_eq!((state.loot, state.ended), (model.loot, model.ended), "{what}");
        assert!(state.version >= least, "{what}: the version went back");
        assert_eq!(self.rows.state.as_ref(), Some(state), "{what}: memory and rows");
        state.version
    }
}

fn pick(entropy: &mut Seeded, leader: u64) -> Asked {
    let who = |entropy: &mut Seeded| u64::from(entropy.below(7)) + 1;
    let (by, other) = (if entropy.below(3) > 0 { leader } else { who(entropy) }, who(entropy));
    match entropy.below(20) {
        0..=4 => Asked::Invite(by, other),
        5..=9 => Asked::Accept(other),
        10 => Asked::Decline(other),
        11..=12 => Asked::Leave(other),
        13..=14 => Asked::Kick(by, other),
        15 => Asked::Withdraw(by, other),
        16..=17 => Asked::Promote(by, other),
        18 => Asked::Loot(by, LootSharing::ALL[entropy.below(3) as usize]),
        _ if entropy.below(6) == 0 => Asked::Disband(by),
        _ => Asked::Leave(other),
    }
}

fn play(seed: u64) -> u64 {
    let mut entropy = Seeded::new(seed);
    let mut rig = Rig {
        party: Party::default(),
        rows: Rows::default(),
        model: Model { members: vec![1], leader: 1, ..Model::default() },
        invitations: BTreeMap::new(),
        now: 1_000,
        what: String::new(),
    };
    let founding = Create {
        key: 1,
        party: PartyId::new(1 << 41).unwrap(),
        name: None,
        max_members: 4,
        founder: joiner(1, Some(visit(0, 1))),
        until: Millis(30_000),
    };
    rig.call(founding.clone()).unwrap();
    let (mut version, mut sent, mut served) = (1, Vec::new(), 0);
    for step in 0..60_u64 {
        rig.now += u64::from(entropy.below(2_000));
        match entropy.below(10) {
            0 => {
                // Memory goes; rows stay.
                rig.what = format!("PARTY_SEED={seed} step {step}: a crash");
                rig.party = rig.rows.load();
            }
            1 => {
                // Calls to others are made, answered, lost.
                rig.what = format!("PARTY_SEED={seed} step {step}: letters");
                for errand in rig.party.take_errands(Millis(rig.now)) {
                    let lost = entropy.below(3) == 0;
                    let mut context = crate::effect::Context::new(Millis(rig.now), &mut entropy);
                    let outcome = if lost { Err(ErrorCode::Internal.into()) } else { Ok(Vec::new()) };
                    rig.party.finish(&mut context, errand, outcome);
                    context.writes.into_iter().for_each(|write| rig.rows.apply(write));
                }
            }
            2 => {
                // Somebody comes or goes.
                let who = u64::from(entropy.below(7)) + 1;
                rig.what = format!("PARTY_SEED={seed} step {step}: presence of {who}");
                let seat = rig.party.state.as_ref().unwrap().member(character(who)).map_or(0, |member| member.seat);
                let visit = (entropy.below(2) == 0).then(|| visit(entropy.below(3), who));
                let presence = Presence { number: rig.now, visit };
                let reported = rig.call(Report { character: character(who), seat, presence });
                assert_eq!(reported.is_ok(), rig.model.members.contains(&who), "{}", rig.what);
            }
            3 => {
                // Invitations that are past their time open nothing.
                rig.what = format!("PARTY_SEED={seed} step {step}: five minutes pass");
                if entropy.below(4) == 0 {
                    rig.now += INVITATION_LIFE;
                    for who in std::mem::take(&mut rig.model.open).into_keys() {
                        let late = rig.perform(10_000 + step * 10 + who, rig.invitations[&who], Asked::Accept(who));
                        let expected =
                            if rig.model.members.len() == 4 { ErrorCode::PartyFull } else { ErrorCode::NotFound };
                        assert_eq!(late, Err(expected), "{}", rig.what);
                    }
                    // They are swept when the next is made.
                    rig.party.state.as_mut().unwrap().invitations.clear();
                    rig.rows.state.as_mut().unwrap().invitations.clear();
                }
            }
            4 | 5 if !sent.is_empty() => {
                // Something that was asked before comes again, however late.
                let (key, invitation, asked, answer): (_, _, _, Result<(), ErrorCode>) =
                    sent[entropy.below(sent.len() as u32) as usize];
                rig.what = format!("PARTY_SEED={seed} step {step}: {asked:?} again");
                // There is no copy of an invitation into a party that has ended.
                let gone = rig.model.ended && matches!(asked, Asked::Invite(..));
                let again = rig.perform(key, invitation, asked);
                assert_eq!(again.is_err(), answer.is_err() || gone, "{}", rig.what);
                rig.call(founding.clone()).unwrap();
            }
            _ => {
                let (key, mut asked) = (100 + step, pick(&mut entropy, rig.model.leader));
                let ends = |who| rig.model.members == [who];
                if matches!(asked, Asked::Leave(who) if ends(who)) && entropy.below(5) > 0 {
                    // Most stories should not end here.
                    asked = Asked::Invite(rig.model.leader, 1 + u64::from(entropy.below(7)));
                }
                rig.what = format!("PARTY_SEED={seed} step {step}: {asked:?}");
                let whose = match asked {
                    Asked::Accept(who) | Asked::Decline(who) => who,
                    _ => 0,
                };
                let invitation = rig.invitations.get(&whose).copied().unwrap_or(0);
                let answer = rig.perform(key, invitation, asked);
                assert_eq!(answer, rig.model.serve(key, asked), "{}", rig.what);
                if let (Ok(()), Asked::Invite(_, who)) = (answer, asked) {
                    rig.invitations.extend(rig.model.open.get(&who).map(|open| (who, *open)));
                }
                served += u64::from(answer.is_ok());
                sent.push((key, invitation, asked, answer));
            }
        }
        version = rig.compare(version);
    }
    served
}

#[test]
fn a_party_does_what_its_model_does_whatever_is_repeated_lost_or_forgotten() {
    let seed = std::env::var("PARTY_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = seed.map_or(0..4_000, |seed: u64| seed..seed + 1);
    let served: u64 = seeds.clone().map(play).sum();
    // Sequences that are refused throughout would show nothing.
    assert!(served > seeds.count() as u64 * 5, "{served}");
}
