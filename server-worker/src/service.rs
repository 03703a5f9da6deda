//! What REST and the socket both do for a player, where it takes several
//! objects. Each step is idempotent; what a crash leaves between two of them is
//! settled by the alarms of Account and Directory.

use crate::{
    calls::{
        account::{self, Authenticated},
        character::{self, Visit},
        directory::{self, Kind},
        hub, throttle, world,
    },
    config::Config,
    hub::connection::Identity,
    runtime::{call::call, clock, entropy::System, hashing},
    throttle::logic::network_of,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::{
        password::{Verifier, made_up_salt},
        scram::ClientFirst,
        token::{Handshake, SessionId, SessionToken, Ticket},
    },
    entropy,
    ids::{CharacterId, PlayerId},
    limits::{HANDSHAKE_LIFE, PBKDF2_ITERATIONS, TICKET_LIFE},
    protocol::character::CharacterCreate,
    rules::character::roll_stats,
    sheet::Sheet,
    text::{CharacterName, Password, UserName},
    time::Millis,
};
use worker::Env;

/// The result of whatever may be refused.
pub type Result<T> = std::result::Result<T, Refusal>;

/// A session that a password began.
pub struct SignedIn {
    /// Its token as text, shown once.
    pub token: String,
    /// Who it is.
    pub identity: Identity,
    /// The user name, as it was registered.
    pub username: UserName,
    /// When the session ends if it is not used.
    pub expires: Millis,
}

/// Refuses an address that has registered too often lately, and counts it.
async fn admit_registration(env: &Env, config: &Config, address: &str) -> Result<()> {
    let Some(network) = network_of(address) else { return Ok(()) };
    let key = format!("register:{network}");
    let object = throttle::object_name(&key);
    call(env, &object, throttle::Take { key, limit: config.registrations_per_address }).await
}

/// What wrong sign-ins are counted by: the name that was tried, known or not,
/// and where it was tried from.
struct Attempt {
    keys: Vec<(String, u32)>,
}

impl Attempt {
    /// Refuses a name or an address with too many wrong sign-ins lately.
    async fn begin(env: &Env, config: &Config, username: &UserName, address: &str) -> Result<Self> {
        let by_name = (format!("name:{}", username.key()), config.failures_per_name);
        let by_address =
            network_of(address).map(|network| (format!("address:{network}"), config.failures_per_address));
        let keys: Vec<_> = std::iter::once(by_name).chain(by_address).collect();
        for (key, limit) in &keys {
            let check = throttle::Check { key: key.clone(), limit: *limit };
            call(env, &throttle::object_name(key), check).await?;
        }
        Ok(Self { keys })
    }

    /// Counts the attempt if it was a wrong one.
    async fn end<T>(self, env: &Env, result: Result<T>) -> Result<T> {
        if result.as_ref().is_err_and(|refusal| refusal.code == ErrorCode::BadCredentials) {
            for (key, limit) in self.keys {
                // The attempt is refused anyway; whoever is over the limit now is told next time.
                let _ = call(env, &throttle::object_name(&key), throttle::Take { key, limit }).await;
            }
        }
        result
    }
}

/// Makes an account by a password, which is stretched here.
pub async fn register(
    env: &Env,
    config: &Config,
    address: &str,
    username: UserName,
    password: &Password,
) -> Result<PlayerId> {
    admit_registration(env, config, address).await?;
    // Asked before the costly part; the claim is what decides.
    check_free(env, &username).await?;
    let verifier = hashing::stretch(password, entropy::bytes(&mut System)).await?;
    make_account(env, username, verifier).await
}

async fn check_free(env: &Env, username: &UserName) -> Result<()> {
    if username.is_reserved() {
        return Err(Refusal::new(ErrorCode::NameReserved).at("username"));
    }
    let key = username.key();
    let find = directory::Find { kind: Kind::User, key: key.clone() };
    match call(env, &directory::object_name(Kind::User, &key), find).await? {
        Some(_) => Err(Refusal::new(ErrorCode::NameTaken).at("username")),
        None => Ok(()),
    }
}

async fn make_account(env: &Env, username: UserName, verifier: Verifier) -> Result<PlayerId> {
    let player = PlayerId::random(&mut System);
    let (kind, key, id) = (Kind::User, username.key(), player.get());
    let directory = directory::object_name(kind, &key);
    let claimed = call(env, &directory, directory::Claim { kind, key: key.clone(), id, owner: player }).await;
    claimed.map_err(|refusal| match refusal.code {
        ErrorCode::NameTaken => refusal.at("username"),
        _ => refusal,
    })?;
    call(env, &account::object_name(player), account::Create { player, username, verifier }).await?;
    call(env, &directory, directory::Commit { kind, key, id }).await?;
    Ok(player)
}

/// Makes an account whose password never came here.
pub async fn register_verifier(
    env: &Env,
    config: &Config,
    address: &str,
    username: UserName,
    verifier: Verifier,
) -> Result<PlayerId> {
    admit_registration(env, config, address).await?;
    check_free(env, &username).await?;
    make_account(env, username, verifier).await
}

/// Begins a SCRAM exchange: its handshake, and the server's first message. An
/// unknown name gets a made-up salt, always the same.
pub async fn start_scram(env: &Env, config: &Config, first: &ClientFirst) -> Result<Handshake> {
    let key = first.username.key();
    let find = directory::Find { kind: Kind::User, key: key.clone() };
    let (salt, iterations) = match call(env, &directory::object_name(Kind::User, &key), find).await? {
        Some(named) => call(env, &account::object_name(named.owner), account::GetSalt {}).await?,
        None => (made_up_salt(config.server_secret.as_bytes(), &key), PBKDF2_ITERATIONS),
    };
    Ok(Handshake {
        client_first_bare: first.bare.clone(),
        server_first: first.answer(entropy::bytes(&mut System), &salt, iterations),
        expires: clock::now() + HANDSHAKE_LIFE,
        nonce: entropy::bytes(&mut System),
    })
}

/// Finishes a SCRAM exchange: the session, and the server's proof.
pub async fn finish_scram(
    env: &Env,
    config: &Config,
    address: &str,
    handshake: Handshake,
    client_final: String,
) -> Result<(SignedIn, String)> {
    let first = ClientFirst::parse(&format!("n,,{}", handshake.client_first_bare))
        .map_err(|_| Refusal::new(ErrorCode::BadCredentials))?;
    let attempt = Attempt::begin(env, config, &first.username, address).await?;
    attempt.end(env, judge_scram(env, config, &first, handshake, client_final).await).await
}

async fn judge_scram(
    env: &Env,
    config: &Config,
    first: &ClientFirst,
    handshake: Handshake,
    client_final: String,
) -> Result<(SignedIn, String)> {
    let key = first.username.key();
    let find = directory::Find { kind: Kind::User, key: key.clone() };
    let named = call(env, &directory::object_name(Kind::User, &key), find).await?;
    let player = named.ok_or(ErrorCode::BadCredentials)?.owner;
    let token = SessionToken::generate(player, &mut System);
    let finish = account::FinishScram {
        client_first_bare: handshake.client_first_bare,
        server_first: handshake.server_first,
        client_final,
        handshake: handshake.nonce,
        handshake_expires: handshake.expires,
        session: token.id(),
    };
    let proven = call(env, &account::object_name(player), finish).await?;
    Ok((begun(env, config, &token, proven.signed_in).await, proven.server_final))
}

/// Begins a session by a password, and ends the account's older ones. An
/// unknown name costs the same work as a known one and gets the same answer.
pub async fn sign_in(
    env: &Env,
    config: &Config,
    address: &str,
    username: &UserName,
    password: &Password,
) -> Result<SignedIn> {
    let attempt = Attempt::begin(env, config, username, address).await?;
    attempt.end(env, judge_password(env, config, username, password).await).await
}

async fn judge_password(env: &Env, config: &Config, username: &UserName, password: &Password) -> Result<SignedIn> {
    let key = username.key();
    let find = directory::Find { kind: Kind::User, key: key.clone() };
    let named = call(env, &directory::object_name(Kind::User, &key), find).await?;
    let salt = match &named {
        Some(named) => call(env, &account::object_name(named.owner), account::GetSalt {}).await?.0,
        None => made_up_salt(config.server_secret.as_bytes(), &key),
    };
    let verifier = hashing::stretch(password, salt).await?;
    let player = named.ok_or(ErrorCode::BadCredentials)?.owner;
    let token = SessionToken::generate(player, &mut System);
    let sign_in = account::SignIn { verifier, session: token.id() };
    let signed_in = call(env, &account::object_name(player), sign_in).await?;
    Ok(begun(env, config, &token, signed_in).await)
}

/// A session has begun: those that it ended lose their sockets.
async fn begun(env: &Env, config: &Config, token: &SessionToken, signed_in: account::SignedIn) -> SignedIn {
    for (ended, number) in signed_in.ended {
        end_socket(env, ended, number, ErrorCode::SignedInElsewhere).await;
    }
    SignedIn {
        token: token.reveal(config.server_secret.as_bytes()),
        identity: Identity { session: token.id(), player: token.player },
        username: signed_in.username,
        expires: signed_in.expires,
    }
}

/// Reads a token; nothing is asked of anybody for one that we did not issue.
pub fn identify(config: &Config, token: &str) -> Result<Identity> {
    let token = SessionToken::parse(token, config.server_secret.as_bytes()).ok_or(ErrorCode::Unauthenticated)?;
    Ok(Identity { session: token.id(), player: token.player })
}

/// Whether a session is good; `socket` is the hub whose socket it is for.
pub async fn authenticate(env: &Env, identity: Identity, socket: Option<u32>) -> Result<Authenticated> {
    let question = account::Authenticate { session: identity.session, hub: socket };
    let authenticated = call(env, &account::object_name(identity.player), question).await?;
    if let (Some(here), Some(before)) = (socket, authenticated.previous_hub)
        && here != before
    {
        end_socket(env, identity.session, before, ErrorCode::SignedInElsewhere).await;
    }
    Ok(authenticated)
}

/// Ends a session and closes its socket.
pub async fn log_out(env: &Env, identity: Identity) -> Result<()> {
    let session = identity.session;
    let socket = call(env, &account::object_name(identity.player), account::EndSession { session }).await?;
    if let Some(number) = socket {
        end_socket(env, session, number, ErrorCode::LoggedOut).await;
    }
    Ok(())
}

/// The session is ended already; its socket may outlive it by a refusal here,
/// which the log has.
async fn end_socket(env: &Env, session: SessionId, number: u32, code: ErrorCode) {
    let _ = call(env, &hub::object_name(number), hub::EndSession { session, code }).await;
}

/// The account's characters, oldest first.
pub async fn list_characters(env: &Env, identity: Identity) -> Result<Vec<Sheet>> {
    let question = account::ListCharacters { session: identity.session };
    let ids = call(env, &account::object_name(identity.player), question).await?;
    let mut sheets = Vec::with_capacity(ids.len());
    for id in ids {
        sheets.push(sheet(env, identity.player, id).await?);
    }
    Ok(sheets)
}

/// The sheet of a character that the account has.
pub async fn sheet(env: &Env, owner: PlayerId, id: CharacterId) -> Result<Sheet> {
    call(env, &character::object_name(id), character::Get { owner }).await
}

/// Makes a character.
pub async fn create_character(env: &Env, identity: Identity, create: CharacterCreate) -> Result<Sheet> {
    let CharacterCreate { name, race, class, faction } = create;
    if name.is_reserved() {
        return Err(Refusal::new(ErrorCode::NameReserved).at("name"));
    }
    let account = account::object_name(identity.player);
    let reserve = account::ReserveCharacter { session: identity.session, name: name.clone() };
    let id = call(env, &account, reserve).await?;
    let stats = roll_stats(race, class, &mut System);
    let sheet = Sheet::new(id, name, race, class, faction, stats, clock::now());
    match build_character(env, identity.player, &sheet).await {
        Ok(()) => Ok(sheet),
        Err(refusal) => {
            if refusal.code == ErrorCode::NameTaken {
                // Nothing was made: the slot is free at once, not by the alarm.
                let _ = call(env, &account, account::AbandonCharacter { character: id }).await;
                return Err(refusal.at("name"));
            }
            Err(refusal)
        }
    }
}

async fn build_character(env: &Env, owner: PlayerId, sheet: &Sheet) -> Result<()> {
    let (kind, key, id) = (Kind::Character, sheet.name.key(), sheet.id.get());
    let directory = directory::object_name(kind, &key);
    call(env, &directory, directory::Claim { kind, key: key.clone(), id, owner }).await?;
    call(env, &character::object_name(sheet.id), character::Create { owner, sheet: sheet.clone() }).await?;
    call(env, &account::object_name(owner), account::CommitCharacter { character: sheet.id }).await?;
    call(env, &directory, directory::Commit { kind, key, id }).await
}

/// Deletes a character and frees its name.
pub async fn delete_character(env: &Env, identity: Identity, id: CharacterId) -> Result<()> {
    let account = account::object_name(identity.player);
    let name = call(env, &account, account::BeginDelete { session: identity.session, character: id }).await?;
    let deleted = call(env, &character::object_name(id), character::Delete { owner: identity.player }).await;
    match &deleted {
        Ok(()) => release_name(env, &name, id).await?,
        // Refused for certain: the character stays.
        Err(refusal) if refusal.code == ErrorCode::CharacterOnline => {}
        // It may be gone or not: the account's alarm finishes what was begun.
        Err(_) => return deleted,
    }
    call(env, &account, account::FinishDelete { character: id, deleted: deleted.is_ok() }).await?;
    deleted
}

async fn release_name(env: &Env, name: &CharacterName, id: CharacterId) -> Result<()> {
    let (kind, key) = (Kind::Character, name.key());
    call(env, &directory::object_name(kind, &key), directory::Release { kind, key, id: id.get() }).await
}

/// Selects a character; the hub that holds the session's socket.
pub async fn select_character(env: &Env, identity: Identity, id: CharacterId) -> Result<Option<u32>> {
    let select = account::SelectCharacter { session: identity.session, character: id };
    call(env, &account::object_name(identity.player), select).await
}

/// Marks a character as online in a hub; its sheet.
pub async fn enter(env: &Env, owner: PlayerId, id: CharacterId, visit: Visit) -> Result<Sheet> {
    call(env, &character::object_name(id), character::Enter { owner, visit }).await
}

/// A ticket to a hub with room.
pub async fn ticket(
    env: &Env,
    config: &Config,
    identity: Identity,
    character: Option<CharacterId>,
) -> Result<(String, u32)> {
    let number = place(env, config).await?;
    let ticket = Ticket {
        session: identity.session,
        player: identity.player,
        character,
        hub: number,
        expires: clock::now() + TICKET_LIFE,
        nonce: entropy::bytes(&mut System),
    };
    Ok((ticket.reveal(config.server_secret.as_bytes()), number))
}

/// A hub with room, by its number.
pub async fn place(env: &Env, config: &Config) -> Result<u32> {
    call(env, &world::object_name(), world::Place { capacity: config.hub_capacity }).await
}
