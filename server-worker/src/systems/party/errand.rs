//! What a party does with other objects, and what becomes of it.

use super::{
    logic::{Party, Write},
    record::{StoredInvite, StoredUpdate},
};
use crate::{
    calls::{
        character::{self, Place, Visit},
        hub::{self, Audience, Deliver, Delivery, Key, Telling},
    },
    effect::{Context, Errands},
    letters::{self, is_lost},
    service::{Platform, Result},
    systems::Change,
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ids::CharacterId,
    limits::HUB_SILENT,
    protocol::{ServerMessage, party::PartyUpdate},
    time::Millis,
};

/// What other objects must learn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Letter {
    /// To a Character: its seat is no longer its own.
    Released {
        /// Whose.
        character: CharacterId,
        /// Which.
        seat: u64,
    },
    /// To a Character: it is invited.
    Invited {
        /// What tells the invitation from others.
        key: u64,
        /// Until when it is good.
        expires: Millis,
        /// What is told of it.
        invite: StoredInvite,
    },
    /// To a Character: an invitation is no longer good.
    Uninvited {
        /// Whose.
        character: CharacterId,
        /// Which.
        key: u64,
    },
    /// To a Character: its hub does not seem to have it.
    Doubted {
        /// Whose presence it is.
        character: CharacterId,
        /// On which visit.
        visit: Visit,
    },
    /// To a hub: the party as it is now.
    Update {
        /// Which hub.
        hub: u32,
        /// The party.
        update: StoredUpdate,
        /// Who there is told.
        to: Vec<Place>,
    },
}

/// Something to be done with another object.
#[derive(Debug, Clone, PartialEq)]
pub enum Errand {
    /// A letter is to be delivered.
    Letter(u64, Box<letters::Letter<Letter>>),
    /// Words are to be passed on to a hub, once.
    Words(u32, Vec<Delivery>),
}

impl Errands for Party {
    type Errand = Errand;
    /// Which receivers of an update are not there.
    type Outcome = Result<Vec<Place>>;

    fn take_errands(&mut self, now: Millis) -> Vec<Errand> {
        self.errands(now)
    }

    async fn run(on: &impl Platform, errand: &Errand) -> Self::Outcome {
        let nobody = |()| Vec::new();
        match errand {
            Errand::Words(hub, deliveries) => {
                // Members who are not there any more do not hear it.
                let deliver = Deliver { deliveries: deliveries.clone() };
                on.ask(&hub::object_name(*hub), deliver).await.map(|_| Vec::new())
            }
            Errand::Letter(_, letter) => match letter.says.clone() {
                Letter::Released { character, seat } => {
                    on.ask(&character::object_name(character), character::Release { seat }).await.map(nobody)
                }
                Letter::Invited { key, expires, invite } => {
                    let invited = character::Invite { key, expires, invite: invite.into() };
                    on.ask(&character::object_name(invited.invite.invitee_id), invited).await.map(nobody)
                }
                Letter::Uninvited { character, key } => {
                    on.ask(&character::object_name(character), character::Uninvite { key }).await.map(nobody)
                }
                Letter::Doubted { character, visit } => {
                    on.ask(&character::object_name(character), character::Doubt { visit }).await.map(nobody)
                }
                Letter::Update { hub, update, to } => {
                    on.ask(&hub::object_name(hub), Deliver { deliveries: vec![change(update.into(), to)] }).await
                }
            },
        }
    }

    fn finish(&mut self, context: &mut Context<'_, Write>, errand: Errand, outcome: Self::Outcome) {
        let (number, letter) = match errand {
            Errand::Words(hub, _) => return self.fanout.answered(hub),
            Errand::Letter(number, letter) => (number, *letter),
        };
        if let (Letter::Update { to, .. }, posted) = (&letter.says, letter.posted) {
            match &outcome {
                Ok(missing) if !missing.is_empty() => {
                    let Letter::Update { hub, update, .. } = letter.says else { return };
                    let update = Letter::Update { hub, update, to: missing.clone() };
                    return self.missing(context, number, posted, update);
                }
                Err(refusal) if is_lost(refusal) && context.now.since(posted) >= HUB_SILENT => {
                    if self.letters.remove(number) {
                        context.writes.push(Write::Done(number));
                    }
                    return self.are_gone(context, &to.clone());
                }
                _ => {}
            }
        }
        if self.letters.answered(number, context.now, &outcome) {
            context.writes.push(Write::Done(number));
        }
    }
}

/// The delivery by which a hub tells these of a party's change.
#[must_use]
pub fn change(update: PartyUpdate, to: Vec<Place>) -> Delivery {
    Delivery {
        key: Key::Unkeyed,
        to: Audience::Places(to),
        from: None,
        answers: None,
        change: Some(Change::Party((&update).into())),
        message: ServerMessage::PartyUpdate(update),
        telling: Telling::Reliably,
    }
}
