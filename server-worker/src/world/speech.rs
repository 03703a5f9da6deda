//! Chat to everybody and to factions: its one order for all hubs, the last words of each
//! channel, and their way to the hubs.

use super::logic::{World, Write};
use crate::{
    calls::{
        hub::{self, Audience, Deliver, Delivery, Key, Telling, WORLD_SPEAKS},
        world::{Announce, Histories, Say},
    },
    effect::{Context, Errands},
    service::{Platform, Result},
    systems::chat::{Scope, Spoken, fanout::Fanout, heard::Heard, history::History},
};
use shardlink_shared::{
    protocol::{ServerMessage, chat::PastChat},
    time::Millis,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A hub that has asked for the histories is told what is said for this many milliseconds, even
/// if it has no players; by then it has reported.
const LISTENS: u64 = 60_000;

/// The number of last announcements whose repetitions are recognised.
const REMEMBERED_ANNOUNCEMENTS: usize = 16;

/// World's memory of what is said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Speech {
    /// The last number that was given.
    number: u64,
    channels: Vec<(Scope, History)>,
    heard: Heard,
    fanout: Fanout<Delivery>,
    listening: BTreeMap<u32, Millis>,
    announced: VecDeque<u64>,
}

impl Speech {
    /// The memory with these rows, the oldest words first.
    #[must_use]
    pub fn restore(said: Vec<(Scope, PastChat)>, heard: Heard) -> Self {
        let mut speech = Self { heard, ..Self::default() };
        for (audience, past) in said {
            speech.number = past.number;
            speech.channel(audience).push(past);
        }
        speech
    }

    fn channel(&mut self, audience: Scope) -> &mut History {
        let at = self.channels.iter().position(|(channel, _)| *channel == audience).unwrap_or_else(|| {
            self.channels.push((audience, History::default()));
            self.channels.len() - 1
        });
        // The index is in bounds: the channel was found or has just been added.
        #[allow(clippy::indexing_slicing)]
        &mut self.channels[at].1
    }

    /// The next number: the time, so that numbers rise over a crash too, or one more than the
    /// last number.
    fn next(&mut self, now: Millis) -> u64 {
        self.number = now.0.max(self.number + 1);
        self.number
    }

    pub(super) fn listens(&mut self, hub: u32, now: Millis) {
        self.listening.retain(|_, since| now.since(*since) < LISTENS);
        self.listening.insert(hub, now);
    }

    pub(super) fn listening(&self, now: Millis) -> impl Iterator<Item = u32> {
        self.listening.iter().filter(move |(_, since)| now.since(**since) < LISTENS).map(|(hub, _)| *hub)
    }

    /// Wakes a hub: it is sent a batch, even an empty one.
    pub(super) fn wake(&mut self, hub: u32, now: Millis) {
        self.listens(hub, now);
        self.fanout.knock(hub);
    }

    /// Sends a hub something, after what it is sent already.
    pub(super) fn send(&mut self, hub: u32, delivery: Delivery) {
        self.fanout.push(hub, delivery);
    }

    pub(super) fn histories(&self) -> Histories {
        let channels = self.channels.iter();
        let channels = channels.map(|(audience, history)| (*audience, history.before(None).into_vec()));
        Histories { number: self.number, channels: channels.collect() }
    }

    pub(super) fn say(&mut self, context: &mut Context<'_, Write>, call: Say, hubs: &BTreeSet<u32>) {
        if !self.heard.is_new(call.hub, call.batch) {
            return;
        }
        context.writes.push(Write::Heard(call.hub, call.batch));
        for said in call.utterances {
            let spoken = Spoken {
                number: self.next(context.now),
                at: context.now,
                audience: said.audience,
                chat: said.chat,
                origin: Some(said.origin),
            };
            context.writes.push(Write::Said(spoken.audience, spoken.past()));
            let forgotten = self.channel(spoken.audience).push(spoken.past());
            context.writes.extend(forgotten.map(Write::ForgetSaid));
            let to = match spoken.audience {
                Scope::Faction(faction) => Audience::Faction(faction),
                // A party's order is its object's to give.
                Scope::Everybody | Scope::Party => Audience::Everybody,
            };
            let delivery = spoken.delivery(WORLD_SPEAKS, to);
            for hub in hubs {
                self.fanout.push(*hub, delivery.clone());
            }
        }
    }

    pub(super) fn announce(&mut self, now: Millis, call: Announce, hubs: &BTreeSet<u32>) {
        if self.announced.contains(&call.key) {
            return;
        }
        self.announced.push_back(call.key);
        if self.announced.len() > REMEMBERED_ANNOUNCEMENTS {
            self.announced.pop_front();
        }
        let delivery = Delivery {
            key: Key::InOrder { sender: WORLD_SPEAKS, number: self.next(now) },
            to: Audience::Everybody,
            from: None,
            answers: None,
            message: ServerMessage::WorldAnnouncement(call.announcement),
            telling: Telling::Reliably,
            change: None,
        };
        for hub in hubs {
            self.fanout.push(*hub, delivery.clone());
        }
    }
}

impl Errands for World {
    /// What a hub is to tell.
    type Errand = (u32, Vec<Delivery>);
    type Outcome = Result<()>;

    fn take_errands(&mut self, _: Millis) -> Vec<Self::Errand> {
        self.speech.fanout.take()
    }

    async fn run(on: &impl Platform, (hub, deliveries): &Self::Errand) -> Result<()> {
        on.ask(&hub::object_name(*hub), Deliver { deliveries: deliveries.clone() }).await.map(drop)
    }

    fn finish(&mut self, _: &mut Context<'_, Write>, (hub, _): Self::Errand, outcome: Result<()>) {
        if outcome.is_err() {
            self.told_hubs.forget(hub);
        }
        self.speech.fanout.answered(hub);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calls::BatchNumber,
        calls::hub::Origin,
        calls::{
            Call,
            world::{Listen, Population, Report},
        },
        effect::Logic,
        systems::chat::Utterance,
    };
    use shardlink_shared::{
        entropy::Seeded,
        ids::CharacterId,
        protocol::chat::{Channel, Chat, WorldAnnouncement},
        text::{CharacterName, Draft},
        world::Faction,
    };

    fn ask<C: Call>(world: &mut World, now: u64, call: C) -> C::Answer {
        let mut entropy = Seeded::new(1);
        let mut context = Context::new(Millis(now), &mut entropy);
        let reply = world.dispatch(&mut context, serde_json::from_str(&call.encode()).unwrap());
        serde_json::from_str::<Result<_>>(&reply.0).unwrap().unwrap()
    }

    fn say(hub: u32, number: u64, texts: &[&str]) -> Say {
        let utterance = |text: &&str| Utterance {
            audience: if text.starts_with('#') { Scope::Faction(Faction::Shadowborn) } else { Scope::Everybody },
            chat: Chat {
                sender_id: CharacterId::new(1 << 40).unwrap(),
                sender_name: CharacterName::parse("Aria").unwrap(),
                channel: Channel::Global,
                content: Draft::new(text).accept().unwrap(),
                recipient_id: None,
                recipient_name: None,
                encrypted: None,
            },
            origin: Origin { hub, connection: 7, request: None },
        };
        let batch = BatchNumber { epoch: Millis(1), number };
        Say { hub, batch, utterances: texts.iter().map(utterance).collect() }
    }

    /// Three hubs, two of them with players.
    fn world() -> World {
        let mut world = World::default();
        for (hub, players) in [(0, 2), (1, 1), (2, 0)] {
            ask(
                &mut world,
                0,
                Report { hub, population: Population { players, sockets: players }, is_awake: false, misses: false },
            );
        }
        world
    }

    fn texts(deliveries: &[Delivery]) -> Vec<&str> {
        let text = |one: &'_ Delivery| match &one.message {
            ServerMessage::Chat(chat) | ServerMessage::FactionChat(chat) => chat.content.as_str().to_owned(),
            other => panic!("{other:?}"),
        };
        deliveries.iter().map(text).map(|text| &*Box::leak(text.into_boxed_str())).collect()
    }

    fn number(delivery: &Delivery) -> u64 {
        let Key::InOrder { sender: WORLD_SPEAKS, number } = delivery.key else { panic!("{delivery:?}") };
        number
    }

    #[test]
    fn all_hubs_with_players_hear_the_same_in_the_same_order_the_speakers_too() {
        let mut world = world();
        ask(&mut world, 1, say(0, 1, &["one"]));
        let first = world.take_errands(Millis(1));
        ask(&mut world, 1, say(1, 1, &["two", "three"]));
        ask(&mut world, 1, say(0, 2, &["four"]));
        ask(&mut world, 1, say(0, 2, &["four"]));
        assert_eq!(world.take_errands(Millis(1)), [], "none has answered");
        let mut heard: BTreeMap<u32, Vec<Delivery>> = first.iter().cloned().collect();
        let mut entropy = Seeded::new(1);
        for errand in first {
            world.finish(&mut Context::new(Millis(2), &mut entropy), errand, Ok(()));
        }
        for (hub, news) in world.take_errands(Millis(2)) {
            heard.get_mut(&hub).unwrap().extend(news);
        }
        assert_eq!(heard.keys().collect::<Vec<_>>(), [&0, &1]);
        assert_eq!(texts(&heard[&0]), ["one", "two", "three", "four"]);
        assert_eq!(heard[&0], heard[&1]);
        let numbers: Vec<u64> = heard[&0].iter().map(number).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    }

    #[test]
    fn a_hub_that_begins_to_listen_is_told_what_was_said_and_misses_nothing_after() {
        let mut world = world();
        ask(&mut world, 1, say(0, 1, &["one", "#two"]));
        let histories = ask(&mut world, 2, Listen { hub: 2 });
        let kept: Vec<_> = histories.channels.iter().map(|(audience, said)| (*audience, said.len())).collect();
        assert_eq!(kept, [(Scope::Everybody, 1), (Scope::Faction(Faction::Shadowborn), 1)]);
        ask(&mut world, 3, say(0, 2, &["three"]));
        let news = world.take_errands(Millis(3)).into_iter().find(|(hub, _)| *hub == 2).unwrap().1;
        assert!(news.iter().all(|one| number(one) > histories.number));
        assert_eq!(texts(&news), ["three"]);
    }

    #[test]
    fn an_announcement_is_made_once_to_all() {
        let mut world = world();
        let content = Draft::new("The shards stir").accept().unwrap();
        let announce = Announce { key: 5, announcement: WorldAnnouncement { content, title: None } };
        ask(&mut world, 1, announce.clone());
        ask(&mut world, 1, announce);
        let told: Vec<_> = world.take_errands(Millis(1)).into_iter().map(|(hub, news)| (hub, news.len())).collect();
        assert_eq!(told, [(0, 1), (1, 1)]);
    }

    #[test]
    fn the_last_words_are_there_after_a_crash_and_numbers_go_on_rising() {
        let past = |number| PastChat { number, ..World::default_past() };
        let speech = Speech::restore((60..140).map(|n| (Scope::Everybody, past(n))).collect(), Heard::default());
        let mut world = World::restore(None, BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), speech);
        let before = ask(&mut world, 5, Listen { hub: 0 });
        assert_eq!((before.number, before.channels[0].1.len()), (139, 50));
        ask(&mut world, 5, say(0, 1, &["more"]));
        assert!(ask(&mut world, 5, Listen { hub: 0 }).number > 139);
    }

    impl World {
        fn default_past() -> PastChat {
            let mut world = world();
            ask(&mut world, 1, say(0, 1, &["before"]));
            ask(&mut world, 1, Listen { hub: 0 }).channels[0].1[0].clone()
        }
    }
}
