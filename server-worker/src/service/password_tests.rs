//! How often somebody may register and sign in, and by what that is counted.

use super::{
    realm::Realm,
    tests::{config, password, player, sign_in_from, user},
    *,
};
use shardlink_shared::ErrorCode;

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
