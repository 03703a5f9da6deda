//! Scenarios of an account's life.

use super::*;
use crate::{
    account::errand::Fate,
    calls::account::{Authenticated, Proof, ScramProof, SignedIn, Standing},
    effect::Errands,
};
use shardlink_shared::{
    crypto::{password::SaltedPassword, token::Voucher},
    entropy::Seeded,
    ids::PartyId,
    limits::{
        BUDGET_WINDOW, CHARACTERS_PER_DAY, KNOWN_NETWORK_LIFE, LETTER_LIFE, MAX_CHARACTERS, MAX_KNOWN_NETWORKS,
        MAX_SESSION_LETTERS, MAX_SESSION_NAMES, PARTIES_PER_DAY, SESSION_TOUCH,
    },
};

fn player() -> PlayerId {
    PlayerId::new(1 << 40).unwrap()
}

fn verifier(password: u8) -> Verifier {
    SaltedPassword([password; 32]).verifier([9; 16], 600_000)
}

fn session(n: u8) -> SessionId {
    SessionId([n; 32])
}

/// Somebody with this password begins this session.
fn sign_in(password: u8, n: u8) -> SignIn {
    SignIn { proof: Proof::Verifier(verifier(password)), session: session(n), mark: None }
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
    at(0, |c| account.sign_in(c, &sign_in(1, 1))).unwrap();
    account
}

fn letters(account: &Account) -> Vec<Letter> {
    account.letters.iter().map(|(_, letter)| letter.clone()).collect()
}

/// Sends all letters that are due, which are answered like this.
fn deliver(account: &mut Account, now: u64, answer: &Result<(), Refusal>) {
    for errand in account.take_errands(Millis(now)) {
        at(now, |c| account.finish(c, errand, answer.clone()));
    }
}

fn in_hub(account: &mut Account, now: u64, n: u8, hub: u32) {
    at(now, |c| account.authenticate(c, &Authenticate { session: session(n), hub: Some(hub) })).unwrap();
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
    let wrong = sign_in(2, 2);
    assert_eq!(refused(1, |c| account.sign_in(c, &wrong)), ErrorCode::BadCredentials);
    assert!(authenticate(&mut account, 2, 1).is_ok());
    assert_eq!(authenticate(&mut account, 2, 2).unwrap_err().code, ErrorCode::SessionExpired);
}

#[test]
fn an_account_that_does_not_exist_refuses_everything() {
    let mut account = Account::default();
    let sign_in = sign_in(1, 1);
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
fn a_new_sign_in_ends_the_older_session_and_writes_to_where_its_socket_is() {
    let mut account = signed_in();
    at(1, |c| account.authenticate(c, &Authenticate { session: session(1), hub: Some(3) })).unwrap();
    at(2, |c| account.sign_in(c, &sign_in(1, 2))).unwrap();
    let ended = Fate::Ended(ErrorCode::SignedInElsewhere);
    assert_eq!(letters(&account), [Letter { hub: 3, names: vec![session(1)], fate: ended }]);
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
fn an_account_vouches_to_the_one_hub_that_it_tells_of_the_session() {
    let mut account = signed_in();
    let vouch = |hub| Vouch { session: session(1), hub };
    let voucher = Voucher { character: None, silenced: None };
    let (first, writes) = at(2, |c| (account.vouch(c, &vouch(3)), c.writes.len()));
    assert_eq!((first, writes), (Ok(Some(voucher)), 1));
    assert_eq!(at(3, |c| (account.vouch(c, &vouch(3)), c.writes.len())), (Ok(Some(voucher)), 0), "again");
    assert_eq!(at(4, |c| account.vouch(c, &vouch(4))), Ok(None), "its socket may be in the other");
    assert_eq!(authenticate(&mut account, 5, 1).unwrap().hub, Some(3));

    at(6, |c| account.silence(c, Some(Millis(100)))).unwrap();
    let silenced = at(7, |c| account.vouch(c, &vouch(3))).unwrap().unwrap().silenced;
    assert_eq!(silenced, Some(Millis(100)));
    at(8, |c| account.end_session(c, &EndSession { session: session(1) }));
    let ended = Fate::Ended(ErrorCode::LoggedOut);
    assert_eq!(letters(&account), [Letter { hub: 3, names: vec![session(1)], fate: ended }]);
    assert_eq!(refused(9, |c| account.vouch(c, &vouch(3))), ErrorCode::SessionExpired);
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
    assert_eq!(at(2, |c| account.select(c, &select(id))).unwrap().character, Some(id));
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
    let expected = Unfinished { player: player(), character: id, name: name("Aria") };
    assert_eq!(unfinished, Work::Undo(vec![expected]));
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
fn scram(account: &mut Account, now: u64, password: u8, handshake: u8) -> Result<(SignedIn, bool), Refusal> {
    use shardlink_shared::crypto::scram::{Client, ClientFirst};
    let client = Client::new(&UserName::parse("Aria").unwrap(), [7; 18]);
    let first = ClientFirst::parse(&client.first()).unwrap();
    let (salt, iterations) = account.salt()?;
    let server_first = first.answer([handshake; 18], &salt, iterations);
    client.challenge(&server_first).unwrap();
    let (client_final, expected) = client.finish(&server_first, &SaltedPassword([password; 32])).unwrap();
    let proof = Proof::Scram(ScramProof {
        client_first_bare: first.bare,
        server_first,
        client_final,
        handshake: [handshake; 8],
        handshake_expires: Millis(now + 60_000),
    });
    let sign_in = SignIn { proof, session: session(handshake), mark: None };
    let signed_in = at(now, |c| account.sign_in(c, &sign_in))?;
    let trusted = signed_in.server_final.as_ref().is_some_and(|last| expected.check(last).is_ok());
    Ok((signed_in, trusted))
}

#[test]
fn a_scram_exchange_begins_a_session_and_proves_the_server_too() {
    let mut account = signed_in();
    let (signed_in, trusted) = scram(&mut account, 1, 1, 5).unwrap();
    assert!(trusted);
    assert_eq!(signed_in.username.as_str(), "Aria");
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
    let proof = Proof::Scram(ScramProof {
        client_first_bare: "n=Aria,r=abc".into(),
        server_first: "r=abcdef,s=AAAA,i=600000".into(),
        client_final: "nonsense".into(),
        handshake: [9; 8],
        handshake_expires: Millis(60_000),
    });
    let sign_in = SignIn { proof, session: session(9), mark: None };
    let known = at(1, |c| account.sign_in(c, &sign_in)).unwrap_err();
    let unknown = at(1, |c| Account::default().sign_in(c, &sign_in)).unwrap_err();
    assert_eq!((known.code, &known), (ErrorCode::BadCredentials, &unknown));
}

#[test]
fn a_renewed_session_keeps_its_character_and_its_end_and_the_old_token_is_dead() {
    let mut account = signed_in();
    let id = with_character(&mut account, 1, "Aria");
    at(2, |c| account.select(c, &SelectCharacter { session: session(1), character: id })).unwrap();
    let renew = Renew { session: session(1), new: session(2) };
    let renewed = at(10, |c| account.renew(c, &renew)).unwrap();
    assert_eq!(renewed.expires, Millis(10) + SESSION_IDLE);
    assert_eq!(authenticate(&mut account, 11, 1).unwrap_err().code, ErrorCode::SessionExpired);
    assert_eq!(authenticate(&mut account, 11, 2).unwrap().character, Some(id));
    // A repeated call finds it done.
    assert_eq!(at(12, |c| account.renew(c, &renew)).unwrap().expires, renewed.expires);
    let stranger = Renew { session: session(7), new: session(8) };
    assert_eq!(refused(13, |c| account.renew(c, &stranger)), ErrorCode::SessionExpired);
}

#[test]
fn a_password_is_changed_by_whoever_knows_the_old_one() {
    let mut account = signed_in();
    let change = |old, new| ChangePassword {
        session: session(1),
        proof: Proof::Verifier(verifier(old)),
        verifier: verifier(new),
    };
    assert_eq!(refused(1, |c| account.change_password(c, change(2, 3))), ErrorCode::BadCredentials);
    at(2, |c| account.change_password(c, change(1, 3))).unwrap();
    // A repeated call is no error, and the session stays.
    at(3, |c| account.change_password(c, change(1, 3))).unwrap();
    assert!(authenticate(&mut account, 4, 1).is_ok());
    assert_eq!(refused(5, |c| account.sign_in(c, &sign_in(1, 2))), ErrorCode::BadCredentials);
    assert!(at(6, |c| account.sign_in(c, &sign_in(3, 2))).is_ok());
}

#[test]
fn an_account_that_is_being_deleted_admits_nobody_and_is_erased_when_all_of_it_is_gone() {
    let mut account = signed_in();
    let id = with_character(&mut account, 1, "Aria");
    let begun = ReserveCharacter { session: session(1), name: name("Bran") };
    let unfinished = at(1, |c| account.reserve_character(c, begun)).unwrap();
    at(2, |c| account.authenticate(c, &Authenticate { session: session(1), hub: Some(4) })).unwrap();
    let delete = |password| BeginDeletion { session: session(1), proof: Proof::Verifier(verifier(password)) };
    assert_eq!(refused(3, |c| account.begin_deletion(c, &delete(2))), ErrorCode::BadCredentials);
    let deletion = at(3, |c| account.begin_deletion(c, &delete(1))).unwrap();
    assert_eq!(deletion.characters, [(id, name("Aria")), (unfinished, name("Bran"))]);
    let letter = Letter { hub: 4, names: vec![session(1)], fate: Fate::Ended(ErrorCode::LoggedOut) };
    assert_eq!(letters(&account), [letter]);
    deliver(&mut account, 3, &Ok(()));
    assert_eq!(refused(4, |c| account.sign_in(c, &sign_in(1, 2))), ErrorCode::BadCredentials);
    let commit = CommitCharacter { character: unfinished };
    assert_eq!(refused(4, |c| account.commit_character(c, &commit)), ErrorCode::NotFound);
    // Cut short, it is finished by the alarm.
    let due = account.next_deadline().unwrap();
    assert_eq!(due, Millis(3) + CLAIM_SETTLES_AFTER);
    assert!(matches!(at(due.0, |c| account.expire(c)), Work::Delete(left) if left.characters.len() == 2));
    at(due.0, |c| account.erase(c));
    assert_eq!(account, Account { letters: account.letters.clone(), ..Account::default() });
}

#[test]
fn an_account_remembers_where_its_owner_signed_in_from_for_30_days() {
    let mut account = signed_in();
    let from = |n: u8| SignIn { mark: Some([n; 16]), ..sign_in(1, 1) };
    for n in 0..=MAX_KNOWN_NETWORKS as u8 {
        at(u64::from(n), |c| account.sign_in(c, &from(n))).unwrap();
    }
    let knows = |n: u8, now| account.knows(Millis(now), &Knows { mark: [n; 16] });
    assert!(!knows(0, 100), "the longest ago went for the newest");
    assert!(knows(1, 100));
    assert!(knows(1, KNOWN_NETWORK_LIFE) && !knows(1, KNOWN_NETWORK_LIFE + 1));
    let wrong = SignIn { mark: Some([99; 16]), ..sign_in(2, 1) };
    assert_eq!(refused(200, |c| account.sign_in(c, &wrong)), ErrorCode::BadCredentials);
    assert!(!account.knows(Millis(201), &Knows { mark: [99; 16] }));
}

#[test]
fn a_letter_about_a_session_is_written_with_the_change_and_kept_until_its_hub_answers() {
    let mut account = signed_in();
    in_hub(&mut account, 1, 1, 3);
    let writes = at(2, |c| {
        account.end_session(c, &EndSession { session: session(1) });
        std::mem::take(&mut c.writes)
    });
    assert!(matches!(writes[..], [Write::EndSession(_), Write::Post(1, _)]), "{writes:?}");
    let [errand] = &account.take_errands(Millis(2))[..] else { panic!() };
    assert!(Account::is_awaited(errand), "a logout is answered when the socket is closed");
    // A crash: what is in the rows is due again.
    let Write::Post(number, letter) = writes[1].clone() else { panic!() };
    account.letters = Letters::restore([(number, letter)]);
    deliver(&mut account, 9_000, &Err(ErrorCode::Internal.into()));
    assert_eq!((letters(&account).len(), account.next_deadline()), (1, Some(Millis(11_000))));
    let again = account.take_errands(Millis(11_000));
    assert!(!Account::is_awaited(&again[0]), "nobody waits for a hub that did not answer");
    at(11_001, |c| account.finish(c, again[0].clone(), Ok(())));
    assert_eq!((letters(&account).len(), account.next_deadline()), (0, None));
}

#[test]
fn a_session_that_ends_for_want_of_use_is_told_to_its_hub() {
    let mut account = signed_in();
    in_hub(&mut account, 1, 1, 3);
    at(SESSION_IDLE + 1, |c| account.expire(c));
    let ended = Fate::Ended(ErrorCode::SessionExpired);
    assert_eq!(letters(&account), [Letter { hub: 3, names: vec![session(1)], fate: ended }]);
}

#[test]
fn a_hub_that_did_not_answer_renewals_is_told_of_the_end_by_every_name_it_may_know() {
    let mut account = signed_in();
    in_hub(&mut account, 1, 1, 3);
    for n in 1..4 {
        at(2, |c| account.renew(c, &Renew { session: session(n), new: session(n + 1) })).unwrap();
        deliver(&mut account, 2, &Err(ErrorCode::Internal.into()));
    }
    let names = |last| (1..=last).map(session).collect::<Vec<_>>();
    let renewed = Letter { hub: 3, names: names(3), fate: Fate::Renewed(session(4)) };
    assert_eq!(letters(&account), [renewed], "one says it all");
    at(3, |c| account.end_session(c, &EndSession { session: session(4) }));
    let ended = Fate::Ended(ErrorCode::LoggedOut);
    assert_eq!(letters(&account), [Letter { hub: 3, names: names(4), fate: ended }]);
}

#[test]
fn letters_of_a_session_are_bounded_also_where_no_hub_answers_for_a_day() {
    let mut account = signed_in();
    let mut last = 1;
    for n in 2..=200 {
        in_hub(&mut account, u64::from(n), last, u32::from(n));
        if n % 4 == 0 {
            at(u64::from(n), |c| account.sign_in(c, &sign_in(1, n))).unwrap();
        } else {
            at(u64::from(n), |c| account.renew(c, &Renew { session: session(last), new: session(n) })).unwrap();
        }
        last = n;
    }
    assert_eq!(letters(&account).len(), MAX_SESSION_LETTERS);
    let mut account = signed_in();
    in_hub(&mut account, 1, 1, 3);
    for n in 1..200 {
        at(2, |c| account.renew(c, &Renew { session: session(n), new: session(n + 1) })).unwrap();
    }
    assert_eq!(letters(&account)[0].names.len(), MAX_SESSION_NAMES);
    deliver(&mut account, LETTER_LIFE, &Ok(()));
    deliver(&mut account, LETTER_LIFE + 2, &Err(ErrorCode::Internal.into()));
    assert_eq!(letters(&account), []);
}

#[test]
fn a_socket_that_moves_is_closed_where_it_was_and_one_that_comes_back_is_not() {
    let mut account = signed_in();
    in_hub(&mut account, 1, 1, 3);
    in_hub(&mut account, 2, 1, 4);
    let moved = |hub| Letter { hub, names: vec![session(1)], fate: Fate::Moved };
    assert_eq!(letters(&account), [moved(3)]);
    in_hub(&mut account, 3, 1, 3);
    assert_eq!(letters(&account), [moved(4)]);
}

#[test]
fn a_session_stands_under_its_newest_name_and_in_its_own_hub_alone() {
    let mut account = signed_in();
    in_hub(&mut account, 1, 1, 3);
    let stands = |account: &Account, n, hub| account.stands(Millis(5), &Stands { session: session(n), hub });
    assert_eq!(stands(&account, 1, 3), Ok(Standing { session: session(1), silenced: None }));
    assert_eq!(stands(&account, 1, 4).unwrap_err().code, ErrorCode::SignedInElsewhere);
    // The hub has not heard of the renewal: a crash took word of it.
    at(2, |c| account.renew(c, &Renew { session: session(1), new: session(2) })).unwrap();
    assert_eq!(stands(&account, 1, 3), Ok(Standing { session: session(2), silenced: None }));
    deliver(&mut account, 3, &Ok(()));
    assert_eq!(stands(&account, 1, 3).unwrap_err().code, ErrorCode::SessionExpired);
    at(4, |c| account.end_session(c, &EndSession { session: session(2) }));
    assert_eq!(stands(&account, 2, 3).unwrap_err().code, ErrorCode::SessionExpired);
}

#[test]
fn an_account_makes_so_many_characters_a_day_and_a_name_that_was_taken_costs_none() {
    let mut account = signed_in();
    let reserve = || ReserveCharacter { session: session(1), name: name("Aria") };
    let make = |account: &mut Account, now, is_taken: bool| {
        let id = at(now, |c| account.reserve_character(c, reserve()))?;
        if is_taken {
            at(now, |c| account.abandon_character(c, &AbandonCharacter { character: id }));
        } else {
            at(now, |c| account.commit_character(c, &CommitCharacter { character: id }))?;
            at(now, |c| account.begin_delete(c, &BeginDelete { session: session(1), character: id }))?;
            at(now, |c| account.finish_delete(c, &FinishDelete { character: id, deleted: true }));
        }
        Ok::<_, Refusal>(())
    };
    for n in 0..u64::from(CHARACTERS_PER_DAY) {
        make(&mut account, 1_000 + n, true).unwrap();
        make(&mut account, 1_000 + n, false).unwrap();
    }
    let refusal = make(&mut account, 31_000, false).unwrap_err();
    assert_eq!((refusal.code, refusal.retry_after), (ErrorCode::RateLimited, Some(86_370.0)));
    // The next day; the session was used meanwhile.
    at(1_000 + BUDGET_WINDOW, |c| account.sign_in(c, &sign_in(1, 1))).unwrap();
    make(&mut account, 1_000 + BUDGET_WINDOW, false).unwrap();
}

#[test]
fn an_account_founds_so_many_parties_a_day_and_a_repeated_call_is_counted_once() {
    let mut account = signed_in();
    let found = |account: &mut Account, now, n| {
        at(now, |c| account.found_party(c, &FoundParty { party: PartyId::new(n + (1 << 42)).unwrap() }))
    };
    for n in 0..u64::from(PARTIES_PER_DAY) {
        found(&mut account, 5, n).unwrap();
        found(&mut account, 6, n).unwrap();
    }
    assert_eq!(found(&mut account, 7, 900).unwrap_err().code, ErrorCode::RateLimited);
    found(&mut account, 5 + BUDGET_WINDOW, 901).unwrap();
    assert_eq!(found(&mut Account::default(), 8, 1).unwrap_err().code, ErrorCode::SessionExpired);
}

#[test]
fn an_account_is_finished_when_it_is_erased_and_all_hubs_know() {
    let mut account = signed_in();
    in_hub(&mut account, 1, 1, 3);
    assert!(!account.is_finished(Millis(1)));
    let delete = BeginDeletion { session: session(1), proof: Proof::Verifier(verifier(1)) };
    at(2, |c| account.begin_deletion(c, &delete)).unwrap();
    at(3, |c| account.erase(c));
    assert!(!account.is_finished(Millis(3)), "its hub has not answered");
    deliver(&mut account, 3, &Ok(()));
    assert!(account.is_finished(Millis(3)) && Account::default().is_finished(Millis(3)));
}
