//! Lost connections that are resumed, against a server that does what the protocol says.

use super::*;
use shardlink_shared::{
    ids::PlayerId,
    protocol::{account::Resumed, bounded::Secret},
};
use std::collections::BTreeMap;

const RESUME: &str = "resume.r1_a";

fn resumable() -> ServerMessage {
    let resume_token = Some(Secret::parse("r1_a").unwrap());
    ServerMessage::AuthResponse(AuthResponse { resume_token, ..accepted(Some(sheet())) })
}

fn resumed(snapshot: bool) -> ServerMessage {
    ServerMessage::Resumed(Resumed { replayed: 0, snapshot })
}

fn say(content: &str) -> ClientMessage {
    ClientMessage::Chat(SendChat::new(content, Channel::Global))
}

fn contents(effects: &[Effect]) -> Vec<String> {
    let chats = emitted(effects).into_iter().filter_map(|message| match message {
        ServerMessage::Chat(chat) => Some(chat.content.as_str().to_owned()),
        _ => None,
    });
    chats.collect()
}

fn said(effects: &[Effect]) -> Vec<String> {
    let chats = sent(effects).into_iter().filter_map(|incoming| match incoming.message {
        ClientMessage::Chat(chat) => Some(chat.content.accept().unwrap().as_str().to_owned()),
        _ => None,
    });
    chats.collect()
}

fn opens(effects: &[Effect]) -> Vec<&str> {
    let opened = effects.iter().filter_map(|effect| match effect {
        Effect::Open(token) => Some(token.reveal()),
        _ => None,
    });
    opened.collect()
}

impl Player {
    /// In the world of a server that resumes.
    fn resumable() -> Self {
        let mut player = Self::new();
        player.session.enter(token("t1_a"), player.now);
        player.session.opened(player.now);
        player.hear(None, &resumable());
        player.hear(None, &snapshot(NEXUS));
        player.wait(0);
        player.effects();
        player
    }

    fn hear_seq(&mut self, seq: u64, reply_to: Option<u32>, message: &ServerMessage) {
        let reply_to = reply_to.map(RequestId::Number);
        let envelope = Envelope { seq: Some(seq), ..Envelope::answering(reply_to, self.now) };
        self.session.frame(codec::encode(Encoding::Binary, &envelope, message).as_frame(), self.now);
    }

    /// Loses the connection; afterwards the socket that is to resume it is open.
    fn reopens(&mut self) {
        self.lose(1006);
        self.effects();
        assert_eq!(opens(&self.wait(500)), [RESUME]);
        self.session.opened(self.now);
    }

    fn resumes(&mut self, missed: bool) -> Vec<Effect> {
        self.hear(None, &resumed(missed));
        self.hear(None, &snapshot(NEXUS));
        self.effects()
    }
}

#[test]
fn a_lost_connection_is_resumed_from_the_last_message_that_was_handled() {
    let mut player = Player::resumable();
    player.hear_seq(7, None, &chat("seven"));
    player.reopens();
    let resume = &sent(&player.effects())[0].message;
    assert_eq!(resume, &ClientMessage::Resume(Resume { last_seq: 7 }));
    player.hear(None, &resumed(false));
    player.hear_seq(7, None, &chat("seven"));
    player.hear_seq(9, None, &chat("nine"));
    assert!(!player.session.is_open());
    player.hear(None, &snapshot(NEXUS));
    let effects = player.effects();
    assert_eq!(contents(&effects), ["nine"]);
    let expected = Status { state: State::Connected, code: None, reason: None, resumed: true };
    assert!(effects.contains(&Effect::Emit(Event::Status(expected))));
    assert_eq!(entered(&effects), None);
}

#[test]
fn others_are_shown_on_without_a_jump() {
    let mut player = Player::resumable();
    player.now = player.now + 1_000;
    let walks = position_frame(player.now, [(0, 8.0, 6.0)]);
    player.hear(None, &walks);
    player.wait(300);
    let before = seen(&player)[0].position.x;
    player.reopens();
    let waited = player.now.since(START + 1_300) as f64 / 1000.0;
    player.hear(None, &resumed(false));
    let ServerMessage::LocationUpdate(mut update) = snapshot(NEXUS) else { panic!() };
    let here = PlayerHere { position: at(before + 6.0 * (waited + 0.1)), ..update.players[0].clone() };
    update.players = List::of([here]);
    player.hear(None, &ServerMessage::LocationUpdate(update));
    assert!((seen(&player)[0].position.x - before - 6.0 * waited).abs() < 1e-6);
    assert!((seen(&player)[0].velocity.x - 6.0).abs() < 1e-9);
    // And a player that is somewhere else eases there.
    player.hear(None, &snapshot(NEXUS));
    assert!((seen(&player)[0].position.x - before - 6.0 * waited).abs() < 1e-6);
    player.wait(200);
    assert!((seen(&player)[0].position.x - 5.0).abs() < 1e-9);
}

#[test]
fn what_is_asked_meanwhile_is_sent_in_order_and_not_all_at_once() {
    let mut player = Player::resumable();
    player.lose(1006);
    let asked: Vec<u32> =
        (0..64).map(|n| player.session.request(&say(&format!("{n}")), player.now).unwrap()).collect();
    let full = player.session.request(&say("too much"), player.now).unwrap_err();
    let ping = player.session.request(&ClientMessage::Ping(Default::default()), player.now).unwrap_err();
    assert_eq!((full.code.as_ref(), ping.code.as_ref()), ("RATE_LIMITED", "NOT_CONNECTED"));
    player.session.walk(at(0.5), Vec3::ZERO, player.now);
    assert!(sent(&player.effects()).is_empty());
    player.wait(500);
    player.session.opened(player.now);
    player.effects();
    let effects = player.resumes(false);
    assert_eq!(said(&effects).len(), BURST);
    // A request that is made now is sent after them.
    player.session.request(&say("64"), player.now).unwrap();
    let mut all = said(&effects);
    let begun = player.now;
    while all.len() < 65 {
        let effects = player.wait(SPACING);
        // The newest state of the player's own character went out with them.
        let moves = sent(&effects).into_iter().filter(|one| matches!(one.message, ClientMessage::OwnMove(_))).count();
        assert_eq!(moves, usize::from(all.len() == BURST));
        assert_eq!(said(&effects).len(), 1);
        all.extend(said(&effects));
        // The time of each request counts from when it was sent.
        let late = answers(&effects).len();
        assert_eq!(late, if player.now.since(begun) == 10_000 { BURST } else { usize::from(all.len() > 48) });
    }
    assert_eq!(all, (0..65).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(asked.len(), 64);
}

#[test]
fn an_answer_may_come_by_replay_and_is_not_given_up_before() {
    let mut player = Player::resumable();
    let request = player.session.request(&say("once"), player.now).unwrap();
    player.lose(4012);
    player.effects();
    // For half a minute nothing answers, not even REST.
    for _ in 0..30 {
        let effects = player.wait(1_000);
        assert!(answers(&effects).is_empty() && sent(&effects).is_empty());
        if !opens(&effects).is_empty() {
            player.lose(1006);
        }
        if let Some(Effect::AskTicket(attempt)) = effects.last() {
            player.answer_ticket(*attempt, Err(Failure::unreachable()));
        }
    }
    player.session.wake(player.now);
    while opens(&player.effects()).is_empty() {
        let attempt = player.session.attempt;
        player.answer_ticket(attempt, Err(Failure::unreachable()));
        player.session.wake(player.now);
    }
    player.session.opened(player.now);
    player.effects();
    player.hear(None, &resumed(false));
    player.hear_seq(3, Some(request), &chat("once"));
    let effects = player.resumes(false);
    assert_eq!(answers(&effects), [(request, Ok(chat("once")))]);
    assert!(said(&effects).is_empty());
    // How long that took says nothing about the way to the server.
    assert!(player.session.round_trip().is_none_or(|took| took < 1_000.0));
}

#[test]
fn where_too_much_was_missed_what_was_sent_fails_and_what_waits_is_sent() {
    for by_ticket in [false, true] {
        let mut player = Player::resumable();
        let adrift = player.session.request(&say("before"), player.now).unwrap();
        player.reopens();
        player.session.request(&say("meanwhile"), player.now).unwrap();
        player.effects();
        let effects = if by_ticket {
            player.lose(4001);
            let effects = player.effects();
            assert_eq!(effects, [Effect::AskTicket(1)]);
            player.answer_ticket(1, Ok(token("t1_b")));
            player.session.opened(player.now);
            player.hear(None, &resumable());
            player.hear(None, &snapshot(NEXUS));
            player.effects()
        } else {
            player.resumes(true)
        };
        assert_eq!(answers(&effects), [(adrift, Err("NOT_CONNECTED"))]);
        assert_eq!(said(&effects), ["meanwhile"]);
        let status = Status { state: State::Connected, code: None, reason: None, resumed: false };
        assert!(effects.contains(&Effect::Emit(Event::Status(status))));
        // A new stay counts from its own beginning.
        player.hear_seq(1, None, &chat("first"));
        assert_eq!(contents(&player.effects()), ["first"]);
    }
}

#[test]
fn a_server_that_does_not_answer_a_resume_is_asked_for_a_ticket() {
    let mut player = Player::resumable();
    player.reopens();
    player.effects();
    let effects = player.wait(12_000);
    assert_eq!(effects, [Effect::Close(SILENT), Effect::AskTicket(1)]);
    player.answer_ticket(1, Ok(token("t1_b")));
    assert_eq!(opens(&player.effects()), ["t1_b"]);
}

#[test]
fn sockets_that_never_open_are_a_refusal_only_where_a_ticket_is_taken() {
    let mut player = Player::resumable();
    player.lose(1006);
    for _ in 0..2 {
        assert_eq!(opens(&player.wait(2_000)), [RESUME]);
        player.lose(1006);
    }
    assert_eq!(player.wait(2_000).last(), Some(&Effect::AskTicket(1)));
    // REST is not there either: it is the network.
    player.answer_ticket(1, Err(Failure::unreachable()));
    assert_eq!(opens(&player.wait(4_000)), [RESUME]);
    player.lose(1006);
    assert_eq!(opens(&player.wait(8_000)), [RESUME]);
    player.lose(1006);
    assert_eq!(player.wait(15_000).last(), Some(&Effect::AskTicket(2)));
    // REST is there: the resume has one more try, then the ticket is used.
    player.answer_ticket(2, Ok(token("t1_b")));
    assert_eq!(opens(&player.effects()), [RESUME]);
    player.lose(1006);
    assert_eq!(opens(&player.effects()), ["t1_b"]);
}

#[test]
fn a_place_is_not_resumed_after_a_minute_and_nothing_waits_longer() {
    let mut player = Player::resumable();
    let adrift = player.session.request(&say("before"), player.now).unwrap();
    player.lose(1006);
    let kept = player.session.request(&say("meanwhile"), player.now).unwrap();
    player.effects();
    let lost = player.now;
    let mut answered = Vec::new();
    while player.now.since(lost) < 60_000 {
        let effects = player.wait(1_000);
        answered
            .extend(answers(&effects).into_iter().map(|(request, result)| (request, result.unwrap_err().to_owned())));
        assert_eq!(answered.is_empty(), player.now.since(lost) < 60_000);
        if !opens(&effects).is_empty() {
            player.lose(1006);
        }
        if let Some(Effect::AskTicket(attempt)) = effects.last() {
            player.answer_ticket(*attempt, Err(Failure::unreachable()));
        }
    }
    let not_connected = "NOT_CONNECTED".to_owned();
    assert_eq!(answered, [(adrift, not_connected.clone()), (kept, not_connected)]);
    assert!(player.session.request(&say("late"), player.now).is_err());
    let attempt = player.session.attempt;
    assert_eq!(player.wait(15_000).last(), Some(&Effect::AskTicket(attempt + 1)));
}

#[test]
fn a_final_close_ends_a_resume_too() {
    for code in [1000, 4002, 4003, 4004] {
        let mut player = Player::resumable();
        player.reopens();
        player.effects();
        player.lose(code);
        let effects = player.effects();
        assert_eq!(statuses(&effects), [(State::Closed, Some(code))]);
        assert_eq!(effects.contains(&Effect::SessionEnded), code != 1000);
        assert_eq!(player.session.due(), None);
    }
}

#[test]
fn acks_are_few_and_there_are_none_without_news() {
    let mut player = Player::resumable();
    let acks = |effects: &[Effect]| -> Vec<u64> {
        let acks = sent(effects).into_iter().filter_map(|incoming| match incoming.message {
            ClientMessage::Ack(ack) => Some(ack.last_seq),
            _ => None,
        });
        acks.collect()
    };
    assert!(acks(&player.wait(20_000)).is_empty());
    for seq in 1..=20 {
        player.hear_seq(seq, None, &chat("slowly"));
        assert_eq!(acks(&player.wait(100)).len(), usize::from(seq % 10 == 0));
    }
    for seq in 21..=148 {
        player.hear_seq(seq, None, &chat("fast"));
    }
    assert_eq!(acks(&player.effects()), [84, 148]);
    assert!(acks(&player.wait(20_000)).is_empty());
    player.hear_seq(148, None, &chat("again"));
    assert!(acks(&player.wait(2_000)).is_empty());
}

#[test]
fn a_journey_that_a_cut_left_open_ends_where_the_snapshot_says() {
    for (arrives, expected) in [(volcano(), Ok(())), (NEXUS, Err("NOT_CONNECTED"))] {
        let mut player = Player::resumable();
        let journey = player.travels(volcano());
        player.reopens();
        player.hear(None, &resumed(false));
        player.hear(None, &snapshot(arrives));
        let effects = player.effects();
        let [(request, result)] = &answers(&effects)[..] else { panic!("{effects:?}") };
        assert_eq!((*request, result.as_ref().map(drop).map_err(|code| *code)), (journey, expected));
        player.session.walk(at(1.0), Vec3::ZERO, player.now);
        assert!(!sent(&player.effects()).is_empty());
    }
}

/// The server's end, as the protocol has it: a log of reliable messages with rising numbers,
/// the part of it that a resume has missed, and a network that is down now and then.
#[derive(Default)]
struct World {
    log: Vec<(u64, Option<u32>, ServerMessage)>,
    /// What the character said, in the order in which the server handled it.
    handled: Vec<String>,
    acked: u64,
    attached: bool,
    socket: bool,
    opening: Option<Millis>,
    down_until: Millis,
    up: VecDeque<(Millis, Encoded)>,
    down: VecDeque<(Millis, Encoded)>,
}

impl World {
    fn sends(&mut self, envelope: &Envelope, message: &ServerMessage, at: Millis) {
        self.down.push_back((at, codec::encode(Encoding::Binary, envelope, message)));
    }

    fn sends_entry(&mut self, index: usize, now: Millis) {
        let (seq, reply_to, message) = self.log[index].clone();
        let envelope = Envelope { seq: Some(seq), ..Envelope::answering(reply_to.map(RequestId::Number), now) };
        self.sends(&envelope, &message, now + 30);
    }

    fn tells(&mut self, reply_to: Option<u32>, content: &str, gap: u64, now: Millis) {
        let seq = self.log.last().map_or(0, |(seq, ..)| *seq) + 1 + gap;
        self.log.push((seq, reply_to, chat(content)));
        if self.attached {
            self.sends_entry(self.log.len() - 1, now);
        }
    }

    fn hears(&mut self, incoming: Incoming<ClientMessage>, now: Millis) {
        match incoming.message {
            ClientMessage::Chat(said) => {
                let content = said.content.accept().unwrap();
                self.handled.push(content.as_str().to_owned());
                let reply_to = incoming.envelope.message_id.and_then(|id| id.as_number());
                self.tells(reply_to, content.as_str(), 0, now);
            }
            ClientMessage::Resume(resume) => {
                assert!(resume.last_seq >= self.acked);
                let missed: Vec<usize> = (0..self.log.len()).filter(|n| self.log[*n].0 > resume.last_seq).collect();
                let replayed = missed.len() as u32;
                let answer = ServerMessage::Resumed(Resumed { replayed, snapshot: false });
                self.sends(&Envelope::at(now), &answer, now + 30);
                for index in missed {
                    self.sends_entry(index, now);
                }
                self.sends(&Envelope::at(now), &snapshot(NEXUS), now + 30);
                self.attached = true;
            }
            ClientMessage::Ack(ack) => {
                assert!(ack.last_seq > self.acked && ack.last_seq <= self.log.last().unwrap().0);
                self.acked = ack.last_seq;
            }
            _ => {}
        }
    }

    /// Everything under way is gone.
    fn cut(&mut self, down_until: Millis) {
        (self.attached, self.socket, self.opening) = (false, false, None);
        self.up.clear();
        self.down.clear();
        self.down_until = down_until;
    }
}

#[test]
fn over_a_link_that_is_cut_two_hundred_times_everything_is_heard_once_and_in_order() {
    for seed in 1..=3 {
        let mut dice = Seeded::new(seed);
        let mut player = Player::resumable();
        let mut world = World { attached: true, socket: true, ..World::default() };
        let (mut cuts, mut cut_at) = (0, player.now + 500);
        let mut heard = Vec::new();
        let mut asked = BTreeMap::new();
        let mut results = BTreeMap::new();
        let mut quiet_since = None;
        while quiet_since.is_none_or(|since| player.now.since(since) < 90_000) {
            player.now = player.now + 5;
            let now = player.now;
            if cuts < 200 {
                if dice.below(30) == 0 {
                    world.tells(None, &format!("other {}", world.log.len()), u64::from(dice.below(3)), now);
                }
                if dice.below(60) == 0 {
                    let content = format!("own {}", asked.len());
                    match player.session.request(&say(&content), now) {
                        Ok(request) => assert!(asked.insert(request, content).is_none()),
                        Err(failure) => assert_eq!(failure.code, "RATE_LIMITED"),
                    }
                }
                if world.socket && now >= cut_at {
                    cuts += 1;
                    world.cut(now + u64::from(dice.below(4_000)));
                    player.lose(if dice.below(4) == 0 { 1012 } else { 1006 });
                }
            } else {
                quiet_since.get_or_insert(now);
            }
            if now.since(world.down_until) < 5 && dice.below(2) == 0 {
                player.session.wake(now);
            }
            if world.opening.is_some_and(|at| at <= now) {
                world.opening = None;
                player.session.opened(now);
            }
            while let Some((_, frame)) = world.up.pop_front_if(|(at, _)| *at <= now) {
                for incoming in codec::decode(frame.as_frame(), 16_384) {
                    world.hears(incoming.unwrap(), now);
                }
            }
            while let Some((_, frame)) = world.down.pop_front_if(|(at, _)| *at <= now) {
                player.session.frame(frame.as_frame(), now);
            }
            if player.session.due().is_some_and(|due| due <= now) {
                player.session.tick(now, &mut player.entropy);
            }
            let reachable = now >= world.down_until;
            while let Some(effect) = player.session.next_effect() {
                match &effect {
                    Effect::Send(Encoded::Text(_)) => world.down.push_back((now + 60, Encoded::Text("pong".into()))),
                    Effect::Send(frame) => world.up.push_back((now + 30, frame.clone())),
                    Effect::Open(_) if !reachable => player.lose(1006),
                    Effect::Open(token) => {
                        assert_eq!(token.reveal(), RESUME);
                        (world.socket, world.opening) = (true, Some(now + 60));
                        cut_at = now + u64::from(dice.below(3_000));
                    }
                    Effect::AskTicket(attempt) => {
                        let ticket = if reachable { Ok(token("t1_b")) } else { Err(Failure::unreachable()) };
                        player.answer_ticket(*attempt, ticket);
                    }
                    Effect::Close(code) => panic!("closed with {code}"),
                    _ => {}
                }
                heard.extend(contents(std::slice::from_ref(&effect)));
                for (request, result) in answers(std::slice::from_ref(&effect)) {
                    assert!(results.insert(request, result.is_ok()).is_none(), "{request} is answered twice");
                }
            }
        }
        let told: Vec<String> = contents(
            &(world.log.iter())
                .map(|(.., message)| {
                    let incoming = Incoming { envelope: Envelope::default(), message: message.clone() };
                    Effect::Emit(Event::Message(Box::new(Told::from(&incoming))))
                })
                .collect::<Vec<_>>(),
        );
        assert!(player.session.is_open() && told.len() > 1_000, "{}", told.len());
        assert_eq!(heard, told);
        // What was said arrived once and in order, or its sender knows that it may not have
        // arrived.
        assert_eq!(results.len(), asked.len());
        let arrived: Vec<&String> =
            asked.iter().filter(|(one, _)| results[*one]).map(|(_, content)| content).collect();
        assert_eq!(world.handled.iter().collect::<Vec<_>>(), arrived);
        assert!(arrived.len() * 10 > asked.len() * 9, "{} of {}", arrived.len(), asked.len());
    }
}

#[test]
fn a_renewed_session_is_resumed_by_the_token_that_came_with_it() {
    let renewed = |token: &str| {
        let player = PlayerId::new(1 << 40).unwrap();
        ServerMessage::AuthResponse(AuthResponse::renewed(player, Secret::parse(token).ok(), START))
    };
    let mut player = Player::resumable();
    player.hear_seq(7, None, &chat("seven"));
    player.hear(None, &renewed("r1_b"));
    player.effects();
    player.lose(1006);
    player.effects();
    assert_eq!(opens(&player.wait(500)), ["resume.r1_b"]);
    player.session.opened(player.now);
    // The client still knows which message it handled last.
    assert_eq!(sent(&player.effects())[0].message, ClientMessage::Resume(Resume { last_seq: 7 }));
    // The session may be renewed again while the connection comes back, before the snapshot has
    // come.
    player.hear(None, &resumed(false));
    player.hear(None, &renewed("r1_c"));
    player.hear(None, &snapshot(NEXUS));
    assert!(player.session.is_open());
    player.effects();
    player.lose(1006);
    assert_eq!(opens(&player.wait(500)), ["resume.r1_c"]);
}

#[test]
fn a_refused_resume_of_a_renewed_session_goes_on_by_a_ticket() {
    let mut player = Player::resumable();
    player.reopens();
    player.effects();
    player.hear(None, &ServerMessage::AuthResponse(AuthResponse::refused("Sign in first.", player.now)));
    player.lose(4001);
    assert!(player.effects().iter().any(|effect| matches!(effect, Effect::AskTicket(_))));
}
