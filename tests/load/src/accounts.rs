//! Accounts for the bots, made by the routes and with the logic of the client.
//!
//! All have one password, which is stretched once; their sessions are kept in a
//! file, so that a server that starts again on the same data knows them still.

use crate::{
    Error, Result,
    rest::{Body, Rest, path},
};
use serde::{Deserialize, Serialize};
use shardlink_client::logic::{
    sign_in::{self, Checks, Credentials, SignIn},
    token::Token,
};
use shardlink_shared::{
    crypto::{
        password::{Derivation, SaltedPassword},
        scram::Challenge,
    },
    entropy::Seeded,
    ids::CharacterId,
    world::Faction,
};
use std::{cell::RefCell, fs, ops::Range, path::Path, rc::Rc};
use tokio::task::JoinSet;

/// Connections beside each other: more would only wait inside the server.
const CONNECTIONS: usize = 8;

const PASSWORD: &str = "thousands of bots";

/// A bot's account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    session_token: String,
    /// Its one character, which is selected.
    pub character_id: CharacterId,
}

/// Reads the accounts of a file; none if there is no such file.
///
/// # Errors
/// If it cannot be read.
pub fn read(file: &Path) -> Result<Vec<Account>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    Ok(serde_json::from_slice(&fs::read(file)?)?)
}

/// Makes the accounts that a file lacks, up to so many.
///
/// # Errors
/// What the server refused, or what went wrong on the way.
pub async fn prepare(url: &str, file: &Path, wanted: usize) -> Result<()> {
    let mut accounts = read(file)?;
    if accounts.len() < wanted {
        let challenge = sign_in::sign_up(&mut Seeded::new(1));
        let mut derivation = Derivation::new(PASSWORD.as_bytes(), &challenge.salt, challenge.iterations);
        let salted = derivation.advance(u32::MAX).ok_or("the password was not stretched")?;
        let numbers = accounts.len()..wanted;
        let made = each(url, numbers, async move |rest, number| make(rest, number, challenge, &salted).await);
        accounts.extend(made.await?);
        fs::write(file, serde_json::to_vec(&accounts)?)?;
    }
    Ok(())
}

/// Selects the character of each account anew, which asks all objects that joining
/// will ask.
///
/// # Errors
/// What the server refused, or what went wrong on the way.
pub async fn touch(url: &str, accounts: &[Account]) -> Result<()> {
    let accounts = accounts.to_vec();
    each(url, 0..accounts.len(), async move |rest, number| {
        let account = accounts.get(number).ok_or("there is no such account")?;
        let select = Body::Select { character_id: account.character_id };
        rest.post(path::SELECT, &select, Some(&account.session_token)).await?;
        Ok(())
    })
    .await?;
    Ok(())
}

/// Fetches a ticket for each account, in their order.
///
/// # Errors
/// What the server refused, or what went wrong on the way.
pub async fn tickets(url: &str, accounts: &[Account]) -> Result<Vec<Token>> {
    let accounts = accounts.to_vec();
    each(url, 0..accounts.len(), async move |rest, number| {
        let account = accounts.get(number).ok_or("there is no such account")?;
        let answer = rest.post(path::TICKET, &Body::Nothing {}, Some(&account.session_token)).await?;
        Token::parse(&answer.ticket).ok_or_else(|| "what was answered is no ticket".into())
    })
    .await
}

async fn make(rest: &mut Rest, number: usize, challenge: Challenge, salted: &SaltedPassword) -> Result<Account> {
    let name = format!("bot-{number}");
    let username = Credentials::parse(&name, PASSWORD).map_err(|failure| failure.message)?.username;
    let sign_up = Body::SignUp { username: username.as_str(), checks: Checks::of(challenge, salted) };
    rest.post(path::SCRAM_REGISTER, &sign_up, None).await?;

    let sign_in = SignIn::new(&username, &mut Seeded::new(number as u64));
    let started = rest.post(path::SCRAM_START, &Body::Start { client_first: sign_in.first() }, None).await?;
    let challenged = sign_in.challenged(&started.server_first).map_err(|failure| failure.message)?;
    let (proving, client_final) = challenged.stretched(salted).map_err(|failure| failure.message)?;
    let finish = Body::Finish { handshake_id: started.handshake_id, client_final };
    let signed_in = rest.post(path::SCRAM_FINISH, &finish, None).await?;
    if !proving.is_proved(&signed_in.server_final) {
        return Err("the server did not prove that it knows the account".into());
    }
    let session_token = signed_in.session_token;

    // Of all factions alike: each lists its own in the whole location.
    let faction = Faction::ALL.get(number % Faction::ALL.len()).map_or("", |faction| faction.name());
    let character = Body::Character { name: &format!("Bot {number}"), race: "Human", class: "Ranger", faction };
    let made = rest.post(path::CHARACTERS, &character, Some(&session_token)).await?;
    let character_id = made.character.ok_or("no character was answered")?.id;
    rest.post(path::SELECT, &Body::Select { character_id }, Some(&session_token)).await?;
    Ok(Account { session_token, character_id })
}

/// Does something for each number, on a few connections beside each other; the
/// results in the order of the numbers.
async fn each<T: 'static>(
    url: &str,
    numbers: Range<usize>,
    work: impl AsyncFn(&mut Rest, usize) -> Result<T> + 'static,
) -> Result<Vec<T>> {
    let work = Rc::new(work);
    let left = Rc::new(RefCell::new(numbers));
    let mut workers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut rest = Rest::connect(url).await?;
        let (left, work) = (Rc::clone(&left), Rc::clone(&work));
        workers.spawn_local(async move {
            let mut done = Vec::new();
            loop {
                let number = left.borrow_mut().next();
                let Some(number) = number else { return Ok::<_, Error>(done) };
                done.push((number, work(&mut rest, number).await?));
            }
        });
    }
    let mut all = Vec::new();
    while let Some(done) = workers.join_next().await {
        all.extend(done??);
    }
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}
