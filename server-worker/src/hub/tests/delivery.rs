//! Reliable messages are delivered together.

use super::*;

fn world() -> (World, ConnectionId, ConnectionId, ConnectionId) {
    let mut world = World::with(Settings::default(), false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    let bran = world.player(2, "Bran", Encoding::Binary);
    let cara = world.player(3, "Cara", Encoding::Json);
    while world.tick() {}
    world.now += 1_000;
    (world, aria, bran, cara)
}

/// Says so much that what follows has to wait. Returns when that is delivered.
fn chatter(world: &mut World, talker: ConnectionId) -> u64 {
    for n in 0..10 {
        world.send(talker, &say(&format!("at once {n}"), Channel::Global));
        assert_eq!(world.types(talker), ["chat"]);
    }
    world.now + 50
}

#[test]
fn a_little_is_delivered_at_once_and_much_together_with_the_next_tick() {
    let (mut world, aria, bran, cara) = world();
    let due = chatter(&mut world, aria);
    for (n, sender) in [(1, bran), (2, cara), (3, bran)] {
        world.now += 10;
        world.send(sender, &say(&format!("later {n}"), Channel::Global));
        assert_eq!(world.last, []);
    }
    assert_eq!(world.log.len(), 10);
    assert!(world.tick());
    assert_eq!(world.now, due);
    let Some(Effect::Deliver(delivery)) = world.last.first() else { panic!("{:?}", world.last) };
    assert_eq!((delivery.rows.len(), world.log.len()), (3, 13));
    for id in [aria, bran, cara] {
        assert_eq!(world.types(id), ["chat", "chat", "chat"]);
    }
    // In binary they are one frame.
    assert_eq!((world.frames(aria).count(), world.frames(bran).count(), world.frames(cara).count()), (1, 1, 3));
    assert!(!world.tick());
    // A message a second later waits for nothing.
    world.now += 1_000;
    world.send(cara, &say("at last", Channel::Global));
    assert_eq!(world.types(aria), ["chat"]);
}

#[test]
fn whoever_comes_or_is_lost_before_a_delivery_is_told_what_is_for_it_and_no_more() {
    let (mut world, aria, bran, _) = world();
    chatter(&mut world, bran);
    world.now += 10;
    world.send(aria, &say("before Dana came", Channel::Global));
    let dana = world.player(4, "Dana", Encoding::Binary);
    world.send(aria, &say("after she came", Channel::Global));
    world.handle(Event::Lost(bran));
    world.now += 40;
    world.handle(Event::Tick);
    let chats = |world: &World, id| world.types(id).iter().filter(|name| **name == "chat").count();
    assert_eq!((chats(&world, aria), chats(&world, bran), chats(&world, dana)), (2, 0, 1));
    world.handle(Event::Opened {
        id: ConnectionId(9),
        encoding: Encoding::Binary,
        address: String::new(),
        shown: Shown::Resume(shardlink_shared::crypto::token::ResumeToken {
            session: identity(2).session,
            player: identity(2).player,
            hub: 3,
            stream: 2,
        }),
    });
    let resume = ClientMessage::Resume(shardlink_shared::protocol::account::Resume { last_seq: 0 });
    world.send(ConnectionId(9), &resume);
    assert_eq!(chats(&world, bran), 12);
}

#[test]
fn an_error_that_answers_a_request_keeps_its_place_among_what_is_said() {
    let (mut world, aria, bran, _) = world();
    chatter(&mut world, bran);
    world.send(aria, &say("to nobody", Channel::Party));
    world.send(aria, &say("second", Channel::Global));
    world.now += 50;
    world.handle(Event::Tick);
    assert_eq!((world.types(aria), world.types(bran)), (vec!["error", "chat"], vec!["chat"]));
}

#[test]
fn what_is_said_while_somebody_walks_comes_in_the_frame_of_the_tick() {
    let (mut world, aria, bran, cara) = world();
    world.walk(aria, 1.0, 0.0);
    world.tick();
    world.now += 10;
    world.walk(aria, 1.2, 0.0);
    world.send(cara, &say("hello", Channel::Global));
    assert_eq!(world.last, []);
    assert!(world.tick());
    // A player who is told of nobody's step is told what was said as well.
    assert_eq!((world.types(bran), world.frames(bran).count()), (vec!["chat", "position_frame"], 1));
    assert_eq!(world.types(aria)[0], "chat");
    assert_eq!(world.types(cara)[0], "chat");
    let Some(Effect::Deliver(delivery)) = world.last.first() else { panic!("{:?}", world.last) };
    assert_eq!(delivery.rows.len(), 1);
    // What could not be stored is not in the frame, which goes out all the same.
    let mut bare = Vec::new();
    for effect in &world.last {
        let Effect::Share(shared) = effect else { continue };
        let (to, frame) = world.out.shared(shared, false);
        if to.contains(&bran) {
            bare.extend(
                decode::<ServerMessage>(Frame::Binary(frame), MAX_SERVER_FRAME).map(|one| one.unwrap().message),
            );
        }
    }
    assert!(matches!(bare[..], [ServerMessage::PositionFrame(_)]), "{bare:?}");
}

#[test]
fn whoever_is_about_to_go_is_told_first_what_waits_for_the_tick() {
    let goodbye = ClientMessage::Disconnect(Default::default());
    for encoding in [Encoding::Binary, Encoding::Json] {
        let (mut world, aria, bran, cara) = world();
        world.walk(aria, 1.0, 0.0);
        world.tick();
        world.now += 10;
        world.walk(aria, 1.2, 0.0);
        let goes = if encoding == Encoding::Binary { bran } else { cara };
        world.send(goes, &say("hello", Channel::Party));
        assert_eq!(world.last, []);
        world.send(goes, &goodbye);
        assert_eq!(world.types(goes), ["error", "disconnect"]);
    }
    let (mut world, aria, bran, _) = world();
    world.walk(aria, 1.0, 0.0);
    world.tick();
    world.now += 10;
    world.walk(aria, 1.2, 0.0);
    world.send(bran, &say("hello", Channel::Party));
    world.handle(Event::SessionEnded(identity(2).session, ErrorCode::LoggedOut));
    assert_eq!((world.types(bran), world.closed(bran)), (vec!["error"], Some(ErrorCode::LoggedOut)));
}

#[test]
fn goodbyes_before_it_do_not_delay_what_is_said() {
    let (mut world, aria, bran, _) = world();
    for n in 0..400 {
        let guest = world.player(1_000 + n, &format!("Guest {n}"), Encoding::Binary);
        world.send(guest, &say("hello", Channel::Party));
        world.send(guest, &ClientMessage::Disconnect(Default::default()));
        assert!(world.types(guest).ends_with(&["disconnect"]));
    }
    while world.hub.map.area.is_dirty() {
        world.tick();
    }
    let said = world.now;
    world.send(aria, &say("at last", Channel::Global));
    while !world.types(bran).contains(&"chat") {
        assert!(world.tick(), "it is never delivered");
    }
    assert!(world.now - said <= 100, "it took {} ms", world.now - said);
}

#[test]
fn where_ticks_are_rare_what_is_said_does_not_wait_for_one() {
    let mut world = World::with(Settings { tick_interval: 1_000, ..Settings::default() }, false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    let bran = world.player(2, "Bran", Encoding::Binary);
    while world.tick() {}
    world.walk(bran, 0.1, 0.0);
    let said = world.now;
    world.send(aria, &say("hello", Channel::Global));
    while !world.types(bran).contains(&"chat") {
        assert!(world.tick(), "it is never delivered");
    }
    assert!(world.now - said <= 100, "it took {} ms", world.now - said);
}
