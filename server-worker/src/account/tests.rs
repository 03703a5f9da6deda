//! Scenarios of an account's life.

use super::*;
use shardlink_shared::{crypto::password::SaltedPassword, entropy::Seeded};

fn player() -> PlayerId {
    PlayerId::new(1 << 40).unwrap()
}

fn verifier(password: u8) -> Verifier {
    SaltedPassword([password; 32]).verifier([9; 16], 600_000)
}

fn session(n: u8) -> SessionId {
    SessionId([n; 32])
}

fn name(text: &str) -> CharacterName {
    CharacterName::parse(text).unwrap()
}

fn at<T>(now: u64, decide: impl FnOnce(Change<'_, '_>) -> T) -> T {
    let mut entropy = Seeded::new(now);
    let mut context = Context::new(Millis(now), &mut entropy);
    decide(&mut context)
}

/// What a decision refuses, after which nothing may have been written.
fn refused<T: std::fmt::Debug>(now: u64, decide: impl FnOnce(Change<'_, '_>) -> Result<T, Refusal>) -> ErrorCode {
    at(now, |context| {
        let code = decide(context).unwrap_err().code;
        assert_eq!(context.writes, []);
        code
    })
}

fn signed_in() -> Account {
    let mut account = Account::default();
    let create = Create { player: player(), username: UserName::parse("Aria").unwrap(), verifier: verifier(1) };
    at(0, |c| account.create(c, create)).unwrap();
    at(0, |c| account.sign_in(c, &SignIn { verifier: verifier(1), session: session(1) })).unwrap();
    account
}

fn authenticate(account: &mut Account, now: u64, n: u8) -> Result<Authenticated, Refusal> {
    at(now, |c| account.authenticate(c, &Authenticate { session: session(n), hub: None }))
}

fn with_character(account: &mut Account, now: u64, text: &str) -> CharacterId {
    let reserve = ReserveCharacter { session: session(1), name: name(text) };
    let id = at(now, |c| account.reserve_character(c, reserve)).unwrap();
    at(now, |c| account.commit_character(c, &CommitCharacter { character: id })).unwrap();
    id
}

#[test]
fn only_the_right_password_begins_a_session() {
    let mut account = signed_in();
    let wrong = SignIn { verifier: verifier(2), session: session(2) };
    assert_eq!(refused(1, |c| account.sign_in(c, &wrong)), ErrorCode::BadCredentials);
    assert!(authenticate(&mut account, 2, 1).is_ok());
    assert_eq!(authenticate(&mut account, 2, 2).unwrap_err().code, ErrorCode::SessionExpired);
}

#[test]
fn an_account_that_does_not_exist_refuses_everything() {
    let mut account = Account::default();
    let sign_in = SignIn { verifier: verifier(1), session: session(1) };
    assert_eq!(refused(1, |c| account.sign_in(c, &sign_in)), ErrorCode::BadCredentials);
    assert_eq!(account.salt().unwrap_err().code, ErrorCode::BadCredentials);
    assert_eq!(authenticate(&mut account, 2, 1).unwrap_err().code, ErrorCode::SessionExpired);
}

#[test]
fn an_account_is_made_once() {
    let mut account = signed_in();
    let create = |password| Create {
        player: player(),
        username: UserName::parse("Aria").unwrap(),
        verifier: verifier(password),
    };
    assert!(at(1, |c| account.create(c, create(1))).is_ok());
    assert_eq!(refused(1, |c| account.create(c, create(2))), ErrorCode::NameTaken);
}

#[test]
fn a_new_sign_in_ends_the_older_session_and_says_where_its_socket_is() {
    let mut account = signed_in();
    at(1, |c| account.authenticate(c, &Authenticate { session: session(1), hub: Some(3) })).unwrap();
    let signed_in = at(2, |c| account.sign_in(c, &SignIn { verifier: verifier(1), session: session(2) })).unwrap();
    assert_eq!(signed_in.ended, [(session(1), 3)]);
    assert_eq!(authenticate(&mut account, 3, 1).unwrap_err().code, ErrorCode::SessionExpired);
    assert!(authenticate(&mut account, 3, 2).is_ok());
}

#[test]
fn a_session_slides_for_an_hour_and_ends_after_30_days() {
    let mut account = signed_in();
    assert!(authenticate(&mut account, SESSION_IDLE - 1, 1).is_ok());
    assert!(authenticate(&mut account, 2 * SESSION_IDLE - 2, 1).is_ok());
    assert_eq!(authenticate(&mut account, 4 * SESSION_IDLE, 1).unwrap_err().code, ErrorCode::SessionExpired);

    let mut account = signed_in();
    let mut now = 0;
    while now + SESSION_IDLE / 2 < SESSION_LONGEST {
        now += SESSION_IDLE / 2;
        assert!(authenticate(&mut account, now, 1).is_ok(), "{now}");
    }
    assert!(authenticate(&mut account, SESSION_LONGEST, 1).is_err());
}

#[test]
fn the_use_of_a_session_is_written_at_most_once_a_minute() {
    let mut account = signed_in();
    let call = Authenticate { session: session(1), hub: None };
    let writes = |account: &mut Account, now| {
        at(now, |c| {
            account.authenticate(c, &call).unwrap();
            c.writes.len()
        })
    };
    assert_eq!(writes(&mut account, SESSION_TOUCH - 1), 0);
    assert_eq!(writes(&mut account, SESSION_TOUCH), 1);
    assert_eq!(writes(&mut account, SESSION_TOUCH + 1), 0);
}

#[test]
fn an_expired_session_is_removed_by_the_alarm() {
    let mut account = signed_in();
    assert_eq!(account.next_deadline(), Some(Millis(SESSION_IDLE)));
    let writes = at(SESSION_IDLE, |c| {
        account.expire(c);
        c.writes.clone()
    });
    assert_eq!(writes, [Write::EndSession(session(1))]);
    assert_eq!(account.next_deadline(), None);
}

#[test]
fn an_account_has_at_most_ten_characters_also_when_they_are_only_begun() {
    let mut account = signed_in();
    for n in 0..MAX_CHARACTERS {
        let reserve = ReserveCharacter { session: session(1), name: name(&format!("Aria {n}")) };
        at(n as u64, |c| account.reserve_character(c, reserve)).unwrap();
    }
    let reserve = ReserveCharacter { session: session(1), name: name("Aria the last") };
    assert_eq!(refused(20, |c| account.reserve_character(c, reserve)), ErrorCode::TooManyCharacters);
    assert_eq!(at(20, |c| account.characters(c, &ListCharacters { session: session(1) })), Ok(vec![]));
}

#[test]
fn only_ones_own_characters_are_selected_and_deleted() {
    let mut account = signed_in();
    let id = with_character(&mut account, 1, "Aria");
    let other = CharacterId::new(id.get() - 1).unwrap();
    let select = |character| SelectCharacter { session: session(1), character };
    assert_eq!(refused(2, |c| account.select(c, &select(other))), ErrorCode::NotYourCharacter);
    assert_eq!(at(2, |c| account.select(c, &select(id))), Ok(None));
    assert_eq!(authenticate(&mut account, 3, 1).unwrap().character, Some(id));
    let delete = |character| BeginDelete { session: session(1), character };
    assert_eq!(refused(4, |c| account.begin_delete(c, &delete(other))), ErrorCode::NotYourCharacter);
    assert_eq!(at(4, |c| account.begin_delete(c, &delete(id))), Ok(name("Aria")));
    assert_eq!(refused(5, |c| account.select(c, &select(id))), ErrorCode::NotYourCharacter);
    at(6, |c| account.finish_delete(c, &FinishDelete { character: id, deleted: true }));
    assert_eq!(authenticate(&mut account, 7, 1).unwrap().character, None);
}

#[test]
fn a_deletion_that_was_refused_leaves_the_character() {
    let mut account = signed_in();
    let id = with_character(&mut account, 1, "Aria");
    at(2, |c| account.begin_delete(c, &BeginDelete { session: session(1), character: id })).unwrap();
    at(3, |c| account.finish_delete(c, &FinishDelete { character: id, deleted: false }));
    assert_eq!(at(4, |c| account.characters(c, &ListCharacters { session: session(1) })), Ok(vec![id]));
}

#[test]
fn what_a_crash_cut_short_is_undone_and_cannot_be_finished_afterwards() {
    let mut account = signed_in();
    let reserve = ReserveCharacter { session: session(1), name: name("Aria") };
    let id = at(10, |c| account.reserve_character(c, reserve)).unwrap();
    let settle = Settle { kind: Kind::Character, key: "aria".into(), id: id.get() };
    assert_eq!(account.settle(&settle), Settlement::Wait);
    assert_eq!(account.next_deadline(), Some(Millis(10) + CLAIM_SETTLES_AFTER));
    let due = 10 + CLAIM_SETTLES_AFTER;
    let unfinished = at(due, |c| account.expire(c));
    assert_eq!(unfinished, [Unfinished { player: player(), character: id, name: name("Aria") }]);
    // The slow creator comes back too late, and the name stays with nobody.
    let commit = CommitCharacter { character: id };
    assert_eq!(refused(due + 1, |c| account.commit_character(c, &commit)), ErrorCode::NotFound);
    assert_eq!(account.settle(&settle), Settlement::Wait);
    at(due + 2, |c| account.finish_delete(c, &FinishDelete { character: id, deleted: true }));
    assert_eq!(account.settle(&settle), Settlement::Release);
    assert_eq!(refused(due + 3, |c| account.commit_character(c, &commit)), ErrorCode::NotFound);
}

#[test]
fn the_directory_keeps_the_names_that_are_in_use() {
    let mut account = signed_in();
    let id = with_character(&mut account, 1, "Aria");
    let settle = |kind, key: &str, id| account.settle(&Settle { kind, key: key.into(), id });
    assert_eq!(settle(Kind::User, "aria", player().get()), Settlement::Keep);
    assert_eq!(settle(Kind::User, "bria", player().get()), Settlement::Release);
    assert_eq!(settle(Kind::Character, "aria", id.get()), Settlement::Keep);
    assert_eq!(settle(Kind::Character, "aria", id.get() - 1), Settlement::Release);
}

/// A whole SCRAM exchange with an account; `password` is what the client believes.
fn scram(account: &mut Account, now: u64, password: u8, handshake: u8) -> Result<(Proven, bool), Refusal> {
    use shardlink_shared::crypto::scram::{Client, ClientFirst};
    let client = Client::new(&UserName::parse("Aria").unwrap(), [7; 18]);
    let first = ClientFirst::parse(&client.first()).unwrap();
    let (salt, iterations) = account.salt()?;
    let server_first = first.answer([handshake; 18], &salt, iterations);
    client.challenge(&server_first).unwrap();
    let (client_final, expected) = client.finish(&server_first, &SaltedPassword([password; 32])).unwrap();
    let finish = FinishScram {
        client_first_bare: first.bare,
        server_first,
        client_final,
        handshake: [handshake; 8],
        handshake_expires: Millis(now + 60_000),
        session: session(handshake),
    };
    let proven = at(now, |c| account.finish_scram(c, &finish))?;
    let trusted = expected.check(&proven.server_final).is_ok();
    Ok((proven, trusted))
}

#[test]
fn a_scram_exchange_begins_a_session_and_proves_the_server_too() {
    let mut account = signed_in();
    let (proven, trusted) = scram(&mut account, 1, 1, 5).unwrap();
    assert!(trusted);
    assert_eq!(proven.signed_in.username.as_str(), "Aria");
    assert!(authenticate(&mut account, 2, 5).is_ok());
    assert!(authenticate(&mut account, 2, 1).is_err());
}

#[test]
fn a_scram_exchange_serves_once_whether_it_was_right_or_wrong() {
    let mut account = signed_in();
    assert_eq!(scram(&mut account, 1, 2, 5).unwrap_err().code, ErrorCode::BadCredentials);
    assert_eq!(scram(&mut account, 2, 1, 5).unwrap_err().code, ErrorCode::BadCredentials);
    assert!(scram(&mut account, 3, 1, 6).is_ok());
    assert_eq!(scram(&mut account, 4, 1, 6).unwrap_err().code, ErrorCode::BadCredentials);
    // What is past its time is forgotten: it could not be shown again.
    assert_eq!(account.used_handshakes.len(), 2);
    assert!(scram(&mut account, 70_000, 1, 8).is_ok());
    assert_eq!(account.used_handshakes.len(), 1);
}

#[test]
fn a_malformed_proof_is_answered_like_an_unknown_name() {
    let mut account = signed_in();
    let finish = FinishScram {
        client_first_bare: "n=Aria,r=abc".into(),
        server_first: "r=abcdef,s=AAAA,i=600000".into(),
        client_final: "nonsense".into(),
        handshake: [9; 8],
        handshake_expires: Millis(60_000),
        session: session(9),
    };
    let known = at(1, |c| account.finish_scram(c, &finish)).unwrap_err();
    let unknown = at(1, |c| Account::default().finish_scram(c, &finish)).unwrap_err();
    assert_eq!((known.code, &known), (ErrorCode::BadCredentials, &unknown));
}
