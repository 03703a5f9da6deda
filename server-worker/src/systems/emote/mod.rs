//! **Emote**: gestures, which are seen by those who see the player.
//!
//! - Owns: nothing; a gesture is told once, by the hub alone, and kept nowhere.
//! - Serves: `emote`, at its own rate.
//! - Keeps of a player in a hub: nothing.
//! - Invariant: a player who does not want to hear another does not see its gestures either.

use super::{Asker, Here, Reply, Settings, Step, System, Told};
use crate::{
    calls::hub::{Audience, Delivery, Key, Telling},
    service::{Platform, Result},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    limits::{EMOTE_RATE, Rate},
    protocol::{
        ClientMessage, ServerMessage,
        emote::{self, EmoteName},
    },
    world::EMOTES,
};

/// The system.
#[derive(Debug)]
pub struct Emote;

impl System for Emote {
    type Request = EmoteName;
    type Fact = ();
    type Local = ();

    const RATE: Rate = EMOTE_RATE;

    fn has_own_rate(message: &ClientMessage) -> bool {
        matches!(message, ClientMessage::Emote(_))
    }

    fn read(message: ClientMessage) -> std::result::Result<EmoteName, Box<ClientMessage>> {
        match message {
            ClientMessage::Emote(wanted) => Ok(wanted.emote),
            other => Err(Box::new(other)),
        }
    }

    fn begin(here: &Here<'_>, (): &(), emote: EmoteName) -> Result<Step<EmoteName>> {
        if !EMOTES.contains(&emote.as_str()) {
            let known = EMOTES.join(", ");
            return Err(Refusal::field("emote", format!("There is no such emote. There are {known}.")));
        }
        let who = here.asker.actor.character;
        let message = ServerMessage::Emote(emote::Emote { character_id: who, emote });
        let seen = Delivery {
            key: Key::Unkeyed,
            to: Audience::WhoSees(who),
            from: Some(who),
            answers: None,
            message: message.clone(),
            telling: Telling::Once,
            change: None,
        };
        Ok(Step::Done(Box::new(Reply { answer: Some(Told::once(message)), also: vec![seen], ..Reply::default() })))
    }

    async fn serve(_: &impl Platform, _: &Settings, _: &Asker, _: EmoteName) -> Result<Reply> {
        // Its hub serves it.
        Err(ErrorCode::NotAvailable.into())
    }
}
