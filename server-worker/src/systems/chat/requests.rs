//! What players want of chat, and how it is served.

use super::{Scope, Utterance, fact::Muted, memory::Memory};
use crate::calls::BatchNumber;
use crate::{
    calls::{
        character::{self, Entered},
        hub::{self, Audience, Deliver, Delivery, Key, Telling},
        world,
    },
    service::{Actor, Platform, Result, find, find_by_name, owner_of},
    systems::{Asker, Batch, Change, Here, Lane, Occasion, Remembered, Reply, Settings, Step, System, Told, party},
    text::{
        content::content,
        filter::{Filter, reworded},
    },
};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::{CharacterId, PartyId},
    limits::{CHAT_RATE, Rate},
    protocol::{
        ClientMessage, ServerMessage,
        bounded::List,
        chat::{self, Channel, ChatHistory, ChatHistoryRequest, Mute, PastChat, SendChat},
    },
    text::CharacterName,
    time::Millis,
};

/// The system.
#[derive(Debug)]
pub struct Chat;

/// What somebody wants of chat.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// To say something on a channel.
    Say(Channel, Box<SendChat>),
    /// To have something said brought into its order.
    Utter(Box<Utterance>),
    /// To whisper something to somebody who is not here.
    Whisper(Box<chat::Chat>, Whispered),
    /// To read what was said.
    Read(ChatHistoryRequest),
    /// To read what was said in a party, before this number.
    ReadParty(PartyId, Option<u64>),
    /// To be handed what was said on a channel before more than this many words were heard.
    Recall(Channel, u64),
    /// To mute somebody, or hear it again.
    Mute(Mute),
}

/// Whom a whisper is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whispered {
    /// The character of this id.
    Id(CharacterId),
    /// The character of this name.
    Name(CharacterName),
}

/// What is said to everybody and to factions, on its way to World.
pub const WORLD: Lane = Lane("world", 0);

/// The requests that wait for World's last words.
pub const MEMORY: Lane = Lane("memory", 0);

/// What is said in a party, on its way there.
#[must_use]
pub const fn lane_of(party: PartyId) -> Lane {
    Lane("party", party.get())
}

impl System for Chat {
    type Request = Request;
    type Fact = Muted;
    type Local = Memory;

    const RATE: Rate = CHAT_RATE;

    fn has_own_rate(message: &ClientMessage) -> bool {
        matches!(
            message,
            ClientMessage::Chat(_)
                | ClientMessage::Whisper(_)
                | ClientMessage::PartyChat(_)
                | ClientMessage::FactionChat(_)
        )
    }

    fn read(message: ClientMessage) -> std::result::Result<Request, Box<ClientMessage>> {
        let say = |channel, chat| Ok(Request::Say(channel, Box::new(chat)));
        match message {
            ClientMessage::Chat(chat) => say(chat.channel.unwrap_or_default(), chat),
            ClientMessage::Whisper(chat) => say(Channel::Whisper, chat),
            ClientMessage::PartyChat(chat) => say(Channel::Party, chat),
            ClientMessage::FactionChat(chat) => say(Channel::Faction, chat),
            ClientMessage::ChatHistory(asked) => Ok(Request::Read(asked)),
            ClientMessage::Mute(mute) => Ok(Request::Mute(mute)),
            other => Err(Box::new(other)),
        }
    }

    fn begin(here: &Here<'_>, memory: &Memory, request: Request) -> Result<Step<Request>> {
        match request {
            Request::Say(channel, chat) => say(here, channel, *chat),
            Request::Read(asked) => read(here, memory, asked),
            Request::Recall(channel, since) => Ok(recall(here, memory, channel, since)),
            Request::Utter(_) | Request::Whisper(..) | Request::ReadParty(..) | Request::Mute(_) => {
                Ok(Step::InTurn(request))
            }
        }
    }

    async fn serve(on: &impl Platform, _: &Settings, asker: &Asker, request: Request) -> Result<Reply> {
        match request {
            Request::Whisper(chat, to) => {
                let chat = whisper(on, *chat, to).await?;
                Ok(Reply::answer(Told::reliably(ServerMessage::chat(chat))))
            }
            Request::ReadParty(party, before) => {
                let view = party::view(on, asker.actor.character, party).await?;
                let older = view.history.into_iter().filter(|past| before.is_none_or(|before| past.number < before));
                Ok(Reply::answer(history(asker, Channel::Party, older)))
            }
            Request::Mute(mute) => {
                let mute = self::mute(on, asker.actor, mute).await?;
                Ok(Reply::answer(Told::reliably(ServerMessage::Mute(mute.clone())).changing(Change::Chat(mute))))
            }
            // Served in the hub, or together.
            Request::Say(..) | Request::Utter(_) | Request::Read(_) | Request::Recall(..) => {
                Err(ErrorCode::NotAvailable.into())
            }
        }
    }

    async fn serve_together(
        on: &impl Platform,
        batch: &Batch,
        requests: &[(Asker, Request)],
    ) -> Result<Vec<Result<Reply>>> {
        let Batch { hub, lane, number } = *batch;
        let utterances = || {
            let said = requests.iter().filter_map(|(_, request)| match request {
                Request::Utter(utterance) => Some((**utterance).clone()),
                _ => None,
            });
            said.collect::<Vec<_>>()
        };
        if lane == WORLD {
            on.ask(&world::object_name(), world::Say { hub, batch: number, utterances: utterances() }).await?;
            return Ok(requests.iter().map(|_| Ok(Reply::default())).collect());
        }
        if lane == MEMORY {
            let mut histories = Some(on.ask(&world::object_name(), world::Listen { hub }).await?);
            let again = requests.iter().map(|(_, request)| Reply {
                remembered: histories.take().map(Remembered::Chat),
                again: Some(crate::systems::Request::Chat(request.clone())),
                ..Reply::default()
            });
            return Ok(again.map(Ok).collect());
        }
        say_in_party(on, hub, lane, number, utterances()).await
    }

    async fn introduce(_: &impl Platform, entered: &Entered) -> Vec<Told> {
        let mute = |character_id: &CharacterId| {
            let mute = Mute { character_id: *character_id, muted: true };
            Told::once(ServerMessage::Mute(mute.clone())).changing(Change::Chat(mute))
        };
        entered.muted.iter().map(mute).collect()
    }

    fn unasked(occasion: Occasion, _: &Muted, memory: &Memory) -> Vec<Request> {
        match occasion {
            Occasion::Entered => {
                [Channel::Global, Channel::Faction].map(|channel| Request::Recall(channel, memory.count())).into()
            }
            // What it has missed is replayed to it.
            Occasion::Resumed => Vec::new(),
        }
    }
}

/// Decides about something that is to be said: whether the asker may say it, and in which form
/// others read it.
fn say(here: &Here<'_>, channel: Channel, chat: SendChat) -> Result<Step<Request>> {
    let sender = here.asker;
    if chat.sender_id.is_some_and(|named| named != sender.actor.character) {
        return Err(Refusal::new(ErrorCode::NotYourCharacter).at("sender_id"));
    }
    if let Some(until) = sender.silenced.filter(|until| *until > here.now) {
        let muted = Refusal::new(ErrorCode::Muted);
        let for_good = until == Millis::LAST;
        return Err(if for_good { muted } else { muted.after(until.since(here.now) as f64 / 1000.0) });
    }
    let filter = here.settings.word_filter.as_ref().map(|list| list as &dyn Filter);
    let message = chat::Chat {
        sender_id: sender.actor.character,
        sender_name: sender.name.clone(),
        channel,
        content: reworded(filter, content(&chat.content)?),
        recipient_id: None,
        recipient_name: None,
        encrypted: chat.encrypted,
    };
    let (lane, scope) = match channel {
        Channel::Global => (WORLD, Scope::Everybody),
        Channel::Faction => (WORLD, Scope::Faction(sender.faction)),
        Channel::Party => (lane_of(sender.facts.party().party().ok_or(ErrorCode::NotInParty)?), Scope::Party),
        Channel::Whisper => {
            let to = recipient(chat.recipient_id, chat.recipient_name.as_ref().map(|name| name.as_str()))?;
            return Ok(whisper_here(here, message, to));
        }
    };
    let utterance = Utterance { audience: scope, chat: message, origin: sender.origin() };
    Ok(Step::Together(lane, Request::Utter(Box::new(utterance))))
}

/// Whispers at once to somebody in this hub, and to anybody else through its Character.
fn whisper_here(here: &Here<'_>, mut chat: chat::Chat, to: Whispered) -> Step<Request> {
    let present = match &to {
        Whispered::Id(character) => here.players.by_id(*character),
        Whispered::Name(name) => here.players.by_name(name),
    };
    let Some(present) = present.filter(|_| !here.is_busy) else {
        return Step::InTurn(Request::Whisper(Box::new(chat), to));
    };
    (chat.recipient_id, chat.recipient_name) = (Some(present.character), Some(present.name));
    let delivery = Delivery {
        key: Key::Unkeyed,
        to: Audience::Places(vec![(present.character, present.visit)]),
        from: Some(chat.sender_id),
        answers: Some(here.asker.origin()),
        message: ServerMessage::chat(chat),
        telling: Telling::Reliably,
        change: None,
    };
    Step::Done(Box::new(Reply::later(vec![delivery])))
}

/// Whom a whisper is for: by id, else by name.
fn recipient(id: Option<CharacterId>, name: Option<&str>) -> Result<Whispered> {
    match (id, name) {
        (Some(character), _) => Ok(Whispered::Id(character)),
        (None, Some(name)) => CharacterName::parse(name)
            .map(Whispered::Name)
            .map_err(|problem| Refusal::field("recipient_name", format!("A name {problem}."))),
        (None, None) => Err(Refusal::field("recipient_id", "A whisper needs a recipient.")),
    }
}

fn read(here: &Here<'_>, memory: &Memory, asked: ChatHistoryRequest) -> Result<Step<Request>> {
    let ChatHistoryRequest { channel, before } = asked;
    match channel {
        Channel::Party => {
            let party = here.asker.facts.party().party().ok_or(ErrorCode::NotInParty)?;
            Ok(Step::InTurn(Request::ReadParty(party, before)))
        }
        // No object keeps whispers: only the two who whisper have them.
        Channel::Whisper => Ok(Step::Done(Box::new(Reply::answer(history(here.asker, channel, []))))),
        Channel::Global | Channel::Faction if memory.is_whole() => {
            let past = memory.past(channel, here.asker.faction, before, None);
            Ok(Step::Done(Box::new(Reply::answer(history(here.asker, channel, past.into_vec())))))
        }
        Channel::Global | Channel::Faction => Ok(Step::Together(MEMORY, Request::Read(asked))),
    }
}

/// Hands somebody who has entered what was said before; nothing, if nothing was said.
fn recall(here: &Here<'_>, memory: &Memory, channel: Channel, since: u64) -> Step<Request> {
    if !memory.is_whole() {
        return Step::Together(MEMORY, Request::Recall(channel, since));
    }
    let past = memory.past(channel, here.asker.faction, None, Some(since)).into_vec();
    let told = (!past.is_empty()).then(|| history(here.asker, channel, past));
    Step::Done(Box::new(Reply { answer: told, ..Reply::default() }))
}

/// What was said, without the words of those whom the asker does not want to hear.
fn history(asker: &Asker, channel: Channel, past: impl IntoIterator<Item = PastChat>) -> Told {
    let heard = past.into_iter().filter(|past| asker.facts.hears(past.chat.sender_id));
    Told::once(ServerMessage::ChatHistory(ChatHistory { channel, messages: List::of(heard) }))
}

async fn say_in_party(
    on: &impl Platform,
    hub: u32,
    lane: Lane,
    batch: BatchNumber,
    utterances: Vec<Utterance>,
) -> Result<Vec<Result<Reply>>> {
    let party = PartyId::new(lane.1).ok_or(ErrorCode::Internal)?;
    let say = party::contract::Say { hub, batch, utterances };
    let refused = on.ask(&party::contract::object_name(party), say).await?;
    Ok(refused.into_iter().map(|code| code.map_or(Ok(Reply::default()), |code| Err(code.into()))).collect())
}

/// Whispers to somebody, wherever they are, and returns the whisper with its recipient. A
/// recipient who has muted the sender does not hear it, and the sender does not learn that.
///
/// # Errors
/// NOT_FOUND if there is no such character, RECIPIENT_OFFLINE if it is not in the world.
pub(crate) async fn whisper(on: &impl Platform, chat: chat::Chat, to: Whispered) -> Result<chat::Chat> {
    let (recipient, field) = match to {
        Whispered::Id(character) => (Ok(character), "recipient_id"),
        Whispered::Name(name) => (find_by_name(on, &name).await, "recipient_name"),
    };
    let at_fault = |refusal: Refusal| refusal.at(field);
    let recipient = recipient.map_err(at_fault)?;
    let found = find(on, recipient).await.map_err(at_fault)?;
    let offline = || Refusal::new(ErrorCode::RecipientOffline).at(field);
    let visit = found.visit.ok_or_else(offline)?;
    let chat = chat::Chat { recipient_id: Some(recipient), recipient_name: Some(found.name), ..chat };
    let delivery = Delivery {
        key: Key::Once(on.draw(|entropy| entropy.next_u64())),
        to: Audience::Places(vec![(recipient, visit)]),
        from: Some(chat.sender_id),
        answers: None,
        message: ServerMessage::chat(chat.clone()),
        telling: Telling::Reliably,
        change: None,
    };
    let absent = on.ask(&hub::object_name(visit.hub), Deliver { deliveries: vec![delivery] }).await?;
    if absent.is_empty() { Ok(chat) } else { Err(offline()) }
}

/// Mutes a character, or hears it again.
///
/// # Errors
/// NOT_FOUND, TOO_MANY_MUTED.
pub(crate) async fn mute(on: &impl Platform, actor: Actor, mute: Mute) -> Result<Mute> {
    if mute.muted {
        owner_of(on, mute.character_id).await.map_err(|refusal| refusal.at("character_id"))?;
    }
    let call = character::Mute { owner: actor.owner, character: mute.character_id, muted: mute.muted };
    on.ask(&character::object_name(actor.character), call).await?;
    Ok(mute)
}
