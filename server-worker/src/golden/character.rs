//! The rows of a Character.

use super::{Golden, NOW, character, location, name, party, player};
use crate::{
    calls::{
        Call,
        character::{Claim, Create, Enter, Invite, Mute, Presence, Seat, Visit},
    },
    character::{
        logic::{Character, Write},
        record::Record,
        rows,
        social::{Letter, Social},
    },
    effect::{Context, Logic},
    letters,
};
use shardlink_shared::{
    entropy::Seeded,
    protocol::{Timestamp, bounded::Text, party::PartyInvite},
    sheet::{Progression, Resources, Sheet, Stats},
    world::{Class, Faction, Race},
};

const VISIT: Visit = Visit { hub: 3, connection: (1 << 52) - 1 };

fn sheet() -> Sheet {
    let stats = Stats { strength: 9, dexterity: 17, intelligence: 12, constitution: 10, wisdom: 8, charisma: 13 };
    Sheet {
        resources: Resources { health: 71, max_health: 110, stamina: 99, max_stamina: 105, mana: 0, max_mana: 90 },
        progression: Progression { level: 7, experience: 12_345, souls: 250 },
        location_id: location(),
        updated_at: NOW + 86_400_000,
        ..Sheet::new(character(1), name("Aria Thorn"), Race::Elf, Class::Rogue, Faction::MoonlitCircle, stats, NOW)
    }
}

fn invite() -> PartyInvite {
    PartyInvite {
        party_id: party(),
        inviter_id: character(2),
        inviter_name: name("Bran"),
        invitee_id: character(1),
        invitee_name: name("Aria Thorn"),
        party_name: Some(Text::cut("The Four")),
        expires_at: Some(Timestamp(NOW + 300_000)),
    }
}

/// A character that is asked things.
struct Asked(Character);

impl Asked {
    /// The rows that a call changes.
    fn ask(&mut self, call: impl Call) -> Vec<Write> {
        let mut entropy = Seeded::new(1);
        let mut context = Context::new(NOW, &mut entropy);
        let reply = self.0.dispatch(&mut context, serde_json::from_str(&call.encode()).unwrap());
        assert!(reply.0.starts_with(r#"{"Ok""#), "{}", reply.0);
        context.writes
    }
}

#[test]
fn the_rows_of_a_character_are_as_they_were_pinned() {
    let mut golden = Golden::of("character");
    let mut asked = Asked(Character::default());
    let created = asked.ask(Create { owner: player(), sheet: sheet() });
    let [Write::Record(Some(record))] = &*created else { panic!("{created:?}") };
    golden.json("record", record);
    golden.row("record", record, rows::record(record), rows::read_record);
    let without_items = Record { items: Vec::new(), settles_at: None, ..record.clone() };
    golden.old_json("record-without-items", &without_items);
    assert_eq!(record.told(), sheet());
    let entered = asked.ask(Enter { owner: player(), visit: VISIT });
    let [Write::Presence(Some(presence))] = &*entered else { panic!("{entered:?}") };
    golden.json("presence", presence);
    golden.row("presence", presence, rows::presence(*presence), rows::read_presence);
    let kept = social(invite());
    golden.json("social", &kept);
    golden.row("social", &kept, rows::social(&kept), rows::read_social);
    golden.old_json("social-uncounted", &social(PartyInvite { expires_at: None, ..invite() }));
}

/// A character with a seat, an invitation, and somebody whom it does not hear.
fn social(invite: PartyInvite) -> Social {
    let mut asked = Asked(Character::default());
    asked.ask(Create { owner: player(), sheet: sheet() });
    asked.ask(Claim { owner: player(), party: party(), key: (1 << 63) + 1 });
    asked.ask(Invite { key: 77, expires: NOW + 300_000, invite });
    match &*asked.ask(Mute { owner: player(), character: character(9), muted: true }) {
        [Write::Social(social)] => social.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_letters_of_a_character_are_as_they_were_pinned() {
    let mut golden = Golden::of("character/letters");
    let (who, seat) = (character(1), Seat { party: party(), key: 5 });
    for (letter, says) in [
        ("report", Letter::Report(seat, who, Presence { number: NOW.0, visit: Some(VISIT) })),
        ("report-offline", Letter::Report(seat, who, Presence { number: NOW.0 + 1, visit: None })),
        ("resign", Letter::Resign { seat, key: u64::MAX, character: who }),
        ("displaced", Letter::Displaced(who, VISIT)),
        ("check", Letter::Check(who, VISIT)),
        ("invited", Letter::Invited { key: 77, invite: invite().into(), visit: VISIT }),
    ] {
        golden.json(letter, &letters::Letter { posted: NOW, says });
    }
}
