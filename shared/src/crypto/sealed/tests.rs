use super::*;
use crate::{entropy::Seeded, limits::MAX_CHAT};
use proptest::prelude::*;
use std::collections::HashSet;

const SALT: [u8; 16] = [7; 16];

fn sender(id: u64) -> CharacterId {
    CharacterId::new(id).unwrap()
}

fn party(id: u64) -> Audience {
    Audience::Party(PartyId::new(id).unwrap())
}

fn to_party() -> Context {
    Context { sender: sender(11), audience: party(22) }
}

fn random(byte: u8) -> Key {
    Key::random(Root::new([byte; 32]))
}

fn ring(byte: u8) -> Ring {
    let mut ring = Ring::default();
    ring.add(random(byte));
    ring
}

fn open(ring: &mut Ring, sealed: &Sealed) -> Result<String, OpenError> {
    ring.open(&to_party(), sealed, false).map(|content| content.as_str().to_owned())
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_cipher_gives_what_nist_gives() {
    // McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13 to 16:
    // key, nonce, plaintext, additional data, ciphertext, tag.
    let long = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    let plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
                 b16aedf5aa0de657ba637b391aafd255";
    let secret = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838\
                  c5f61e6393ba7a0abcc9f662898015ad";
    let (zero_key, zero_nonce, zero_block) = ("0".repeat(64), "0".repeat(24), "0".repeat(32));
    for (key, nonce, text, aad, ciphertext, tag) in [
        (zero_key.as_str(), zero_nonce.as_str(), "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        (
            &zero_key,
            &zero_nonce,
            zero_block.as_str(),
            "",
            "cea7403d4d606b6e074ec5d3baf39d18",
            "d0d1c8a799996bf0265b98b5d48ab919",
        ),
        (long, "cafebabefacedbaddecaf888", plain, "", secret, "b094dac5d93471bdec1a502270e3cc6c"),
        (
            long,
            "cafebabefacedbaddecaf888",
            &plain[..120],
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            &secret[..120],
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ),
    ] {
        let key: [u8; 32] = unhex(key).try_into().unwrap();
        let nonce: [u8; NONCE] = unhex(nonce).try_into().unwrap();
        let (text, aad, wanted) = (unhex(text), unhex(aad), unhex(&format!("{ciphertext}{tag}")));
        let cipher = Aes256Gcm::new(&key.into());
        let sealed = cipher.encrypt(&Nonce::from(nonce), Payload { msg: &text, aad: &aad }).unwrap();
        assert_eq!(sealed, wanted);
        assert_eq!(cipher.decrypt(&Nonce::from(nonce), Payload { msg: &sealed, aad: &aad }).unwrap(), text);
    }
}

#[test]
fn stretching_gives_what_rfc_7914_gives() {
    // RFC 7914 §11; the first 32 of its 64 bytes, which are a block of their own.
    for (passphrase, salt, rounds, wanted) in [
        ("passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
        ("Password", "NaCl", 80_000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"),
    ] {
        let mut derivation = crate::crypto::password::Derivation::new(passphrase.as_bytes(), salt.as_bytes(), rounds);
        let stretched = derivation.advance(u32::MAX).unwrap();
        assert_eq!(stretched.0.to_vec(), unhex(wanted));
    }
}

/// Randomness that counts up from 1.
struct Counting(u8);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 += 1;
            *byte = self.0;
        }
    }
}

#[test]
fn the_example_of_the_document_is_what_another_implementation_gives() {
    // docs/encryption.md, computed by OpenSSL through Node 24.
    let root = || Root::new(std::array::from_fn(|place| place as u8));
    let key = Key::random(root());
    assert_eq!(key.cipher_key().to_vec(), unhex("3c9e548ca6eb7f2e14af3e7eae6f123fc98c41281c5dc26900a78b945ed8809a"));
    assert_eq!(
        to_party().bound(key.id(), [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]).to_vec(),
        unhex(
            "0101000000000000000b000000000000001602974680dc7e59306260935391c75726a5386c085b7ed90de42a0fe3c122cbb22\
             5010203040506070800000000"
        )
    );
    let mut ring = Ring::default();
    ring.add(key);
    let sealed = ring.seal(&to_party(), "hello", &mut Counting(0)).unwrap();
    assert_eq!(sealed.v, 1);
    assert_eq!(sealed.key_id.as_str(), "ApdGgNx+WTBiYJNTkcdXJqU4bAhbftkN5CoP48Eiy7Il");
    assert_eq!(sealed.nonce.as_str(), "AQIDBAUGBwgAAAAA");
    assert_eq!(sealed.ciphertext.as_str(), "pMst+lstu6vz4WnS6x874EW+4mNj");
    let key = ring.key(None).unwrap();
    assert_eq!(key.fingerprint(), "01550 27998 54258 47827");
    assert_eq!(key.text().unwrap().as_str(), "slk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh-vq7MT");
}

#[test]
fn a_passphrase_is_stretched_by_600_000_rounds() {
    let mut stretching = Root::stretching(b"correct horse", &SALT);
    // The first round is done when it begins.
    assert!(stretching.advance(599_998).is_none());
    assert!(stretching.advance(1).is_some());
}

#[test]
fn the_salt_that_travels_makes_the_key_of_whoever_has_the_passphrase() {
    let stretch = |passphrase: &[u8], salt: [u8; 16]| {
        let mut short = crate::crypto::password::Derivation::new(passphrase, &salt, 10);
        Root::new(short.advance(10).unwrap().0)
    };
    let mut mine = Ring::default();
    mine.add(Key::of_passphrase(stretch(b"correct horse", SALT), SALT));
    let sealed = mine.seal(&to_party(), "hello", &mut Seeded::new(1)).unwrap();
    let id = KeyId::read(sealed.key_id.as_str()).unwrap();

    let mut yours = Ring::default();
    yours.add(Key::of_passphrase(stretch(b"correct horse", [9; 16]), [9; 16]));
    assert_eq!(open(&mut yours, &sealed), Err(OpenError::UnknownKey));
    let salt = yours.needs(&id).unwrap();
    assert_eq!(salt, SALT);
    assert_eq!(yours.learn(&id, stretch(b"wrong horse", salt), true), Err(OpenError::WrongKey));
    assert_eq!(open(&mut yours, &sealed), Err(OpenError::UnknownKey));
    yours.learn(&id, stretch(b"correct horse", salt), true).unwrap();
    assert_eq!(open(&mut yours, &sealed).as_deref(), Ok("hello"));
    assert_eq!(yours.needs(&id), None);
}

#[test]
fn members_come_to_seal_with_the_lowest_salt_of_their_passphrase() {
    let key = |byte: u8| Key::of_passphrase(Root::new([byte; 32]), [byte; 16]);
    let salt = |ring: &Ring| ring.sealing().and_then(KeyId::salt);
    let mut ring = Ring::default();
    ring.add(key(5));
    ring.learn(key(6).id(), Root::new([6; 32]), true).unwrap();
    assert_eq!(salt(&ring), Some([5; 16]), "a higher one opens alone");
    ring.learn(key(3).id(), Root::new([3; 32]), false).unwrap();
    assert_eq!(salt(&ring), Some([5; 16]), "so does one of an older passphrase");
    ring.learn(key(4).id(), Root::new([4; 32]), true).unwrap();
    assert_eq!(salt(&ring), Some([4; 16]));
    ring.add(random(1));
    ring.learn(key(2).id(), Root::new([2; 32]), true).unwrap();
    assert_eq!(salt(&ring), None, "a random key is no passphrase's");
}

#[test]
fn an_id_of_the_same_salt_and_another_passphrase_is_told_apart() {
    let (mine, other) = (Key::of_passphrase(Root::new([1; 32]), SALT), Key::of_passphrase(Root::new([2; 32]), SALT));
    let mut theirs = Ring::default();
    theirs.add(other.clone());
    let sealed = theirs.seal(&to_party(), "hello", &mut Seeded::new(1)).unwrap();
    let mut ring = Ring::default();
    ring.add(mine);
    assert_eq!(open(&mut ring, &sealed), Err(OpenError::WrongKey));
    assert_eq!(ring.needs(other.id()), None);
    assert_eq!(ring.learn(random(3).id(), Root::new([3; 32]), true), Err(OpenError::UnknownKey));
}

#[test]
fn the_newest_key_seals_and_all_open_until_there_are_too_many() {
    let mut writer = Ring::default();
    let mut reader = Ring::default();
    let mut entropy = Seeded::new(1);
    let mut sealed = Vec::new();
    for byte in 0..=MAX_KEYS as u8 {
        writer.add(random(byte));
        reader.add(random(byte));
        assert_eq!(writer.sealing(), Some(random(byte).id()));
        sealed.push(writer.seal(&to_party(), "hello", &mut entropy).unwrap());
    }
    assert_eq!(open(&mut reader, &sealed[0]), Err(OpenError::UnknownKey));
    for sealed in &sealed[1..] {
        assert_eq!(open(&mut reader, sealed).as_deref(), Ok("hello"));
    }
    assert_eq!(Ring::default().seal(&to_party(), "hello", &mut entropy), Err(SealError::NoKey));
    assert_eq!(open(&mut Ring::default(), &sealed[1]), Err(OpenError::UnknownKey));
}

#[test]
fn what_was_opened_does_not_open_again_but_in_history() {
    let sealed = ring(1).seal(&to_party(), "hello", &mut Seeded::new(1)).unwrap();
    let mut reader = ring(1);
    for _ in 0..2 {
        assert!(reader.open(&to_party(), &sealed, true).is_ok());
    }
    assert_eq!(open(&mut reader, &sealed).as_deref(), Ok("hello"), "history marks nothing as said");
    assert_eq!(open(&mut reader, &sealed), Err(OpenError::Replayed));
    assert!(reader.open(&to_party(), &sealed, true).is_ok());
}

#[test]
fn within_the_window_order_is_free_and_behind_it_nothing_opens() {
    let (mut writer, mut entropy) = (ring(1), Seeded::new(1));
    let mut seal = || writer.seal(&to_party(), "hello", &mut entropy).unwrap();
    let sealed: Vec<Sealed> = (0..=WINDOW).map(|_| seal()).collect();
    let mut reader = ring(1);
    // The newest first; the oldest is as old as the window is long.
    for sealed in sealed[1..].iter().rev() {
        assert_eq!(open(&mut reader, sealed).as_deref(), Ok("hello"));
    }
    for sealed in &sealed {
        assert_eq!(open(&mut reader, sealed), Err(OpenError::Replayed));
    }
}

#[test]
fn a_counter_that_leaps_leaves_nothing_open_behind_it() {
    let mut windows = Windows::default();
    let mut admit = |counter| windows.admit(random(1).id(), sender(1), [0; 8], counter);
    for (counter, first) in
        [(0, true), (63, true), (64, true), (0, false), (1, true), (1, false), (u32::MAX, true), (u32::MAX, false)]
    {
        assert_eq!(admit(counter), first, "{counter}");
    }
    assert!(!admit(64));
    assert!(admit(u32::MAX - 63));
    assert!(!admit(u32::MAX - 64));
}

#[test]
fn streams_are_few_and_a_sender_who_begins_many_makes_others_forget_none() {
    let mut windows = Windows::default();
    let id = *random(1).id();
    let prefix = |n: usize| (n as u64).to_be_bytes();
    assert!(windows.admit(&id, sender(1), prefix(0), 5));
    for n in 0..10 * MAX_STREAMS {
        assert!(windows.admit(&id, sender(2), prefix(n), 0));
    }
    assert_eq!(windows.count(), 1 + MAX_STREAMS_PER_SENDER);
    assert!(!windows.admit(&id, sender(1), prefix(0), 5));
    let last = 10 * MAX_STREAMS - 1;
    assert!(!windows.admit(&id, sender(2), prefix(last), 0), "the newest are remembered");
    for n in 3..10 * MAX_STREAMS as u64 {
        assert!(windows.admit(&id, sender(n), prefix(0), 0));
        assert!(!windows.admit(&id, sender(1), prefix(0), 5), "who goes on is remembered");
    }
    assert_eq!(windows.count(), MAX_STREAMS);
}

#[test]
fn a_nonce_counts_to_its_end_and_is_then_refused() {
    let (mut ring, mut entropy) = (ring(1), Seeded::new(1));
    let nonce = |sealed: Sealed| split(decode(sealed.nonce.as_str()).unwrap());
    let (prefix, first) = nonce(ring.seal(&to_party(), "hello", &mut entropy).unwrap());
    assert_eq!(first, 0);
    ring.keys[0].next = Some(u32::MAX);
    assert_eq!(nonce(ring.seal(&to_party(), "hello", &mut entropy).unwrap()), (prefix, u32::MAX));
    assert_eq!(ring.seal(&to_party(), "hello", &mut entropy), Err(SealError::Exhausted));
    // Adding it again does not begin it again.
    ring.add(random(1));
    assert_eq!(ring.seal(&to_party(), "hello", &mut entropy), Err(SealError::Exhausted));
}

#[test]
fn nonces_never_repeat_under_a_key_however_often_it_is_set() {
    let mut entropy = Seeded::new(1);
    let mut seen = HashSet::new();
    for _ in 0..20 {
        let mut ring = ring(1);
        for n in 0..50 {
            if n % 7 == 0 {
                ring.add(random(2));
                ring.add(random(1));
            }
            let sealed = ring.seal(&to_party(), "hello", &mut entropy).unwrap();
            assert!(seen.insert(sealed.nonce));
        }
    }
}

#[test]
fn the_longest_content_fits_and_what_is_longer_or_empty_is_refused() {
    let mut ring = ring(1);
    let mut seal = |text: &str| ring.seal(&to_party(), text, &mut Seeded::new(1));
    let longest = "👍".repeat(MAX_CHAT);
    let sealed = seal(&longest).unwrap();
    for (text, code) in
        [("x".repeat(MAX_CHAT + 1), crate::ErrorCode::TooLong), (" \n".into(), crate::ErrorCode::Empty)]
    {
        assert!(matches!(seal(&text), Err(SealError::Content(refusal)) if refusal.code == code));
    }
    assert_eq!(open(&mut ring, &sealed), Ok(longest));
}

#[test]
fn a_member_that_seals_what_is_no_chat_is_not_heard() {
    let key = random(1);
    for text in [vec![0xFF], "x".repeat(MAX_CHAT + 1).into_bytes(), b" ".to_vec(), vec![]] {
        let bound = to_party().bound(key.id(), [0; NONCE]);
        let payload = Payload { msg: &text, aad: &bound };
        let ciphertext = cipher(&key).encrypt(&Nonce::from([0; NONCE]), payload).unwrap();
        let sealed = Sealed {
            v: VERSION,
            key_id: key.id().text(),
            nonce: Text::cut(&Base64::encode_string(&[0; NONCE])),
            ciphertext: Text::cut(&Base64::encode_string(&ciphertext)),
        };
        assert_eq!(open(&mut ring(1), &sealed), Err(OpenError::Tampered));
    }
}

#[test]
fn a_random_key_goes_to_a_friend_as_text() {
    let key = random(1);
    let text = key.text().unwrap();
    let read = Key::random(Root::read(&format!(" {}\n", *text)).unwrap());
    assert_eq!((read.id(), read.fingerprint()), (key.id(), key.fingerprint()));
    for at in 0..text.len() {
        let mut wrong = text.as_bytes().to_vec();
        wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
        assert!(Root::read(std::str::from_utf8(&wrong).unwrap()).is_none(), "{at}");
        assert!(Root::read(&text[..at]).is_none());
    }
    assert!(Root::read(&format!("slk1_{}", "A".repeat(100_000))).is_none());
    assert_eq!(Key::of_passphrase(Root::new([1; 32]), SALT).text(), None, "a passphrase is handed on by itself");
}

#[test]
fn a_fingerprint_is_four_groups_of_five_digits_of_the_one_key() {
    let keys = [random(1), random(2), Key::of_passphrase(Root::new([1; 32]), SALT)];
    let all: HashSet<String> = keys.iter().map(Key::fingerprint).collect();
    assert_eq!(all.len(), 3);
    for fingerprint in all {
        let groups: Vec<&str> = fingerprint.split(' ').collect();
        assert_eq!(groups.len(), 4);
        assert!(groups.iter().all(|group| group.len() == 5 && group.bytes().all(|b| b.is_ascii_digit())));
    }
    assert_eq!(ring(1).key(None).map(Key::fingerprint), Some(random(1).fingerprint()));
    assert!(ring(1).key(Some(random(2).id())).is_none());
}

#[test]
fn nothing_prints_a_key() {
    let printed = format!("{:?} {:?} {:?}", ring(0xAB), random(0xAB), Root::new([0xAB; 32]));
    assert!(!printed.contains("171") && !printed.to_lowercase().contains("abab"), "{printed}");
    assert!(printed.ends_with("Root(..)"));
}

/// A text with another letter at this place.
fn with_letter<const MAX: usize>(text: &Text<MAX>, at: usize, letter: char) -> Option<Text<MAX>> {
    let mut letters: Vec<char> = text.as_str().chars().collect();
    let at = at % letters.len();
    let changed = letters[at] != letter;
    letters[at] = letter;
    changed.then(|| Text::cut(&letters.into_iter().collect::<String>()))
}

fn audiences() -> impl Strategy<Value = Audience> {
    let ids = 1..=crate::ids::MAX_ID;
    (any::<bool>(), ids).prop_map(
        |(whispers, id)| {
            if whispers { Audience::Whisper(CharacterId::new(id).unwrap()) } else { party(id) }
        },
    )
}

fn contexts() -> impl Strategy<Value = Context> {
    (1..=crate::ids::MAX_ID, audiences()).prop_map(|(id, audience)| Context { sender: sender(id), audience })
}

proptest! {
    #[test]
    fn what_is_sealed_opens_where_it_belongs_and_nowhere_else(
        text in "\\PC{1,60}", seed: u64, context in contexts(), other in contexts(), byte: u8,
    ) {
        prop_assume!(Draft::new(&text).accept().is_ok());
        let sealed = ring(byte).seal(&context, &text, &mut Seeded::new(seed)).unwrap();
        let swapped = match context.audience {
            Audience::Party(id) => Audience::Whisper(CharacterId::new(id.get()).unwrap()),
            Audience::Whisper(id) => party(id.get()),
        };
        let mut reader = ring(byte);
        for wrong in [
            other,
            Context { sender: other.sender, ..context },
            Context { audience: other.audience, ..context },
            Context { audience: swapped, ..context },
        ] {
            if wrong != context {
                prop_assert_eq!(reader.open(&wrong, &sealed, false), Err(OpenError::Tampered));
            }
        }
        let opened = reader.open(&context, &sealed, false).unwrap();
        let cleaned = Draft::new(&text);
        prop_assert_eq!(opened.as_str(), cleaned.as_str());
    }

    #[test]
    fn whatever_is_changed_does_not_open(at: usize, letter in "[A-Za-z0-9+/=é]", v: u8, seed: u64) {
        let letter = letter.chars().next().unwrap();
        let sealed = ring(1).seal(&to_party(), "a word of some length", &mut Seeded::new(seed)).unwrap();
        let mut reader = ring(1);
        let mut changed = Vec::new();
        if v != sealed.v {
            changed.push(Sealed { v, ..sealed.clone() });
        }
        changed.extend(with_letter(&sealed.nonce, at, letter).map(|nonce| Sealed { nonce, ..sealed.clone() }));
        changed.extend(
            with_letter(&sealed.ciphertext, at, letter).map(|ciphertext| Sealed { ciphertext, ..sealed.clone() }),
        );
        for changed in changed {
            prop_assert_eq!(open(&mut reader, &changed), Err(OpenError::Tampered));
        }
        // An id that was changed names another key, or none.
        if let Some(key_id) = with_letter(&sealed.key_id, at, letter) {
            let opened = open(&mut reader, &Sealed { key_id, ..sealed.clone() });
            prop_assert!(opened.is_err());
        }
        prop_assert!(open(&mut reader, &sealed).is_ok(), "what fails leaves nothing behind");
    }

    #[test]
    fn any_byte_of_the_ciphertext_counts(at: usize, flip in 1..=255_u8) {
        let sealed = ring(1).seal(&to_party(), "hello", &mut Seeded::new(1)).unwrap();
        let mut bytes = Base64::decode_vec(sealed.ciphertext.as_str()).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= flip;
        let ciphertext = Text::cut(&Base64::encode_string(&bytes));
        prop_assert_eq!(open(&mut ring(1), &Sealed { ciphertext, ..sealed }), Err(OpenError::Tampered));
    }

    #[test]
    fn a_key_id_of_another_key_opens_nothing(seed: u64) {
        // The ciphertext of one key under the name of another that is known too.
        let mut reader = ring(1);
        reader.add(random(2));
        let sealed = ring(1).seal(&to_party(), "hello", &mut Seeded::new(seed)).unwrap();
        let key_id = random(2).id().text();
        prop_assert_eq!(open(&mut reader, &Sealed { key_id, ..sealed }), Err(OpenError::Tampered));
    }

    #[test]
    fn nothing_that_comes_in_panics(
        v: u8, key_id in ".{0,16}|[A-Za-z0-9+/=]{0,64}", nonce in ".{0,8}|[A-Za-z0-9+/=]{0,32}",
        ciphertext in ".{0,40}|[A-Za-z0-9+/=]{0,200}", known: bool, past: bool, root: [u8; 32],
    ) {
        let mut ring = ring(1);
        let key_id = if known { random(1).id().text() } else { Text::cut(&key_id) };
        if let Some(id) = KeyId::read(key_id.as_str()) {
            let _ = ring.needs(&id);
            let _ = ring.learn(&id, Root::new(root), true);
        }
        let _ = Root::read(&ciphertext);
        let sealed = Sealed { v, key_id, nonce: Text::cut(&nonce), ciphertext: Text::cut(&ciphertext) };
        prop_assert!(ring.open(&to_party(), &sealed, past).is_err());
    }

    #[test]
    fn each_counter_is_admitted_once(counters in prop::collection::vec(0..200_u32, 1..300)) {
        let mut windows = Windows::default();
        let mut seen = HashSet::new();
        let mut newest = 0;
        for counter in counters {
            let admitted = windows.admit(random(1).id(), sender(1), [0; 8], counter);
            let first = seen.insert(counter);
            prop_assert!(!admitted || first, "{} twice", counter);
            // Whatever is new and not too old is let through.
            newest = newest.max(counter);
            prop_assert_eq!(admitted, first && newest - counter < WINDOW);
        }
    }
}
