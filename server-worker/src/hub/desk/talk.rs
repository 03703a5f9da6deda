//! Chat: what players say goes to whoever brings it into an order, and what they hear
//! comes from there.

use crate::hub::{
    logic::Hub,
    outbox::{Effect, Outbox, Question, Whispered},
    sockets::connection::{Connection, ConnectionId},
};
use crate::{
    calls::{hub::News, party::Word},
    chat::{
        Audience, BatchNumber, Origin, Utterance,
        filter::{Filter, reworded},
    },
    text::content::content,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::{CharacterId, PartyId},
    limits::{MAX_LANE, UNANSWERED_CHAT},
    protocol::{
        RequestId, ServerMessage,
        chat::{Channel, Chat, SendChat},
    },
    text::CharacterName,
    time::Millis,
};
use std::collections::{BTreeMap, VecDeque};

/// Where something said is brought into an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// By World: what is for everybody, or for a faction.
    World,
    /// By a party.
    Party(PartyId),
}

/// What waits until the last batch was answered.
#[derive(Debug, Default)]
struct Waiting {
    utterances: VecDeque<Utterance>,
    under_way: bool,
}

/// What is said in a hub, on its way out.
#[derive(Debug, Default)]
pub(in crate::hub) struct Speech {
    lanes: BTreeMap<Lane, Waiting>,
    epoch: Millis,
    batches: u64,
    /// What has been passed on and not come back: who asked, and when.
    unanswered: VecDeque<(Millis, ConnectionId, RequestId)>,
    /// The last number heard of World's.
    heard: u64,
    /// The last number heard of parties'.
    heard_of_parties: BTreeMap<PartyId, u64>,
}

/// Parties whose last number is remembered.
const REMEMBERED_PARTIES: usize = 1_000;

impl Hub {
    /// `chat` and its three special types, on this channel. The sender's own
    /// copy is the answer.
    pub(in crate::hub) fn chat(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        channel: Channel,
        chat: SendChat,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let silenced = self.connections.get(&id).and_then(|one| one.silenced).filter(|until| *until > out.now);
        let sender = self.player(id).ok_or(ErrorCode::NoCharacter)?;
        if chat.sender_id.is_some_and(|named| named != sender.character) {
            return Err(Refusal::new(ErrorCode::NotYourCharacter).at("sender_id"));
        }
        if let Some(until) = silenced {
            let muted = Refusal::new(ErrorCode::Muted);
            let for_good = until == Millis::LAST;
            return Err(if for_good { muted } else { muted.after(until.since(out.now) as f64 / 1000.0) });
        }
        let filter = self.settings.word_filter.as_ref().map(|list| list as &dyn Filter);
        let message = Chat {
            sender_id: sender.character,
            sender_name: sender.name.clone(),
            channel,
            content: reworded(filter, content(&chat.content)?),
            recipient_id: None,
            recipient_name: None,
            encrypted: chat.encrypted,
        };
        let (lane, audience) = match channel {
            Channel::Global => (Lane::World, Audience::Everybody),
            Channel::Faction => (Lane::World, Audience::Faction(sender.faction)),
            Channel::Party => (Lane::Party(sender.bonds.party().ok_or(ErrorCode::NotInParty)?), Audience::Party),
            Channel::Whisper => {
                let to = recipient(chat.recipient_id, chat.recipient_name.as_ref().map(|name| name.as_str()))?;
                return self.whisper(id, request, message, to, out);
            }
        };
        let origin =
            Origin { hub: self.number, connection: id.0, request: request.map(|request| request.to_string()) };
        let lane_of = self.speech.lanes.entry(lane).or_default();
        if lane_of.utterances.len() >= MAX_LANE {
            return Err(ErrorCode::Overloaded.into());
        }
        lane_of.utterances.push_back(Utterance { audience, chat: message, origin });
        self.pass_on(lane, out);
        Ok(())
    }

    /// Sends what waits in a lane, if the last batch was answered.
    fn pass_on(&mut self, lane: Lane, out: &mut Outbox) {
        let speech = &mut self.speech;
        let Some(waiting) = speech.lanes.get_mut(&lane).filter(|waiting| !waiting.under_way) else { return };
        if waiting.utterances.is_empty() {
            speech.lanes.remove(&lane);
            return;
        }
        waiting.under_way = true;
        let utterances: Vec<Utterance> = waiting.utterances.drain(..).collect();
        if speech.epoch == Millis(0) {
            speech.epoch = out.now;
        }
        speech.batches += 1;
        let asked = utterances
            .iter()
            .filter_map(|one| Some((out.now, ConnectionId(one.origin.connection), one.origin.request()?)));
        speech.unanswered.extend(asked);
        let batch = BatchNumber { epoch: speech.epoch, number: speech.batches };
        out.push(Effect::Say(lane, batch, utterances));
    }

    /// What became of a batch: for each of it, whether it was refused.
    pub(in crate::hub) fn said(
        &mut self,
        lane: Lane,
        origins: Vec<Origin>,
        answer: Result<Vec<Option<ErrorCode>>, Refusal>,
        out: &mut Outbox,
    ) {
        for (index, origin) in origins.into_iter().enumerate() {
            let refused = match &answer {
                Ok(refused) => refused.get(index).copied().flatten().map(Refusal::new),
                Err(refusal) => Some(refusal.clone()),
            };
            // What has come back already has been answered.
            let request = origin.request();
            let id = ConnectionId(origin.connection);
            if let Some(refusal) = refused.filter(|_| request.is_none() || self.is_answered(id, request.as_ref())) {
                self.refuse(id, request, &refusal, out);
            }
        }
        if let Some(waiting) = self.speech.lanes.get_mut(&lane) {
            waiting.under_way = false;
        }
        self.pass_on(lane, out);
    }

    /// A request is being answered: whether it was waiting for that.
    fn is_answered(&mut self, id: ConnectionId, request: Option<&RequestId>) -> bool {
        let unanswered = &mut self.speech.unanswered;
        let at = unanswered.iter().position(|(_, asker, asked)| *asker == id && Some(asked) == request);
        at.is_some_and(|at| unanswered.remove(at).is_some())
    }

    /// What was passed on and has not come back for too long is lost, and its sender is
    /// told so.
    pub(in crate::hub) fn give_up_unanswered(&mut self, out: &mut Outbox) {
        let is_late = |(at, ..): &(Millis, ConnectionId, RequestId)| out.now.since(*at) >= UNANSWERED_CHAT;
        let late = self.speech.unanswered.iter().take_while(|one| is_late(one)).count();
        let late: Vec<_> = self.speech.unanswered.drain(..late).collect();
        for (_, id, request) in late {
            self.refuse(id, Some(request), &ErrorCode::Internal.into(), out);
        }
    }

    /// News from World, in its order.
    pub(in crate::hub) fn news(&mut self, news: Vec<News>, out: &mut Outbox) {
        for one in news {
            let number = one.number();
            if number <= self.speech.heard {
                continue;
            }
            self.speech.heard = number;
            match one {
                News::Announced { announcement, .. } => {
                    let everybody = self.audience(|_| true);
                    self.send_reliably(everybody, None, &ServerMessage::WorldAnnouncement(announcement), out);
                }
                News::Spoken(spoken) => {
                    self.remember(&spoken);
                    let sender = spoken.chat.sender_id;
                    let audience = self.audience(|player| {
                        let meant = match spoken.audience {
                            Audience::Everybody => true,
                            Audience::Faction(faction) => player.faction == faction,
                            Audience::Party => false,
                        };
                        meant && player.bonds.hears(sender)
                    });
                    self.hear(audience, spoken.origin, spoken.chat, out);
                }
            }
        }
    }

    /// Words of parties.
    pub(in crate::hub) fn party_words(&mut self, party: PartyId, words: Vec<Word>, out: &mut Outbox) {
        for Word { spoken, to } in words {
            let last = self.speech.heard_of_parties.entry(party).or_default();
            if spoken.number <= *last {
                continue;
            }
            *last = spoken.number;
            if self.speech.heard_of_parties.len() > REMEMBERED_PARTIES {
                self.speech.heard_of_parties.pop_first();
            }
            let hears = |(who, visit): &(CharacterId, crate::calls::character::Visit)| {
                let id = ConnectionId(visit.connection);
                let player = self.player(id).filter(|player| player.character == *who)?;
                player.bonds.hears(spoken.chat.sender_id).then_some(id)
            };
            let audience = to.iter().filter_map(hears).collect();
            self.hear(audience, spoken.origin, spoken.chat, out);
        }
    }

    fn audience(&self, hears: impl Fn(&crate::hub::sockets::connection::Player) -> bool) -> Vec<ConnectionId> {
        let hears = |one: &&Connection| one.player().is_some_and(&hears);
        self.connections.values().filter(hears).map(|one| one.id).collect()
    }

    /// Something is heard; the speaker's own copy answers the request.
    fn hear(&mut self, mut audience: Vec<ConnectionId>, origin: Option<Origin>, chat: Chat, out: &mut Outbox) {
        let asker = origin.filter(|origin| origin.hub == self.number).and_then(|origin| {
            let id = ConnectionId(origin.connection);
            let is_here = self.player(id).is_some_and(|player| player.character == chat.sender_id);
            is_here.then(|| (id, origin.request()))
        });
        let mut answers = None;
        if let Some((id, request)) = asker {
            self.is_answered(id, request.as_ref());
            audience.push(id);
            answers = request.map(|request| (id, request));
        }
        audience.sort_unstable();
        audience.dedup();
        if !audience.is_empty() {
            self.send_reliably(audience, answers, &ServerMessage::chat(chat), out);
        }
    }

    /// Whispers to somebody here at once, to anybody else through its Character.
    fn whisper(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        mut chat: Chat,
        to: Whispered,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let here = match &to {
            Whispered::Id(character) => self.characters.get(character).copied(),
            Whispered::Name(name) => {
                let named = |one: &&Connection| one.player().is_some_and(|player| player.name.key() == name.key());
                self.connections.values().find(named).map(|one| one.id)
            }
        };
        let is_busy = self.connections.get(&id).is_some_and(|one| one.lane.is_busy());
        let recipient = here.and_then(|here| Some((here, self.player(here)?)));
        let Some((recipient, player)) = recipient.filter(|_| !is_busy) else {
            return self.queue(id, request, Question::Whisper(Box::new(chat), to), out);
        };
        (chat.recipient_id, chat.recipient_name) = (Some(player.character), Some(player.name.clone()));
        let audience = if player.bonds.hears(chat.sender_id) { vec![recipient] } else { Vec::new() };
        self.whispered(id, request, audience, chat, out);
        Ok(())
    }

    /// The sender's own copy of a whisper, and the recipient's if that is here.
    pub(in crate::hub) fn whispered(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        mut audience: Vec<ConnectionId>,
        chat: Chat,
        out: &mut Outbox,
    ) {
        audience.push(id);
        audience.sort_unstable();
        audience.dedup();
        self.send_reliably(audience, request.map(|request| (id, request)), &ServerMessage::chat(chat), out);
    }

    /// A whisper from elsewhere, for somebody here.
    pub(in crate::hub) fn whisper_from_elsewhere(&mut self, connection: u64, chat: Chat, out: &mut Outbox) {
        let id = ConnectionId(connection);
        if self.player(id).is_some_and(|player| player.bonds.hears(chat.sender_id)) {
            self.send_reliably(vec![id], None, &ServerMessage::chat(chat), out);
        }
    }
}

/// Whom a whisper is for: by id, else by name.
fn recipient(id: Option<CharacterId>, name: Option<&str>) -> Result<Whispered, Refusal> {
    match (id, name) {
        (Some(character), _) => Ok(Whispered::Id(character)),
        (None, Some(name)) => CharacterName::parse(name)
            .map(Whispered::Name)
            .map_err(|problem| Refusal::field("recipient_name", format!("A name {problem}."))),
        (None, None) => Err(Refusal::field("recipient_id", "A whisper needs a recipient.")),
    }
}
