//! The party, the invitations and the chat of a session.

use super::{Effect, Event, Session};
use crate::logic::{
    chat::Line,
    failure::Failure,
    party::{self, Invitation, News, Party, Wish},
};
use shardlink_shared::{
    codec::Incoming,
    ids::CharacterId,
    protocol::{ServerMessage, character::CharacterUpdate, chat::Channel},
    sheet::Sheet,
    time::Millis,
};

impl Session {
    /// The party one is in, as it was told last.
    #[must_use]
    pub const fn party(&self) -> Option<&Party> {
        self.parties.own()
    }

    /// The invitations one has, the oldest first.
    #[must_use]
    pub fn invitations(&self) -> &[Invitation] {
        self.parties.invitations()
    }

    /// What was said lately on a channel, the oldest first.
    pub fn lines(&self, channel: Channel) -> impl Iterator<Item = &Line> {
        self.chat.lines(channel)
    }

    /// Whom one has muted.
    pub fn muted(&self) -> impl ExactSizeIterator<Item = CharacterId> {
        self.chat.muted()
    }

    /// Asks for something of a party.
    ///
    /// # Errors
    /// NOT_IN_PARTY, for what can be wanted of one's own party alone; and as
    /// [`Self::request`].
    pub fn wish(&mut self, wish: Wish, now: Millis) -> Result<u32, Failure> {
        if !self.is_open() && !self.is_kept(now) {
            return Err(Failure::not_connected());
        }
        let message = self.parties.message(wish)?;
        self.request(&message, now)
    }

    /// Takes in what was told of parties and chat; what the game is told of it is for
    /// after the message itself.
    pub(super) fn hear_social(&mut self, incoming: &Incoming<ServerMessage>, now: Millis) -> Vec<News> {
        let Some(me) = self.sheet.as_ref().map(|sheet| sheet.id) else {
            return Vec::new();
        };
        match &incoming.message {
            ServerMessage::Chat(chat)
            | ServerMessage::Whisper(chat)
            | ServerMessage::PartyChat(chat)
            | ServerMessage::FactionChat(chat) => {
                self.chat.heard(chat, incoming.envelope.timestamp.unwrap_or(now));
            }
            ServerMessage::ChatHistory(history) => self.chat.past(history),
            ServerMessage::Mute(mute) => self.chat.mute(mute),
            ServerMessage::CharacterUpdate(update) => return self.parties.vitals(update, me).into_iter().collect(),
            ServerMessage::PartyUpdate(update) => return self.parties.update(update, me),
            ServerMessage::PartyInvite(invite) => {
                let server = self.clock.server_time(now).unwrap_or(now);
                let expires = party::expiry(invite.expires_at, incoming.envelope.timestamp, server, now);
                return self.parties.invited(invite, me, expires).into_iter().collect();
            }
            _ => {}
        }
        Vec::new()
    }

    /// Tells the game.
    pub(super) fn tell(&mut self, news: impl IntoIterator<Item = News>) {
        for news in news {
            if news == News::Party(None) {
                // The next party's talk is another.
                self.chat.clear(Channel::Party);
            }
            self.effects.push_back(Effect::Emit(Event::Party(news)));
        }
    }

    /// A new stay in the world begins with this character.
    pub(super) fn socially_anew(&mut self, sheet: &Sheet) {
        let news = self.parties.begin_anew();
        self.chat.begin_anew();
        self.tell(news);
        let (health, max_health) = (Some(sheet.resources.health), Some(sheet.resources.max_health));
        let own = CharacterUpdate { health, max_health, ..CharacterUpdate::of(sheet.id, sheet.name.clone()) };
        self.parties.vitals(&own, sheet.id);
    }

    /// The character has left the world for good.
    pub(super) fn socially_gone(&mut self) {
        let news = self.parties.forget();
        self.tell(news);
        self.chat.forget();
    }
}
