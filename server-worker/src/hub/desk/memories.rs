//! The last words of channels, which whoever joins is handed. They are World's and the
//! parties'; a hub that is awake keeps a copy of World's, which it brings up to date
//! with all it hears.

use crate::hub::{
    logic::Hub,
    outbox::{Effect, Outbox, Question},
    sockets::connection::ConnectionId,
};
use crate::{
    calls::world::Histories,
    chat::{Audience, Spoken, history::History},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    protocol::{
        Envelope, RequestId, ServerMessage,
        bounded::List,
        chat::{Channel, ChatHistory, ChatHistoryRequest, PastChat},
    },
    world::Faction,
};

/// The copy, and who waits for it.
#[derive(Debug, Default)]
pub(in crate::hub) struct Memories {
    channels: Vec<(Audience, History)>,
    state: State,
    waiting: Vec<Waiting>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    Asked,
    Known,
}

/// Somebody who waits for what was said.
#[derive(Debug)]
struct Waiting {
    id: ConnectionId,
    request: Option<RequestId>,
    /// What was asked for; both channels are for whoever joins.
    asked: Option<ChatHistoryRequest>,
    /// The first number that it has been told as it was said.
    told_from: Option<u64>,
}

impl Memories {
    fn channel(&self, audience: Audience) -> Option<&History> {
        self.channels.iter().find(|(channel, _)| *channel == audience).map(|(_, history)| history)
    }

    fn channel_mut(&mut self, audience: Audience) -> &mut History {
        let at = self.channels.iter().position(|(channel, _)| *channel == audience).unwrap_or_else(|| {
            self.channels.push((audience, History::default()));
            self.channels.len() - 1
        });
        // It is there: it was found or has just been added.
        #[allow(clippy::indexing_slicing)]
        &mut self.channels[at].1
    }
}

impl Hub {
    /// Adds what is heard.
    pub(in crate::hub) fn remember(&mut self, spoken: &Spoken) {
        self.memories.channel_mut(spoken.audience).push(spoken.past());
        for waiting in &mut self.memories.waiting {
            waiting.told_from.get_or_insert(spoken.number);
        }
    }

    /// Hands somebody who joins what was said, when that is known.
    pub(in crate::hub) fn hand_over(&mut self, id: ConnectionId, out: &mut Outbox) {
        self.recall(Waiting { id, request: None, asked: None, told_from: None }, out);
    }

    /// `chat_history`.
    ///
    /// # Errors
    /// NO_CHARACTER, NOT_IN_PARTY.
    pub(in crate::hub) fn history(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        asked: ChatHistoryRequest,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let player = self.player(id).ok_or(ErrorCode::NoCharacter)?;
        match asked.channel {
            Channel::Party => {
                let party = player.bonds.party().ok_or(ErrorCode::NotInParty)?;
                let question = Question::PartyHistory(player.character, party, asked.before);
                self.queue(id, request, question, out)
            }
            // Nobody but the two of them keeps what they whispered.
            Channel::Whisper => {
                self.send_history(id, request, Channel::Whisper, List::default(), out);
                Ok(())
            }
            Channel::Global | Channel::Faction => {
                self.recall(Waiting { id, request, asked: Some(asked), told_from: None }, out);
                Ok(())
            }
        }
    }

    fn recall(&mut self, waiting: Waiting, out: &mut Outbox) {
        match self.memories.state {
            State::Known => return self.serve(&waiting, out),
            State::Asked => {}
            State::Unknown => {
                self.memories.state = State::Asked;
                out.push(Effect::Listen);
            }
        }
        self.memories.waiting.push(waiting);
    }

    /// World has said what was said.
    pub(in crate::hub) fn recalled(&mut self, answer: Result<Histories, Refusal>, out: &mut Outbox) {
        let waiting = std::mem::take(&mut self.memories.waiting);
        match answer {
            Ok(histories) => {
                for (audience, said) in histories.channels {
                    self.memories.channel_mut(audience).extend_back(said);
                }
                self.memories.state = State::Known;
                waiting.iter().for_each(|one| self.serve(one, out));
            }
            Err(refusal) => {
                // Asked again by the next who wants to know.
                self.memories.state = State::Unknown;
                for one in waiting.into_iter().filter(|one| one.asked.is_some()) {
                    self.refuse(one.id, one.request, &refusal, out);
                }
            }
        }
    }

    fn serve(&self, waiting: &Waiting, out: &mut Outbox) {
        let Some(faction) = self.player(waiting.id).map(|player| player.faction) else { return };
        if let Some(asked) = &waiting.asked {
            let past = self.past(asked.channel, faction, asked.before);
            return self.send_history(waiting.id, waiting.request.clone(), asked.channel, past, out);
        }
        for channel in [Channel::Global, Channel::Faction] {
            self.hand_history(waiting.id, channel, self.past(channel, faction, waiting.told_from), out);
        }
    }

    /// Hands somebody what was said, which it has not asked for.
    pub(in crate::hub) fn hand_history(
        &self,
        id: ConnectionId,
        channel: Channel,
        past: List<PastChat, { shardlink_shared::limits::MAX_HISTORY }>,
        out: &mut Outbox,
    ) {
        let is_new = self.connections.get(&id).is_some_and(|one| !one.first_generation);
        if is_new && !past.is_empty() {
            self.send_history(id, None, channel, past, out);
        }
    }

    fn past(
        &self,
        channel: Channel,
        faction: Faction,
        before: Option<u64>,
    ) -> List<PastChat, { shardlink_shared::limits::MAX_HISTORY }> {
        let audience = if channel == Channel::Global { Audience::Everybody } else { Audience::Faction(faction) };
        self.memories.channel(audience).map(|history| history.before(before)).unwrap_or_default()
    }

    /// Sends what was said to somebody, but for those it does not want to hear.
    pub(in crate::hub) fn send_history(
        &self,
        id: ConnectionId,
        request: Option<RequestId>,
        channel: Channel,
        past: List<PastChat, { shardlink_shared::limits::MAX_HISTORY }>,
        out: &mut Outbox,
    ) {
        let Some(connection) = self.connections.get(&id) else { return };
        let Some(player) = connection.player() else { return };
        let heard = past.into_vec().into_iter().filter(|past| player.bonds.hears(past.chat.sender_id));
        let history = ServerMessage::ChatHistory(ChatHistory { channel, messages: List::of(heard) });
        out.send(id, connection.encoding, &Envelope::answering(request, out.now), &history);
    }
}
