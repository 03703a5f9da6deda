//! What a session may do with itself and its account, and its way to a socket.

use super::{
    Entrance, Platform, Result, SignedIn,
    characters::enter,
    passwords::{Attempt, Proof, prepare},
    people::Actor,
    turns::Asker,
};
use crate::{
    calls::{
        account::{self, Authenticated, Deletion, Standing},
        character::{self, Visit},
        directory::{self, Kind, Named},
        hub, world,
    },
    config::Config,
    hub::sockets::connection::Identity,
    network::Network,
    systems::party,
};
use shardlink_shared::{
    ErrorCode,
    crypto::{
        password::Verifier,
        token::{SessionToken, Ticket, Voucher},
    },
    entropy,
    ids::{PartyId, PlayerId},
    limits::{MAX_HUBS_TRIED, TICKET_LIFE},
    text::Password,
    time::Millis,
};

/// Reads a token. For one that this server did not issue, no object is asked anything.
///
/// # Errors
/// UNAUTHENTICATED.
pub fn identify(config: &Config, token: &str) -> Result<Identity> {
    let token = SessionToken::parse(token, config.server_secret.as_bytes()).ok_or(ErrorCode::Unauthenticated)?;
    Ok(Identity { session: token.id(), player: token.player })
}

/// Whether a session is good; `socket` is the hub whose socket it is for.
///
/// # Errors
/// SESSION_EXPIRED.
pub async fn authenticate(on: &impl Platform, identity: Identity, socket: Option<u32>) -> Result<Authenticated> {
    let question = account::Authenticate { session: identity.session, hub: socket };
    on.ask(&account::object_name(identity.player), question).await
}

/// Whether a session, whose place a hub has kept over a crash, is good.
///
/// # Errors
/// SESSION_EXPIRED, SIGNED_IN_ELSEWHERE.
pub async fn stands(on: &impl Platform, identity: Identity, hub: u32) -> Result<Standing> {
    let question = account::Stands { session: identity.session, hub };
    on.ask(&account::object_name(identity.player), question).await
}

/// Ends a session and closes its socket.
///
/// # Errors
/// INTERNAL or OVERLOADED if the account does not answer.
pub async fn log_out(on: &impl Platform, identity: Identity) -> Result<()> {
    let end = account::EndSession { session: identity.session };
    on.ask(&account::object_name(identity.player), end).await
}

/// A new token for the session; the old one is good for nothing from here on, and neither
/// is the resume token that a socket of the session was given. The socket stays open, and is
/// given another.
///
/// # Errors
/// SESSION_EXPIRED.
pub async fn refresh(on: &impl Platform, config: &Config, identity: Identity) -> Result<SignedIn> {
    let token = on.draw(|entropy| SessionToken::generate(identity.player, entropy));
    let (old, new) = (identity.session, token.id());
    let renewed = on.ask(&account::object_name(identity.player), account::Renew { session: old, new }).await?;
    Ok(SignedIn {
        token: token.reveal(config.server_secret.as_bytes()),
        identity: Identity { session: new, player: identity.player },
        username: renewed.username,
        expires: renewed.expires,
        server_final: None,
    })
}

/// Judges a proof of the password of the session's own account. Wrong ones are counted as wrong
/// sign-ins are.
async fn prove<T>(
    on: &impl Platform,
    config: &Config,
    address: &str,
    identity: Identity,
    proof: Proof,
    act: impl AsyncFnOnce(account::Proof) -> Result<T>,
) -> Result<T> {
    let username = authenticate(on, identity, None).await?.username;
    let attempt = Attempt::begin(on, config, &username, address, &proof).await?;
    let own = Named { id: identity.player.get(), owner: identity.player };
    let result = match prepare(on, config, address, &username, Some(&own), proof).await {
        Ok(proof) => act(proof).await,
        Err(refusal) => Err(refusal),
    };
    attempt.end(on, result).await
}

/// The new password, as the client that changes it tells it.
#[derive(Debug)]
pub enum NewPassword {
    /// Stretched here.
    Plain(Password),
    /// Stretched by the client.
    Stretched(Verifier),
}

/// Changes the password and ends the account's other sessions. Returns the server's proof, if the
/// old password was proved by SCRAM.
///
/// # Errors
/// SESSION_EXPIRED, BAD_CREDENTIALS, RATE_LIMITED, OVERLOADED.
pub async fn change_password(
    on: &impl Platform,
    config: &Config,
    address: &str,
    identity: Identity,
    old: Proof,
    new: NewPassword,
) -> Result<Option<String>> {
    prove(on, config, address, identity, old, async |proof| {
        let verifier = match new {
            NewPassword::Stretched(verifier) => verifier,
            NewPassword::Plain(password) => {
                let salt = on.draw(|entropy| entropy::bytes(entropy));
                let asker = Asker { network: Network::of(address), account: identity.player.to_string() };
                on.stretch(asker, &password, salt).await?
            }
        };
        let change = account::ChangePassword { session: identity.session, proof, verifier };
        let changed = on.ask(&account::object_name(identity.player), change).await?;
        Ok(changed.server_final)
    })
    .await
}

/// Deletes an account and all that is its: sessions and their sockets,
/// characters and their names, and its own name.
///
/// # Errors
/// SESSION_EXPIRED, BAD_CREDENTIALS, RATE_LIMITED, OVERLOADED.
pub async fn delete_account(
    on: &impl Platform,
    config: &Config,
    address: &str,
    identity: Identity,
    proof: Proof,
) -> Result<()> {
    prove(on, config, address, identity, proof, async |proof| {
        let begin = account::BeginDeletion { session: identity.session, proof };
        let begun = on.ask(&account::object_name(identity.player), begin).await?;
        // The deletion is decided. If an object cannot be reached now, the account's alarm
        // finishes it.
        if finish_account_deletion(on, begun).await.is_ok() {
            let _ = on.ask(&account::object_name(identity.player), account::Erase {}).await;
        }
        Ok(())
    })
    .await
}

/// Deletes what an account that is being deleted still has elsewhere; after that
/// it may be erased. Every step may have been done before.
///
/// # Errors
/// The refusal of an object that could not be reached: this is to be tried again.
pub async fn finish_account_deletion(on: &impl Platform, deletion: Deletion) -> Result<()> {
    let Deletion { player, username, characters } = deletion;
    for (character, name) in characters {
        // Its socket is closed, or will be: it may count as online for a moment longer.
        let delete = character::Delete { owner: player, even_online: true };
        on.ask(&character::object_name(character), delete).await?;
        super::characters::release_name(on, &name, character).await?;
    }
    let (kind, key, id) = (Kind::User, username.key(), player.get());
    on.ask(&directory::object_name(kind, &key), directory::Release { kind, key, id }).await
}

/// Lets a session into a hub, where its newest socket is the one that counts: the
/// character that it has selected enters the world. Returns that, and until when the account may
/// not speak. A voucher stands for the account's word, unless its character cannot enter.
///
/// # Errors
/// SESSION_EXPIRED.
pub async fn admit(
    on: &impl Platform,
    identity: Identity,
    visit: Visit,
    voucher: Option<Voucher>,
) -> Result<(Option<Entrance>, Option<Millis>)> {
    if let Some(Voucher { character, silenced }) = voucher {
        match character {
            None => return Ok((None, silenced)),
            // It may be deleted by now: the account knows what is selected instead.
            Some(character) => {
                if let Ok(entrance) = enter(on, identity.player, character, visit).await {
                    return Ok((Some(entrance), silenced));
                }
            }
        }
    }
    let found = authenticate(on, identity, Some(visit.hub)).await?;
    let entrance = match found.character {
        Some(character) => Some(enter(on, identity.player, character, visit).await?),
        None => None,
    };
    Ok((entrance, found.silenced))
}

/// A ticket to a hub with room, for a session that has just been found good.
///
/// # Errors
/// SESSION_EXPIRED; INTERNAL or OVERLOADED if the world does not answer.
pub async fn ticket(
    on: &impl Platform,
    config: &Config,
    identity: Identity,
    found: &Authenticated,
) -> Result<(String, u32)> {
    let together = match found.character {
        Some(character) => party::gathering(on, Actor { owner: identity.player, character }).await,
        None => None,
    };
    let number = place(on, config, Some(identity.player), together).await?;
    let voucher = match found.hub {
        // That hub is told already what becomes of the session.
        Some(hub) if hub == number => Some(Voucher { character: found.character, silenced: found.silenced }),
        // The session's socket in another hub is to be closed when the new one comes. So the
        // account has to be asked then, and nobody vouches.
        Some(_) => None,
        None => {
            let vouch = account::Vouch { session: identity.session, hub: number };
            on.ask(&account::object_name(identity.player), vouch).await?
        }
    };
    let ticket = Ticket {
        session: identity.session,
        player: identity.player,
        voucher,
        hub: number,
        expires: on.now() + TICKET_LIFE,
        nonce: on.draw(|entropy| entropy::bytes(entropy)),
    };
    Ok((ticket.reveal(config.server_secret.as_bytes()), number))
}

/// The server stops: every socket is closed with the code that means resume. A hub that
/// does not answer has its sockets cut by the stop itself.
///
/// # Errors
/// INTERNAL or OVERLOADED if the world does not answer.
pub async fn stop(on: &impl Platform) -> Result<()> {
    for number in on.ask(&world::object_name(), world::GetHubs {}).await? {
        let _ = on.ask(&hub::object_name(number), hub::Stop {}).await;
    }
    Ok(())
}

/// A hub with room, by its number: where the others of a party are, if there are any. A place
/// there is kept for `who`, and none for a stranger. A hub that is found damaged is retired, and
/// World names another.
///
/// # Errors
/// INTERNAL or OVERLOADED if the world does not answer, STORAGE_CORRUPT if it is damaged.
pub async fn place(
    on: &impl Platform,
    config: &Config,
    who: Option<PlayerId>,
    together: Option<(PartyId, Option<u32>)>,
) -> Result<u32> {
    let (party, near) = together.unzip();
    let place = world::Place { capacity: config.hub_capacity, party, near: near.flatten(), who };
    for _ in 0..MAX_HUBS_TRIED {
        let number = on.ask(&world::object_name(), place.clone()).await?;
        if on.known(|known| known.is_open(number, on.now())) || is_usable(on, number).await? {
            return Ok(number);
        }
    }
    Err(ErrorCode::Overloaded.into())
}

/// Whether a hub takes players; one that is damaged is retired.
///
/// # Errors
/// What World answers when it is told.
pub async fn is_usable(on: &impl Platform, number: u32) -> Result<bool> {
    // A hub that does not answer for another reason counts as usable.
    let open = on.ask(&hub::object_name(number), hub::Open {}).await.unwrap_or(true);
    on.known(|known| known.hub_is_open(number, on.now(), open));
    if !open {
        on.ask(&world::object_name(), world::Retire { hub: number }).await?;
    }
    Ok(open)
}
