//! Signing up and signing in, by SCRAM or plainly, and how often that may fail.

use super::{Platform, Result, counts::count, turns::Asker};
use crate::{
    calls::{
        account::{self, ScramProof},
        directory::{self, Kind, Named},
        throttle,
    },
    config::Config,
    hub::sockets::connection::Identity,
    network::Network,
    text::names::check_username,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::{
        password::{Verifier, mac, made_up_salt},
        scram::ClientFirst,
        token::{Handshake, SessionToken},
    },
    entropy,
    ids::PlayerId,
    limits::{HANDSHAKE_LIFE, PBKDF2_ITERATIONS},
    text::{Password, UserName},
    time::Millis,
};

/// A session that a password began.
#[derive(Debug)]
pub struct SignedIn {
    /// Its token as text, shown once.
    pub token: String,
    /// Who it is.
    pub identity: Identity,
    /// The user name, as it was registered.
    pub username: UserName,
    /// When the session ends if it is not used.
    pub expires: Millis,
    /// The server's proof, if SCRAM began the session.
    pub server_final: Option<String>,
}

/// How somebody shows that they know a password.
#[derive(Debug)]
pub enum Proof {
    /// By telling it.
    Password(Password),
    /// By the end of a SCRAM exchange.
    Scram(Handshake, String),
}

/// Refuses an address that has registered too often lately, and counts it.
async fn admit_registration(on: &impl Platform, config: &Config, address: &str) -> Result<()> {
    let key = format!("register:{}", Network::of(address));
    let taken = count(on, &key.clone(), throttle::Take { key, limit: config.registrations_per_address }).await;
    taken.map_err(|refusal| worded(refusal, "Too many registrations from your network. Wait a moment."))
}

/// Where an address signs in from, as an Account remembers it: a MAC of its network with the
/// server's secret, so that no addresses rest in storage. `None` for an address that cannot be
/// read: its mark would spare everybody whose address cannot be read.
fn mark_of(config: &Config, address: &str) -> Option<[u8; 16]> {
    let network = match Network::of(address) {
        Network::Unreadable => return None,
        network => network.to_string(),
    };
    let tag = mac(config.server_secret.as_bytes(), &[b"shardlink network\0", network.as_bytes()]);
    let mut mark = [0; 16];
    mark.copy_from_slice(tag.split_at(16).0);
    Some(mark)
}

/// What a sign-in comes to, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    Right,
    Wrong,
    /// It was not judged at all.
    Neither,
}

/// What sign-ins are counted by: wrong ones by the name that was tried, known or not,
/// and by where it was tried from; right ones that sent a password, by where they came from.
pub struct Attempt {
    /// The keys that it holds a place under, each with the outcome that counts there.
    places: Vec<(String, Judged)>,
}

impl Attempt {
    /// Refuses a name or an address with too many wrong sign-ins lately, and an address
    /// with too many right ones by plain password. An address that signed in to the
    /// account within 30 days is spared the name's limit, so that nobody can lock its
    /// owner out from elsewhere.
    ///
    /// # Errors
    /// RATE_LIMITED, with the seconds to wait.
    pub async fn begin(
        on: &impl Platform,
        config: &Config,
        username: &UserName,
        address: &str,
        proof: &Proof,
    ) -> Result<Self> {
        let mut attempt = Self { places: Vec::with_capacity(3) };
        match attempt.hold_all(on, config, username, address, proof).await {
            Ok(()) => Ok(attempt),
            Err(refusal) => {
                attempt.judged(on, Judged::Neither).await;
                Err(refusal)
            }
        }
    }

    async fn hold_all(
        &mut self,
        on: &impl Platform,
        config: &Config,
        username: &UserName,
        address: &str,
        proof: &Proof,
    ) -> Result<()> {
        let network = Network::of(address);
        let saying = |message: &'static str| move |refusal: Refusal| worded(refusal, message);
        let by_address = self.hold(on, format!("address:{network}"), config.failures_per_address, Judged::Wrong);
        by_address.await.map_err(saying("Too many wrong sign-ins from your network. Wait a moment."))?;
        if matches!(proof, Proof::Password(_)) {
            // SCRAM costs the server next to nothing, and is not counted.
            let plain = self.hold(on, format!("plain:{network}"), config.sign_ins_per_address, Judged::Right);
            plain.await.map_err(saying("Too many sign-ins from your network. Wait a moment."))?;
        }
        let by_name = self.hold(on, format!("name:{}", username.key()), config.failures_per_name, Judged::Wrong);
        match by_name.await {
            // Only an attempt that is over the limit is spared, not one that could not be
            // counted.
            Err(refusal)
                if refusal.code != ErrorCode::RateLimited || !is_spared(on, config, username, address).await =>
            {
                Err(worded(refusal, "Too many wrong sign-ins with this name. Wait a moment."))
            }
            _ => Ok(()),
        }
    }

    /// Holds a place before anything is judged, so that of many guesses at once no more are
    /// judged than of as many that come one after the other.
    async fn hold(&mut self, on: &impl Platform, key: String, limit: u32, counts: Judged) -> Result<()> {
        count(on, &key, throttle::Begin { key: key.clone(), limit }).await?;
        self.places.push((key, counts));
        Ok(())
    }

    /// Counts the attempt by what came of it.
    pub async fn end<T>(self, on: &impl Platform, result: Result<T>) -> Result<T> {
        let judged = match &result {
            Ok(_) => Judged::Right,
            Err(refusal) if refusal.code == ErrorCode::BadCredentials => Judged::Wrong,
            Err(_) => Judged::Neither,
        };
        self.judged(on, judged).await;
        result
    }

    async fn judged(self, on: &impl Platform, judged: Judged) {
        for (key, counts) in self.places {
            // If this fails, the place is free again by itself.
            let _ = count(on, &key.clone(), throttle::End { key, counts: counts == judged }).await;
        }
    }
}

/// The same refusal, in words that say what there was too much of.
fn worded(refusal: Refusal, message: &str) -> Refusal {
    if refusal.code == ErrorCode::RateLimited { refusal.saying(message) } else { refusal }
}

async fn is_spared(on: &impl Platform, config: &Config, username: &UserName, address: &str) -> bool {
    let Some(mark) = mark_of(config, address) else { return false };
    let Ok(Some(named)) = find(on, username).await else { return false };
    on.ask(&account::object_name(named.owner), account::Knows { mark }).await.unwrap_or(false)
}

async fn find(on: &impl Platform, username: &UserName) -> Result<Option<Named>> {
    let key = username.key();
    on.ask(&directory::object_name(Kind::User, &key), directory::Find { kind: Kind::User, key: key.clone() }).await
}

/// Makes an account by a password, which is stretched here.
///
/// # Errors
/// RATE_LIMITED, INVALID_FIELD, NAME_RESERVED, NAME_TAKEN, OVERLOADED.
pub async fn register(
    on: &impl Platform,
    config: &Config,
    address: &str,
    username: UserName,
    password: &Password,
) -> Result<PlayerId> {
    admit_registration(on, config, address).await?;
    // This is asked before the costly part; the claim is what decides.
    check_free(on, &username).await?;
    let salt = on.draw(|entropy| entropy::bytes(entropy));
    let asker = Asker { network: Network::of(address), account: username.key() };
    let verifier = on.stretch(asker, password, salt).await?;
    make_account(on, username, verifier).await
}

/// Makes an account whose password never came here.
///
/// # Errors
/// RATE_LIMITED, INVALID_FIELD, NAME_RESERVED, NAME_TAKEN.
pub async fn register_verifier(
    on: &impl Platform,
    config: &Config,
    address: &str,
    username: UserName,
    verifier: Verifier,
) -> Result<PlayerId> {
    admit_registration(on, config, address).await?;
    check_free(on, &username).await?;
    make_account(on, username, verifier).await
}

async fn check_free(on: &impl Platform, username: &UserName) -> Result<()> {
    check_username(username)?;
    match find(on, username).await? {
        Some(_) => Err(Refusal::new(ErrorCode::NameTaken).at("username")),
        None => Ok(()),
    }
}

async fn make_account(on: &impl Platform, username: UserName, verifier: Verifier) -> Result<PlayerId> {
    let player = on.draw(|entropy| PlayerId::random(entropy));
    let (kind, key, id) = (Kind::User, username.key(), player.get());
    let directory = directory::object_name(kind, &key);
    let claimed = on.ask(&directory, directory::Claim { kind, key: key.clone(), id, owner: player }).await;
    claimed.map_err(|refusal| match refusal.code {
        ErrorCode::NameTaken => refusal.at("username"),
        _ => refusal,
    })?;
    on.ask(&account::object_name(player), account::Create { player, username, verifier }).await?;
    on.ask(&directory, directory::Commit { kind, key, id }).await?;
    Ok(player)
}

/// Begins a SCRAM exchange: its handshake, and the server's first message. An
/// unknown name gets a made-up salt, always the same.
///
/// # Errors
/// INTERNAL or OVERLOADED if an object does not answer.
pub async fn start_scram(on: &impl Platform, config: &Config, first: &ClientFirst) -> Result<Handshake> {
    let (salt, iterations) = match find(on, &first.username).await? {
        Some(named) => on.ask(&account::object_name(named.owner), account::GetSalt {}).await?,
        None => (made_up_salt(config.server_secret.as_bytes(), &first.username.key()), PBKDF2_ITERATIONS),
    };
    let server_nonce = on.draw(|entropy| entropy::bytes(entropy));
    Ok(Handshake {
        client_first_bare: first.bare.clone(),
        server_first: first.answer(server_nonce, &salt, iterations),
        expires: on.now() + HANDSHAKE_LIFE,
        nonce: on.draw(|entropy| entropy::bytes(entropy)),
    })
}

/// Finishes a SCRAM exchange: the session, and the server's proof.
///
/// # Errors
/// BAD_CREDENTIALS, RATE_LIMITED.
pub async fn finish_scram(
    on: &impl Platform,
    config: &Config,
    address: &str,
    handshake: Handshake,
    client_final: String,
) -> Result<SignedIn> {
    let first = ClientFirst::parse(&format!("n,,{}", handshake.client_first_bare))
        .map_err(|_| Refusal::new(ErrorCode::BadCredentials))?;
    sign_in(on, config, address, &first.username, Proof::Scram(handshake, client_final)).await
}

/// Begins a session, and ends the account's older ones. An unknown name costs
/// the same work as a known one and gets the same answer.
///
/// # Errors
/// BAD_CREDENTIALS, RATE_LIMITED, OVERLOADED.
pub async fn sign_in(
    on: &impl Platform,
    config: &Config,
    address: &str,
    username: &UserName,
    proof: Proof,
) -> Result<SignedIn> {
    let attempt = Attempt::begin(on, config, username, address, &proof).await?;
    attempt.end(on, judge(on, config, address, username, proof).await).await
}

async fn judge(
    on: &impl Platform,
    config: &Config,
    address: &str,
    username: &UserName,
    proof: Proof,
) -> Result<SignedIn> {
    let named = find(on, username).await?;
    let proof = prepare(on, config, address, username, named.as_ref(), proof).await?;
    let player = named.ok_or(ErrorCode::BadCredentials)?.owner;
    let token = on.draw(|entropy| SessionToken::generate(player, entropy));
    let sign_in = account::SignIn { proof, session: token.id(), mark: mark_of(config, address) };
    let begun = on.ask(&account::object_name(player), sign_in).await?;
    Ok(SignedIn {
        token: token.reveal(config.server_secret.as_bytes()),
        identity: Identity { session: token.id(), player },
        username: begun.username,
        expires: begun.expires,
        server_final: begun.server_final,
    })
}

/// The proof as an Account judges it: a password is stretched, under a made-up
/// salt where there is no account.
pub(super) async fn prepare(
    on: &impl Platform,
    config: &Config,
    address: &str,
    username: &UserName,
    named: Option<&Named>,
    proof: Proof,
) -> Result<account::Proof> {
    Ok(match proof {
        Proof::Password(password) => {
            let salt = match named {
                Some(named) => on.ask(&account::object_name(named.owner), account::GetSalt {}).await?.0,
                None => made_up_salt(config.server_secret.as_bytes(), &username.key()),
            };
            let asker = Asker { network: Network::of(address), account: username.key() };
            account::Proof::Verifier(on.stretch(asker, &password, salt).await?)
        }
        Proof::Scram(handshake, client_final) => account::Proof::Scram(ScramProof {
            client_first_bare: handshake.client_first_bare,
            server_first: handshake.server_first,
            client_final,
            handshake: handshake.nonce,
            handshake_expires: handshake.expires,
        }),
    })
}
