//! What a hub has to ask other objects about a connection, and how that is found out: flows
//! over a [`Platform`], so that they run natively too.

use crate::{
    calls::account::Standing,
    config::Config,
    hub::sockets::connection::{ConnectionId, Identity},
    service::{self, Entrance, Platform, Proof, Result},
};
use shardlink_shared::{
    ErrorCode,
    crypto::token::Voucher,
    ids::CharacterId,
    protocol::{account::AuthRequest, character::CharacterCreate, trade::Inventory},
    sheet::Sheet,
    text::Password,
    time::Millis,
};

/// What a hub has to ask other objects about a connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Who is this? Answered by [`Answer::Admitted`].
    Authenticate(AuthRequest),
    /// Is this session good? With a voucher its account need not be asked. Answered by
    /// [`Answer::Admitted`].
    Admit(Identity, Option<Voucher>),
    /// Does this session, whose place was kept over a crash, still stand? Answered by
    /// [`Answer::Stands`].
    Stands(Identity),
    /// Select this character and enter the world. Answered by [`Answer::Entered`].
    Select(Identity, CharacterId),
    /// Which characters are there? Answered by [`Answer::Characters`].
    List(Identity),
    /// What does this character hold? Answered by [`Answer::Inventory`].
    Inventory(Identity, CharacterId),
    /// Make a character. Answered by [`Answer::Created`].
    Create(Identity, CharacterCreate),
    /// Delete a character. Answered by [`Answer::Characters`].
    Delete(Identity, CharacterId),
}

impl Question {
    /// Whether the connection's frames wait for the answer: it decides who is at
    /// the other end.
    #[must_use]
    pub const fn is_awaited(&self) -> bool {
        matches!(self, Self::Authenticate(_) | Self::Admit(..) | Self::Stands(_) | Self::Select(..))
    }
}

/// What other objects answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The session is good.
    Admitted {
        /// Who it is.
        identity: Identity,
        /// The session's token, if the question began the session.
        token: Option<String>,
        /// The character that entered the world, if one was selected.
        entrance: Option<Box<Entrance>>,
        /// Until when the account may not speak.
        silenced: Option<Millis>,
    },
    /// The session stands.
    Stands(Standing),
    /// The character may enter the world.
    Entered(Box<Entrance>),
    /// The account's characters.
    Characters(Vec<Sheet>),
    /// What the character holds.
    Inventory(Inventory),
    /// The character that was made.
    Created(Box<Sheet>),
}

/// A connection that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// Its hub.
    pub hub: u32,
    /// Its number there.
    pub id: ConnectionId,
    /// Where it came from.
    pub address: &'a str,
}

impl Question {
    /// Finds out the answer.
    ///
    /// # Errors
    /// What is refused: each flow in `service/` says what that may be.
    pub async fn find_out(self, on: &impl Platform, config: &Config, about: About<'_>) -> Result<Answer> {
        let visit = about.id.visit(about.hub);
        match self {
            Self::Authenticate(auth) => authenticate(on, config, about, auth).await,
            Self::Admit(identity, voucher) => admit(on, about, identity, voucher, None).await,
            Self::Stands(identity) => service::stands(on, identity, about.hub).await.map(Answer::Stands),
            Self::Select(identity, character) => {
                service::select_character(on, identity, character).await?;
                let entrance = service::enter(on, identity.player, character, visit).await?;
                Ok(Answer::Entered(Box::new(entrance)))
            }
            Self::Inventory(identity, character) => {
                service::inventory(on, identity, character).await.map(Answer::Inventory)
            }
            Self::List(identity) => service::list_characters(on, identity).await.map(Answer::Characters),
            Self::Create(identity, create) => {
                service::create_character(on, identity, create).await.map(|sheet| Answer::Created(Box::new(sheet)))
            }
            Self::Delete(identity, character) => {
                service::delete_character(on, identity, character).await?;
                service::list_characters(on, identity).await.map(Answer::Characters)
            }
        }
    }
}

/// Finds out who this is. If there is a token, the password is not looked at.
async fn authenticate(on: &impl Platform, config: &Config, about: About<'_>, auth: AuthRequest) -> Result<Answer> {
    if let Some(token) = &auth.session_token {
        return admit(on, about, service::identify(config, token.reveal())?, None, None).await;
    }
    let password = auth.password.ok_or(ErrorCode::BadCredentials)?;
    let password = Password::parse(password.reveal()).map_err(|_| ErrorCode::BadCredentials)?;
    let proof = Proof::Password(password);
    let signed_in = service::sign_in(on, config, about.address, &auth.username, proof).await?;
    admit(on, about, signed_in.identity, None, Some(signed_in.token)).await
}

async fn admit(
    on: &impl Platform,
    about: About<'_>,
    identity: Identity,
    voucher: Option<Voucher>,
    token: Option<String>,
) -> Result<Answer> {
    let (entrance, silenced) = service::admit(on, identity, about.id.visit(about.hub), voucher).await?;
    Ok(Answer::Admitted { identity, token, entrance: entrance.map(Box::new), silenced })
}

#[cfg(test)]
mod tests;
