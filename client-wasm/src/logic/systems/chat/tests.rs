use super::*;
use shardlink_shared::{
    protocol::bounded::List,
    text::{CharacterName, Draft},
};

fn character(id: u64) -> CharacterId {
    CharacterId::new(id).unwrap()
}

fn chat(channel: Channel, sender: u64, content: &str) -> Chat {
    Chat {
        sender_id: character(sender),
        sender_name: CharacterName::parse(&format!("Hero {sender}")).unwrap(),
        channel,
        content: Draft::new(content).accept().unwrap(),
        recipient_id: None,
        recipient_name: None,
        encrypted: None,
    }
}

fn past(number: u64, at: u64, sender: u64, content: &str) -> PastChat {
    PastChat { number, timestamp: Timestamp(Millis(at)), chat: chat(Channel::Global, sender, content) }
}

fn history(lines: impl IntoIterator<Item = PastChat>) -> ChatHistory {
    ChatHistory { channel: Channel::Global, messages: List::of(lines) }
}

fn contents(log: &ChatLog, channel: Channel) -> Vec<&str> {
    log.lines(channel).map(|line| line.chat.content.as_str()).collect()
}

#[test]
fn each_channel_keeps_its_last_fifty_lines() {
    let mut log = ChatLog::default();
    for (n, channel) in (0..60).flat_map(|n| Channel::ALL.iter().map(move |channel| (n, *channel))) {
        log.said(&chat(channel, 2, &n.to_string()), Millis(n));
    }
    for channel in Channel::ALL {
        let kept = contents(&log, *channel);
        assert_eq!((kept.len(), kept[0], kept[49]), (MAX_HISTORY, "10", "59"));
    }
    let mut keys: Vec<_> = Channel::ALL.iter().flat_map(|channel| log.lines(*channel)).map(|line| line.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 200);
}

#[test]
fn what_is_heard_and_comes_again_in_a_history_stands_there_once() {
    let mut log = ChatLog::default();
    // One character says it twice and another once, in the same second.
    log.said(&chat(Channel::Global, 2, "hi"), Millis(100_010));
    log.said(&chat(Channel::Global, 3, "hi"), Millis(100_020));
    log.said(&chat(Channel::Global, 2, "hi"), Millis(100_030));
    let keys: Vec<_> = log.lines(Channel::Global).map(|line| line.key).collect();
    let told = history([
        past(6, 90_000, 2, "before"),
        past(7, 100_000, 2, "hi"),
        past(8, 100_001, 3, "hi"),
        past(9, 100_002, 2, "hi"),
    ]);
    for _ in 0..2 {
        log.past(&told);
        assert_eq!(contents(&log, Channel::Global), ["before", "hi", "hi", "hi"]);
        let numbers: Vec<_> = log.lines(Channel::Global).map(|line| line.number.unwrap()).collect();
        assert_eq!(numbers, [6, 7, 8, 9]);
        // A page that shows them keeps its rows.
        assert_eq!(log.lines(Channel::Global).skip(1).map(|line| line.key).collect::<Vec<_>>(), keys);
    }
}

#[test]
fn a_history_fills_what_was_missed_and_the_same_words_long_after_are_said_again() {
    let mut log = ChatLog::default();
    log.said(&chat(Channel::Global, 2, "hello"), Millis(10_000));
    log.said(&chat(Channel::Global, 2, "hello"), Millis(90_000));
    log.past(&history([past(1, 9_990, 2, "hello"), past(2, 50_000, 3, "missed"), past(3, 89_990, 2, "hello")]));
    assert_eq!(contents(&log, Channel::Global), ["hello", "missed", "hello"]);
    log.said(&chat(Channel::Global, 3, "and on"), Millis(95_000));
    log.past(&history((1..=50).map(|n| past(n, 100_000 + n, 2, &n.to_string()))));
    assert_eq!(contents(&log, Channel::Global).len(), MAX_HISTORY);
    assert_eq!(contents(&log, Channel::Global)[49], "50");
}

#[test]
fn a_history_of_another_channel_is_not_mixed_in() {
    let mut log = ChatLog::default();
    let stray = PastChat { chat: chat(Channel::Party, 2, "stray"), ..past(1, 1, 2, "x") };
    log.past(&history([stray, past(2, 2, 2, "right")]));
    assert_eq!(contents(&log, Channel::Global), ["right"]);
    assert!(contents(&log, Channel::Party).is_empty());
}

#[test]
fn who_is_muted_is_not_shown_and_is_again_when_it_is_over() {
    let mut log = ChatLog::default();
    log.said(&chat(Channel::Global, 2, "noise"), Millis(1));
    log.said(&chat(Channel::Global, 3, "music"), Millis(2));
    let mute = |muted| Mute { character_id: character(2), muted };
    log.mute(&mute(true));
    log.said(&chat(Channel::Whisper, 2, "psst"), Millis(3));
    assert_eq!(contents(&log, Channel::Global), ["music"]);
    assert!(contents(&log, Channel::Whisper).is_empty());
    assert_eq!(log.muted().collect::<Vec<_>>(), [character(2)]);
    log.mute(&mute(false));
    log.mute(&mute(false));
    assert_eq!(contents(&log, Channel::Global), ["noise", "music"]);
    assert_eq!(log.muted().len(), 0);
}

#[test]
fn a_new_stay_hears_again_who_is_muted_and_keeps_what_was_said_but_leaving_does_not() {
    let mut log = ChatLog::default();
    log.said(&chat(Channel::Global, 2, "hello"), Millis(1));
    log.said(&chat(Channel::Party, 2, "ours"), Millis(1));
    log.mute(&Mute { character_id: character(2), muted: true });
    log.begin_anew();
    assert_eq!((contents(&log, Channel::Global), log.muted().len()), (vec!["hello"], 0));
    log.clear(Channel::Party);
    assert_eq!((contents(&log, Channel::Global).len(), contents(&log, Channel::Party).len()), (1, 0));
    log.forget();
    assert!(contents(&log, Channel::Global).is_empty());
}

#[test]
fn a_line_reads_as_one_flat_object() {
    let mut log = ChatLog::default();
    log.said(&chat(Channel::Faction, 2, "hello"), Millis(1_500));
    let line = serde_json::to_value(ShownLine::from(log.lines(Channel::Faction).next().unwrap())).unwrap();
    assert_eq!(line["timestamp"], 1.5);
    assert_eq!((line["sender_name"].as_str(), line["content"].as_str()), (Some("Hero 2"), Some("hello")));
    assert_eq!((line["channel"].as_str(), line["number"].is_null()), (Some("faction"), true));
}
