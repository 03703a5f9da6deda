//! What a character does in a party. Joining takes a seat at both ends: the Character claims
//! it, the Party gives it. If nothing is heard of a claim again, the Character's alarm settles
//! it; a claim that stands in the way of another is settled at once.

use super::{
    contract::{self as party, View},
    fact::{Change, Membership},
};
use crate::{
    calls::{
        account,
        character::{self, Entered, Joiner, Parties, Seat},
    },
    letters::is_lost,
    service::{Actor, Platform, Result, find, find_by_name},
    systems::{self, Asker, Here, Occasion, Reply, Settings, Step, System, Told},
    text::names::party_name,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::{CharacterId, PartyId},
    limits::CLAIM_SETTLES_AFTER,
    protocol::{
        ClientMessage, ServerMessage,
        bounded::List,
        chat::{Channel, ChatHistory},
        party::{LootSharing, PartyInvite, PartyName, PartyUpdate},
    },
    text::CharacterName,
};

/// The system.
#[derive(Debug)]
pub struct Party;

/// What a hub asks of parties.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// What somebody wants, and the character it names as its own.
    Do(PartyRequest, Option<CharacterId>),
    /// How a party is now, because word of it may have been lost.
    Now(PartyId),
}

impl System for Party {
    type Request = Request;
    type Fact = Membership;
    type Local = ();

    fn read(message: ClientMessage) -> std::result::Result<Request, Box<ClientMessage>> {
        let inviter = if let ClientMessage::PartyInvite(invite) = &message { invite.inviter_id } else { None };
        PartyRequest::of(message).map(|request| Request::Do(request, inviter))
    }

    fn begin(here: &Here<'_>, (): &(), request: Request) -> Result<Step<Request>> {
        match request {
            Request::Do(_, Some(inviter)) if inviter != here.asker.actor.character => {
                Err(Refusal::new(ErrorCode::NotYourCharacter).at("inviter_id"))
            }
            Request::Do(..) => Ok(Step::InTurn(request)),
            Request::Now(_) => Ok(Step::AtOnce(request)),
        }
    }

    async fn serve(on: &impl Platform, settings: &Settings, asker: &Asker, request: Request) -> Result<Reply> {
        let answer = match request {
            Request::Do(request, _) => party_request(on, settings.party_size, asker.actor, request).await?,
            Request::Now(party) => PartyAnswer::Update(view(on, asker.actor.character, party).await?.update),
        };
        Ok(Reply::answer(match answer {
            PartyAnswer::Invite(invite) => Told::reliably(ServerMessage::PartyInvite(invite)),
            PartyAnswer::Update(update) => told(update),
        }))
    }

    async fn introduce(on: &impl Platform, entered: &Entered) -> Vec<Told> {
        let invited = entered.invited.iter().cloned();
        let mut all: Vec<Told> = invited.map(|invite| Told::once(ServerMessage::PartyInvite(invite))).collect();
        let me = entered.sheet.id;
        let view = match entered.party {
            // Somebody who is being put out just now finds that the party is no longer its own.
            Some(party) => view(on, me, party).await.ok().filter(|view| view.update.member_ids.contains(&me)),
            None => None,
        };
        if let Some(View { update, history }) = view {
            all.push(told(update));
            let hears = |sender: CharacterId| entered.muted.binary_search(&sender).is_err();
            let heard: Vec<_> = history.into_iter().filter(|past| hears(past.chat.sender_id)).collect();
            if !heard.is_empty() {
                let history = ChatHistory { channel: Channel::Party, messages: List::of(heard) };
                all.push(Told::once(ServerMessage::ChatHistory(history)));
            }
        }
        all
    }

    fn unasked(occasion: Occasion, membership: &Membership, (): &()) -> Vec<Request> {
        match occasion {
            Occasion::Resumed => membership.party().map(Request::Now).into_iter().collect(),
            // It has just been introduced.
            Occasion::Entered => Vec::new(),
        }
    }
}

fn told(update: PartyUpdate) -> Told {
    let change = systems::Change::Party(Change::from(&update));
    Told::reliably(ServerMessage::PartyUpdate(update)).changing(change)
}

/// What somebody wants of a party.
#[derive(Debug, Clone, PartialEq)]
pub enum PartyRequest {
    /// To found one.
    Create(Option<PartyName>),
    /// To invite somebody into one.
    Invite(PartyId, CharacterId),
    /// To invite whoever has this name.
    InviteByName(PartyId, String),
    /// To join by an invitation.
    Accept(PartyId),
    /// To turn an invitation down.
    Decline(PartyId),
    /// To leave.
    Leave(PartyId),
    /// To end it.
    Disband(PartyId),
    /// To put somebody out.
    Kick(PartyId, CharacterId),
    /// To take an invitation back.
    Withdraw(PartyId, CharacterId),
    /// To make somebody the leader.
    Promote(PartyId, CharacterId),
    /// To change the loot rule.
    Loot(PartyId, LootSharing),
}

impl PartyRequest {
    /// The request in a message, if it is about parties.
    ///
    /// # Errors
    /// The message, if it is not.
    pub fn of(message: ClientMessage) -> std::result::Result<Self, Box<ClientMessage>> {
        Ok(match message {
            ClientMessage::PartyCreate(create) => Self::Create(create.party_name),
            ClientMessage::PartyInvite(invite) => match invite.invitee_id {
                Some(invitee) => Self::Invite(invite.party_id, invitee),
                None => {
                    let name = invite.invitee_name.map(|name| name.as_str().to_owned());
                    Self::InviteByName(invite.party_id, name.unwrap_or_default())
                }
            },
            ClientMessage::PartyAccept(party) => Self::Accept(party.party_id),
            ClientMessage::PartyDecline(party) => Self::Decline(party.party_id),
            ClientMessage::PartyLeave(party) => Self::Leave(party.party_id),
            ClientMessage::PartyDisband(party) => Self::Disband(party.party_id),
            ClientMessage::PartyKick(member) => Self::Kick(member.party_id, member.character_id),
            ClientMessage::PartyWithdraw(member) => Self::Withdraw(member.party_id, member.character_id),
            ClientMessage::PartyPromote(member) => Self::Promote(member.party_id, member.character_id),
            ClientMessage::PartyLoot(loot) => Self::Loot(loot.party_id, loot.loot_sharing),
            other => return Err(Box::new(other)),
        })
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum PartyAnswer {
    /// The party as it is now.
    Update(PartyUpdate),
    /// The invitation's own copy.
    Invite(PartyInvite),
}

/// Does what somebody wants of a party. It must be their own, or one that they are invited into:
/// naming any other must not create it.
///
/// # Errors
/// NOT_YOUR_CHARACTER, ALREADY_IN_PARTY, NOT_IN_PARTY, NOT_LEADER, NOT_FOUND, PARTY_FULL,
/// RECIPIENT_OFFLINE, RATE_LIMITED, INVALID_FIELD and NAME_RESERVED for a new party's name.
pub async fn party_request(
    on: &impl Platform,
    max_members: u8,
    actor: Actor,
    request: PartyRequest,
) -> Result<PartyAnswer> {
    let key = on.draw(|entropy| entropy.next_u64());
    let by = actor.character;
    let update = match request {
        PartyRequest::Create(name) => found(on, max_members, actor, name).await,
        PartyRequest::Invite(party, invitee) => {
            let object = inviting(on, actor, party, key).await?;
            let invite = invitation(on, by, invitee, key).await.map_err(|refusal| refusal.at("invitee_id"))?;
            return on.ask(&object, invite).await.map(PartyAnswer::Invite);
        }
        PartyRequest::InviteByName(party, name) => {
            let object = inviting(on, actor, party, key).await?;
            let invitee = named(on, &name).await?;
            let invite = invitation(on, by, invitee, key).await.map_err(|refusal| refusal.at("invitee_name"))?;
            return on.ask(&object, invite).await.map(PartyAnswer::Invite);
        }
        PartyRequest::Accept(party) => accept(on, actor, party).await,
        PartyRequest::Decline(party) => {
            let known = parties(on, actor).await?;
            let invitation = invitation_into(&known, party)?;
            let decline = party::Decline { key, character: by, invitation };
            on.ask(&party::object_name(party), decline).await
        }
        PartyRequest::Leave(party) => {
            let object = own(on, actor, party).await?;
            on.ask(&object, party::Leave { key, character: by }).await
        }
        PartyRequest::Disband(party) => on.ask(&own(on, actor, party).await?, party::Disband { key, by }).await,
        PartyRequest::Kick(party, character) => {
            on.ask(&own(on, actor, party).await?, party::Kick { key, by, character }).await
        }
        PartyRequest::Withdraw(party, character) => {
            on.ask(&own(on, actor, party).await?, party::Withdraw { key, by, character }).await
        }
        PartyRequest::Promote(party, character) => {
            on.ask(&own(on, actor, party).await?, party::Promote { key, by, character }).await
        }
        PartyRequest::Loot(party, loot) => {
            on.ask(&own(on, actor, party).await?, party::SetLoot { key, by, loot }).await
        }
    };
    update.map(PartyAnswer::Update)
}

async fn parties(on: &impl Platform, actor: Actor) -> Result<Parties> {
    on.ask(&character::object_name(actor.character), character::GetParties { owner: actor.owner }).await
}

/// The object of a character's own party.
async fn own(on: &impl Platform, actor: Actor, party: PartyId) -> Result<String> {
    match parties(on, actor).await?.seat {
        Some(seat) if seat.party == party => Ok(party::object_name(party)),
        _ => Err(Refusal::new(ErrorCode::NotInParty).at("party_id")),
    }
}

/// The object of a character's own party, for an invitation: the Character counts how often it
/// invites.
async fn inviting(on: &impl Platform, actor: Actor, party: PartyId, key: u64) -> Result<String> {
    let begin = character::BeginInvite { owner: actor.owner, party, key };
    let begun = on.ask(&character::object_name(actor.character), begin).await;
    begun.map_err(|refusal| match refusal.code {
        ErrorCode::NotInParty => refusal.at("party_id"),
        _ => refusal,
    })?;
    Ok(party::object_name(party))
}

fn invitation_into(known: &Parties, party: PartyId) -> Result<u64> {
    let open = known.invited.iter().find(|open| open.party == party);
    let refusal = || Refusal::new(ErrorCode::NotFound).at("party_id").saying("You are not invited into this party.");
    open.map(|open| open.key).ok_or_else(refusal)
}

async fn found(on: &impl Platform, max_members: u8, actor: Actor, name: Option<PartyName>) -> Result<PartyUpdate> {
    let name = party_name(name)?;
    let (party, key) = on.draw(|entropy| (PartyId::random(entropy), entropy.next_u64()));
    let until = on.now() + CLAIM_SETTLES_AFTER;
    let founder = claim(on, actor, Seat { party, key }).await?;
    let joined = match on.ask(&account::object_name(actor.owner), account::FoundParty { party }).await {
        Ok(()) => {
            let create = party::Create { key, party, name, max_members, founder, until };
            on.ask(&party::object_name(party), create).await
        }
        Err(refusal) => Err(refusal),
    };
    take_seat(on, actor, key, joined).await
}

async fn accept(on: &impl Platform, actor: Actor, party: PartyId) -> Result<PartyUpdate> {
    let known = parties(on, actor).await?;
    if known.seat.is_some_and(|seat| seat.party == party)
        && let Ok(view) = view(on, actor.character, party).await
        && view.update.member_ids.contains(&actor.character)
    {
        // The answer to an earlier try was lost on its way.
        return Ok(view.update);
    }
    let invitation = invitation_into(&known, party)?;
    let key = on.draw(|entropy| entropy.next_u64());
    let joiner = claim(on, actor, Seat { party, key }).await?;
    let joined = on.ask(&party::object_name(party), party::Accept { key, invitation, joiner }).await;
    take_seat(on, actor, key, joined).await
}

/// Claims a seat. An older seat that stands in the way may be left over: its party is asked, and
/// if it does not hold the seat, that is released.
async fn claim(on: &impl Platform, actor: Actor, seat: Seat) -> Result<Joiner> {
    let object = character::object_name(actor.character);
    let claim = character::Claim { owner: actor.owner, party: seat.party, key: seat.key };
    let refusal = match on.ask(&object, claim.clone()).await {
        Err(refusal) if refusal.code == ErrorCode::AlreadyInParty => refusal,
        other => return other,
    };
    let Some(older) = parties(on, actor).await?.seat else { return on.ask(&object, claim).await };
    let holds = party::Holds { character: actor.character, seat: older.key };
    if on.ask(&party::object_name(older.party), holds).await? {
        return Err(refusal);
    }
    on.ask(&object, character::Release { seat: older.key }).await?;
    on.ask(&object, claim).await
}

/// Tells the Character what became of its claim. If the party's answer is lost, the Character
/// finds out by itself.
async fn take_seat(on: &impl Platform, actor: Actor, key: u64, joined: Result<PartyUpdate>) -> Result<PartyUpdate> {
    let object = character::object_name(actor.character);
    match &joined {
        Ok(_) => drop(on.ask(&object, character::Seated { key }).await),
        Err(refusal) if is_lost(refusal) => {}
        Err(_) => drop(on.ask(&object, character::Release { seat: key }).await),
    }
    joined
}

/// Finds out who is invited, and whether that can be.
async fn invitation(on: &impl Platform, by: CharacterId, invitee: CharacterId, key: u64) -> Result<party::Invite> {
    if invitee == by {
        return Err(ErrorCode::AlreadyInParty.into());
    }
    let found = find(on, invitee).await?;
    if found.party.is_some() {
        return Err(ErrorCode::AlreadyInParty.into());
    }
    let visit = found.visit.ok_or(ErrorCode::RecipientOffline)?;
    Ok(party::Invite { key, by, invitee, name: found.name, visit })
}

/// Who is meant by a name that a client has sent.
async fn named(on: &impl Platform, name: &str) -> Result<CharacterId> {
    if name.is_empty() {
        return Err(Refusal::field("invitee_id", "Say who is invited: by invitee_id or invitee_name."));
    }
    let name =
        CharacterName::parse(name).map_err(|problem| Refusal::field("invitee_name", format!("A name {problem}.")))?;
    find_by_name(on, &name).await.map_err(|refusal| refusal.at("invitee_name"))
}

/// A party, to a character that is in it or invited into it.
///
/// # Errors
/// NOT_FOUND.
pub async fn look_at_party(on: &impl Platform, actor: Actor, party: PartyId) -> Result<PartyUpdate> {
    let known = parties(on, actor).await?;
    let is_own = known.seat.is_some_and(|seat| seat.party == party);
    if !is_own {
        invitation_into(&known, party)?;
    }
    view(on, actor.character, party).await.map(|view| view.update)
}

/// What a member is told of its party.
///
/// # Errors
/// NOT_FOUND.
pub async fn view(on: &impl Platform, character: CharacterId, party: PartyId) -> Result<View> {
    on.ask(&party::object_name(party), party::Look { character }).await
}

/// A character's party, and the hub where most of its other members are.
pub async fn gathering(on: &impl Platform, actor: Actor) -> Option<(PartyId, Option<u32>)> {
    let seat = parties(on, actor).await.ok()?.seat?;
    let hub = on.ask(&party::object_name(seat.party), party::Gather { character: actor.character }).await.ok()?;
    Some((seat.party, hub))
}
