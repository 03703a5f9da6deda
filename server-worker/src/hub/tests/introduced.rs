//! What somebody who enters is told of the ties it has.

use super::*;
use shardlink_shared::{
    ids::PartyId,
    protocol::{chat::Mute, party::PartyInvite},
};

#[test]
fn who_enters_is_told_whom_it_has_muted_and_what_it_is_invited_into() {
    both(|mut world| {
        let id = world.open(1, Encoding::Binary);
        world.send(id, &auth());
        let invite = PartyInvite {
            party_id: PartyId::new(1 << 43).unwrap(),
            inviter_id: character(5),
            inviter_name: CharacterName::parse("Bran").unwrap(),
            invitee_id: character(1),
            invitee_name: CharacterName::parse("Aria").unwrap(),
            party_name: None,
            expires_at: None,
        };
        let mute = |n| Mute { character_id: character(n), muted: true };
        let muting = |n| Told::once(ServerMessage::Mute(mute(n))).changing(systems::Change::Chat(mute(n)));
        let told = vec![muting(3), muting(4), Told::once(ServerMessage::PartyInvite(invite.clone()))];
        let entrance = Some(Box::new(Entrance { told, ..entrance(sheet(1, "Aria")) }));
        world.answer(id, Ok(Answer::Admitted { identity: identity(1), token: None, entrance, silenced: None }));
        let told: Vec<_> = world.sent(id).into_iter().skip(2).take(3).collect();
        let muted = [3, 4].map(|n| ServerMessage::Mute(mute(n)));
        assert_eq!(told, [&muted[..], &[ServerMessage::PartyInvite(invite)]].concat());
    });
}
