//! Chat within a hub.

use super::{
    connection::{Connection, ConnectionId, Player},
    log::Audience,
    logic::Hub,
    outbox::Outbox,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    protocol::{
        RequestId, ServerMessage,
        chat::{Channel, Chat, SendChat},
    },
    text::CharacterName,
};

impl Hub {
    /// `chat` and its three special types, on this channel. The sender's own
    /// copy is the answer.
    pub(super) fn chat(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        channel: Channel,
        chat: SendChat,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let sender = self.player(id).ok_or(ErrorCode::NoCharacter)?;
        if chat.sender_id.is_some_and(|named| named != sender.character) {
            return Err(Refusal::new(ErrorCode::NotYourCharacter).at("sender_id"));
        }
        let recipient = match channel {
            Channel::Whisper => Some(self.recipient(&chat)?),
            _ => None,
        };
        let message = Chat {
            sender_id: sender.character,
            sender_name: sender.name.clone(),
            channel,
            content: chat.content.accept()?,
            recipient_id: recipient.map(|(_, player)| player.character),
            recipient_name: recipient.map(|(_, player)| player.name.clone()),
            encrypted: chat.encrypted,
        };
        let audience = match (channel, recipient) {
            (Channel::Global, _) => Audience::All,
            (Channel::Faction, _) => Audience::Faction(sender.faction),
            (Channel::Whisper, Some((recipient, _))) => Audience::Of(vec![id, recipient.id]),
            _ => return Err(ErrorCode::NotInParty.into()),
        };
        let answers = request.map(|request| (id, request));
        self.send_reliably(audience, answers, &ServerMessage::chat(message), out);
        Ok(())
    }

    /// Whom a whisper is for: by id, else by name.
    fn recipient(&self, chat: &SendChat) -> Result<(&Connection, &Player), Refusal> {
        let offline = || Refusal::new(ErrorCode::RecipientOffline);
        let connection = match (chat.recipient_id, &chat.recipient_name) {
            (Some(character), _) => self.characters.get(&character).and_then(|id| self.connections.get(id)),
            (None, Some(name)) => {
                let name = CharacterName::parse(name.as_str())
                    .map_err(|problem| Refusal::field("recipient_name", format!("A name {problem}.")))?;
                let named = |one: &&Connection| one.player().is_some_and(|player| player.name.key() == name.key());
                self.connections.values().find(named)
            }
            (None, None) => return Err(Refusal::field("recipient_id", "A whisper needs a recipient.")),
        };
        connection.and_then(|connection| Some((connection, connection.player()?))).ok_or_else(offline)
    }
}
