//! What JavaScript calls about chat and parties. See `exports.rs`.

use super::{
    exports::{RawClient, id},
    runtime,
    value::to_js,
};
use crate::logic::{
    chat::Line,
    failure::Failure,
    party::{Open, Whom, Wish},
};
use js_sys::{Array, JsString, Promise};
use serde::Serialize;
use shardlink_shared::{
    Refusal,
    ids::{CharacterId, PartyId},
    protocol::{
        ClientMessage,
        bounded::Text,
        chat::{Channel, ChatHistoryRequest, Mute, SendChat},
        party::LootSharing,
    },
    text::{CharacterName, Draft},
};
use wasm_bindgen::prelude::*;

/// A whisper's history: what was heard lately, in the shape of the server's answer.
#[derive(Serialize)]
struct Heard<'a> {
    channel: Channel,
    messages: Vec<Past<'a>>,
}

/// See [`Heard`].
#[derive(Serialize)]
struct Past<'a> {
    number: u64,
    timestamp: f64,
    chat: &'a shardlink_shared::protocol::chat::Chat,
}

fn channel(name: &str) -> Result<Channel, Failure> {
    Channel::ALL
        .iter()
        .copied()
        .find(|one| one.name() == name)
        .ok_or_else(|| Refusal::field("channel", "The channel must be global, party, faction or whisper.").into())
}

/// A text as it travels. (The module has no NFC of its own; the browser has.)
fn nfc(text: &str) -> String {
    JsString::from(text).normalize("NFC").into()
}

fn character(number: f64, field: &str) -> Result<CharacterId, Failure> {
    id(number, CharacterId::new, field)
}

fn party(number: f64) -> Result<PartyId, Failure> {
    id(number, PartyId::new, "party_id")
}

impl RawClient {
    fn wish(&self, wish: Wish) -> Result<Promise, JsValue> {
        Ok(self.shell.request(|session| session.wish(wish, runtime::now()))?)
    }

    fn ask(&self, message: &ClientMessage) -> Result<Promise, JsValue> {
        Ok(self.shell.request(|session| session.request(message, runtime::now()))?)
    }
}

#[wasm_bindgen]
impl RawClient {
    /// Says something on a channel; a whisper names its recipient by id or by name.
    ///
    /// # Errors
    /// EMPTY, TOO_LONG, INVALID_FIELD, NOT_CONNECTED.
    #[wasm_bindgen(js_name = sendChat)]
    pub fn send_chat(
        &self,
        content: &str,
        channel_name: &str,
        recipient_id: Option<f64>,
        recipient_name: Option<String>,
    ) -> Result<Promise, JsValue> {
        // Judged here as the server will, before it travels.
        let content = nfc(content);
        Draft::new(&content).accept().map_err(Failure::from)?;
        let named =
            |name: String| Text::parse(&name).map_err(|_| Refusal::field("recipient_name", "This is no name."));
        self.ask(&ClientMessage::Chat(SendChat {
            recipient_id: recipient_id.map(|number| character(number, "recipient_id")).transpose()?,
            recipient_name: recipient_name.map(named).transpose().map_err(Failure::from)?,
            ..SendChat::new(&content, channel(channel_name)?)
        }))
    }

    /// What was said before on a channel. Whispers are nowhere but here: they are what
    /// was heard in this stay.
    ///
    /// # Errors
    /// INVALID_FIELD, NOT_CONNECTED.
    #[wasm_bindgen(js_name = getHistory)]
    pub fn get_history(&self, channel_name: &str, before: Option<f64>) -> Result<Promise, JsValue> {
        let channel = channel(channel_name)?;
        let before = before.map(|number| id(number, Some, "before")).transpose()?;
        if channel == Channel::Whisper {
            return Ok(Promise::resolve(&self.heard_whispers(before)?));
        }
        self.ask(&ClientMessage::ChatHistory(ChatHistoryRequest { channel, before }))
    }

    /// What was said lately on a channel, the oldest first.
    ///
    /// # Errors
    /// INVALID_FIELD.
    #[wasm_bindgen(js_name = getMessages)]
    pub fn get_messages(&self, channel_name: &str) -> Result<JsValue, JsValue> {
        let channel = channel(channel_name)?;
        Ok(self.shell.read(|session| to_js(&session.lines(channel).collect::<Vec<&Line>>()))?)
    }

    /// Mutes a character, or hears it again.
    ///
    /// # Errors
    /// INVALID_FIELD, NOT_CONNECTED.
    pub fn mute(&self, character_id: f64, muted: bool) -> Result<Promise, JsValue> {
        let character_id = character(character_id, "character_id")?;
        self.ask(&ClientMessage::Mute(Mute { character_id, muted }))
    }

    /// Whom one has muted, by id.
    #[must_use]
    pub fn muted(&self) -> Array {
        self.shell.read(|session| session.muted().map(|id| JsValue::from(id.get() as f64)).collect())
    }

    /// The party one is in, or null.
    ///
    /// # Errors
    /// None in practice.
    #[wasm_bindgen(js_name = getParty)]
    pub fn get_party(&self) -> Result<JsValue, JsValue> {
        Ok(self.shell.read(|session| to_js(&session.party()))?)
    }

    /// The invitations one has, the oldest first.
    ///
    /// # Errors
    /// None in practice.
    #[wasm_bindgen(js_name = getInvitations)]
    pub fn get_invitations(&self) -> Result<JsValue, JsValue> {
        let now = runtime::now();
        let open = self.shell.read(|session| {
            let open = session.invitations().iter().map(|invitation| invitation.open(now));
            to_js(&open.collect::<Vec<Open<'_>>>())
        });
        Ok(open?)
    }

    /// Founds a party.
    ///
    /// # Errors
    /// INVALID_FIELD, NOT_CONNECTED.
    #[wasm_bindgen(js_name = createParty)]
    pub fn create_party(&self, name: Option<String>) -> Result<Promise, JsValue> {
        let named = |name: String| {
            let why = "The party's name must be at most 160 bytes long.";
            Text::parse(&nfc(&name)).map_err(|_| Failure::from(Refusal::field("party_name", why)))
        };
        self.wish(Wish::Create(name.map(named).transpose()?))
    }

    /// Invites somebody, by id or by name.
    ///
    /// # Errors
    /// INVALID_FIELD, NOT_IN_PARTY, NOT_CONNECTED.
    #[wasm_bindgen(js_name = inviteToParty)]
    pub fn invite_to_party(&self, invitee_id: Option<f64>, invitee_name: Option<String>) -> Result<Promise, JsValue> {
        let whom = match (invitee_id, invitee_name) {
            (Some(number), _) => Whom::Id(character(number, "invitee_id")?),
            (None, name) => {
                // What cannot be anybody's name is nobody's.
                let name = name.unwrap_or_default();
                let name = CharacterName::parse(name.trim())
                    .map_err(|why| Failure::from(Refusal::field("invitee_name", format!("A name {why}."))))?;
                Whom::Name(Text::cut(name.as_str()))
            }
        };
        self.wish(Wish::Invite(whom))
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// INVALID_FIELD, NOT_IN_PARTY, NOT_CONNECTED.
    #[wasm_bindgen(js_name = withdrawInvite)]
    pub fn withdraw_invite(&self, invitee: f64) -> Result<Promise, JsValue> {
        self.wish(Wish::Withdraw(character(invitee, "character_id")?))
    }

    /// Joins a party by its invitation.
    ///
    /// # Errors
    /// INVALID_FIELD, NOT_CONNECTED.
    #[wasm_bindgen(js_name = acceptInvite)]
    pub fn accept_invite(&self, party_id: f64) -> Result<Promise, JsValue> {
        self.wish(Wish::Accept(party(party_id)?))
    }

    /// Turns an invitation down.
    ///
    /// # Errors
    /// INVALID_FIELD, NOT_CONNECTED.
    #[wasm_bindgen(js_name = declineInvite)]
    pub fn decline_invite(&self, party_id: f64) -> Result<Promise, JsValue> {
        self.wish(Wish::Decline(party(party_id)?))
    }

    /// Leaves the party.
    ///
    /// # Errors
    /// NOT_IN_PARTY, NOT_CONNECTED.
    #[wasm_bindgen(js_name = leaveParty)]
    pub fn leave_party(&self) -> Result<Promise, JsValue> {
        self.wish(Wish::Leave)
    }

    /// Puts a member out of the party.
    ///
    /// # Errors
    /// INVALID_FIELD, NOT_IN_PARTY, NOT_CONNECTED.
    #[wasm_bindgen(js_name = kickFromParty)]
    pub fn kick_from_party(&self, member: f64) -> Result<Promise, JsValue> {
        self.wish(Wish::Kick(character(member, "character_id")?))
    }

    /// Ends the party.
    ///
    /// # Errors
    /// NOT_IN_PARTY, NOT_CONNECTED.
    #[wasm_bindgen(js_name = disbandParty)]
    pub fn disband_party(&self) -> Result<Promise, JsValue> {
        self.wish(Wish::Disband)
    }

    /// Makes a member the leader.
    ///
    /// # Errors
    /// INVALID_FIELD, NOT_IN_PARTY, NOT_CONNECTED.
    pub fn promote(&self, member: f64) -> Result<Promise, JsValue> {
        self.wish(Wish::Promote(character(member, "character_id")?))
    }

    /// Changes the loot rule.
    ///
    /// # Errors
    /// INVALID_FIELD, NOT_IN_PARTY, NOT_CONNECTED.
    #[wasm_bindgen(js_name = setLootSharing)]
    pub fn set_loot_sharing(&self, rule: &str) -> Result<Promise, JsValue> {
        let rule = LootSharing::ALL.iter().copied().find(|one| one.name() == rule).ok_or_else(|| {
            Failure::from(Refusal::field("loot_sharing", "The rule must be equal, leader or roll."))
        })?;
        self.wish(Wish::Loot(rule))
    }
}

impl RawClient {
    fn heard_whispers(&self, before: Option<u64>) -> Result<JsValue, Failure> {
        self.shell.read(|session| {
            let lines = session.lines(Channel::Whisper);
            let earlier = lines.filter(|line| before.is_none_or(|before| line.key < before));
            let messages = earlier
                .map(|line| Past { number: line.key, timestamp: line.timestamp.0.as_seconds(), chat: &line.chat })
                .collect();
            to_js(&Heard { channel: Channel::Whisper, messages })
        })
    }
}
