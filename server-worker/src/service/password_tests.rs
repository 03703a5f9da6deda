//! How often somebody may register and sign in, and by what that is counted.

use super::{
    realm::Realm,
    tests::{HOME, config, password, player, sign_in_from, user},
    *,
};
use shardlink_shared::{ErrorCode, crypto::scram::ClientFirst};

#[test]
fn addresses_that_cannot_be_read_are_throttled_as_one() {
    let realm = Realm::new();
    let unreadable = ["", "unknown", "for=203.0.113.9", "203.0.113.300", "[2001:db8::1", "203.0.113.9:"];
    for (n, address) in unreadable.iter().cycle().take(30).enumerate() {
        let refusal = sign_in_from(&realm, address, &format!("nobody{n}"), "hunter22").unwrap_err();
        assert_eq!(refusal.code, ErrorCode::BadCredentials);
    }
    assert_eq!(sign_in_from(&realm, "-", "nobody", "hunter22").unwrap_err().code, ErrorCode::RateLimited);
    for (n, address) in unreadable.iter().cycle().take(60).enumerate() {
        let name = user(&format!("aria{n}"));
        realm.run(register(&realm, &config(), address, name, &password("hunter22"))).unwrap();
    }
    let refused = realm.run(register(&realm, &config(), "-", user("aria"), &password("hunter22")));
    assert_eq!(refused.unwrap_err().code, ErrorCode::RateLimited);
}

#[test]
fn an_unreadable_address_that_signed_in_spares_nobody_the_limit_of_a_name() {
    let realm = Realm::new();
    player(&realm, "aria");
    sign_in_from(&realm, "", "aria", "hunter22").unwrap();
    for _ in 0..10 {
        assert_eq!(sign_in_from(&realm, "", "aria", "wrong one").unwrap_err().code, ErrorCode::BadCredentials);
    }
    assert_eq!(sign_in_from(&realm, "", "aria", "hunter22").unwrap_err().code, ErrorCode::RateLimited);
}

#[test]
fn an_address_is_throttled_as_one_however_it_is_written() {
    let realm = Realm::new();
    let written = ["203.0.113.9", "203.0.113.9:51000", "::ffff:203.0.113.9", "[::ffff:203.0.113.9]:51001"];
    for (n, address) in written.iter().cycle().take(30).enumerate() {
        let refusal = sign_in_from(&realm, address, &format!("nobody{n}"), "hunter22").unwrap_err();
        assert_eq!(refusal.code, ErrorCode::BadCredentials);
    }
    for address in written {
        assert_eq!(sign_in_from(&realm, address, "nobody", "hunter22").unwrap_err().code, ErrorCode::RateLimited);
    }
    // Its neighbour through the same IPv6 socket is somebody else.
    let neighbour = sign_in_from(&realm, "[::ffff:203.0.113.10]:51000", "nobody", "hunter22");
    assert_eq!(neighbour.unwrap_err().code, ErrorCode::BadCredentials);
}

/// Signs in by SCRAM. The client's part is done here.
fn scram_from(realm: &Realm, address: &str, name: &str) -> Result<SignedIn> {
    let first = ClientFirst::parse(&format!("n,,n={name},r=abcdefgh")).unwrap();
    let handshake = realm.run(start_scram(realm, &config(), &first)).unwrap();
    realm.run(finish_scram(realm, &config(), address, handshake, "c=biws,r=abcdefgh,p=AAAA".into()))
}

#[test]
fn right_plain_sign_ins_from_an_address_are_counted_and_wrong_ones_and_other_addresses_are_not() {
    let realm = Realm::new();
    player(&realm, "aria");
    // The first sign-in was made by `player`.
    for _ in 1..60 {
        assert!(sign_in_from(&realm, HOME, "aria", "hunter22").is_ok());
    }
    let refusal = sign_in_from(&realm, HOME, "aria", "hunter22").unwrap_err();
    assert_eq!((refusal.code, refusal.retry_after.is_some()), (ErrorCode::RateLimited, true));
    assert_eq!(refusal.sentence(), "Too many sign-ins from your network. Wait a moment.");
    // A sign-in that is refused for its rate costs no hashing.
    let stretched = realm.stretched.get();
    assert!(sign_in_from(&realm, HOME, "aria", "hunter22").is_err());
    assert_eq!(realm.stretched.get(), stretched);
    assert!(sign_in_from(&realm, "198.51.100.9", "aria", "hunter22").is_ok());
    realm.now.set(realm.now.get() + 60_000);
    for _ in 0..9 {
        assert_eq!(sign_in_from(&realm, HOME, "aria", "wrong one").unwrap_err().code, ErrorCode::BadCredentials);
    }
    for _ in 0..60 {
        assert!(sign_in_from(&realm, HOME, "aria", "hunter22").is_ok());
    }
    assert_eq!(sign_in_from(&realm, HOME, "aria", "hunter22").unwrap_err().code, ErrorCode::RateLimited);
}

#[test]
fn an_address_with_too_many_plain_sign_ins_still_gets_in_by_scram() {
    let realm = Realm::new();
    player(&realm, "aria");
    while sign_in_from(&realm, HOME, "aria", "hunter22").is_ok() {}
    // It is judged, and wrong because its proof is made up.
    assert_eq!(scram_from(&realm, HOME, "aria").unwrap_err().code, ErrorCode::BadCredentials);
}

#[test]
fn a_password_that_is_changed_over_and_over_counts_as_plain_sign_ins_do() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let change = || {
        let (old, new) = (Proof::Password(password("hunter22")), NewPassword::Plain(password("hunter22")));
        realm.run(change_password(&realm, &config(), HOME, aria, old, new))
    };
    assert_eq!((0..100).filter(|_| change().is_ok()).count(), 59);
    assert_eq!(change().unwrap_err().code, ErrorCode::RateLimited);
}

#[test]
fn a_refusal_says_what_there_was_too_much_of() {
    let realm = Realm::new();
    let wrong = |address: &str, name: &str| loop {
        let refusal = sign_in_from(&realm, address, name, "hunter22").unwrap_err();
        if refusal.code == ErrorCode::RateLimited {
            return refusal.sentence().to_owned();
        }
    };
    assert_eq!(wrong(HOME, "nobody"), "Too many wrong sign-ins with this name. Wait a moment.");
    let mut names = (0..).map(|n| format!("nobody{n}"));
    let by_address = (0..40).map(|_| sign_in_from(&realm, HOME, &names.next().unwrap(), "hunter22").unwrap_err());
    let last = by_address.last().unwrap();
    assert_eq!(last.sentence(), "Too many wrong sign-ins from your network. Wait a moment.");
}
