//! Damaged storage: what a fault of the runtime means, what is said of it, and how the
//! realm goes on without what is soft.
//!
//! A Hub and a Throttle are soft: what they hold is a minute old at most. A damaged Hub
//! answers as a hub that holds nobody, and World retires its number; a damaged Throttle has
//! a second name. All other objects are hard: they alone refuse, with STORAGE_CORRUPT,
//! until whoever runs the realm restores their file.

use shardlink_shared::{ErrorCode, Refusal, time::Millis};
use std::collections::{BTreeMap, BTreeSet};

/// An object's class, as its namespace is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// One of the Directories.
    Directory,
    /// One of the Throttles.
    Throttle,
    /// An account.
    Account,
    /// A character.
    Character,
    /// A party.
    Party,
    /// The World.
    World,
    /// A hub.
    Hub,
}

impl Class {
    /// The class behind a binding.
    #[must_use]
    pub fn of(binding: &str) -> Self {
        match binding {
            "DIRECTORY" => Self::Directory,
            "THROTTLE" => Self::Throttle,
            "ACCOUNT" => Self::Account,
            "CHARACTER" => Self::Character,
            "PARTY" => Self::Party,
            "HUB" => Self::Hub,
            _ => Self::World,
        }
    }

    /// Its name in `wrangler.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Directory => "Directory",
            Self::Throttle => "Throttle",
            Self::Account => "Account",
            Self::Character => "Character",
            Self::Party => "Party",
            Self::World => "World",
            Self::Hub => "Hub",
        }
    }

    /// What a player may read of a damaged one.
    const fn damaged(self) -> &'static str {
        match self {
            Self::Account => {
                "The data of this account is damaged. Whoever runs this realm has to restore it from a backup."
            }
            Self::Character => {
                "The data of this character is damaged. Whoever runs this realm has to restore it from a backup."
            }
            Self::Party => {
                "The data of this party is damaged. Whoever runs this realm has to restore it from a backup."
            }
            Self::Directory => {
                "The data of this name is damaged. Whoever runs this realm has to restore it from a backup."
            }
            Self::World => {
                "The data of the realm itself is damaged. Whoever runs this realm has to restore it from a backup."
            }
            Self::Hub | Self::Throttle => ErrorCode::StorageCorrupt.info().meaning,
        }
    }

    /// What the operator is to do about a damaged one with this file.
    fn remedy(self, file: &str) -> String {
        match self {
            Self::Hub => format!(
                "World gives its number to nobody any more and players enter another hub; nothing has to be \
                 restored, the next start sets {file} aside"
            ),
            Self::Throttle => format!(
                "its second name counts from zero; nothing has to be restored, the next start sets {file} aside"
            ),
            _ => format!("stop the server, restore {file} from a backup, start it again"),
        }
    }
}

/// Where `serve` keeps an object, in the data folder.
#[must_use]
pub fn file(class: Class, id: &str) -> String {
    // `shardlink` is the worker's name in wrangler.toml.
    format!("objects/shardlink-{}/{id}.sqlite", class.name())
}

/// What a fault means, by the runtime's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The object's file is damaged.
    Damaged,
    /// The disk is full: nothing was stored, and the object begins anew from its rows.
    DiskFull,
    /// The runtime gives no reason. It says no more than this of a file that it cannot
    /// open, and of a write that met damage or a full disk.
    Unexplained,
    /// Too much is asked of the object.
    Overloaded,
    /// Anything else.
    Other,
}

impl Fault {
    /// The meaning of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["SQLITE_CORRUPT", "SQLITE_NOTADB", "database disk image is malformed", "file is not a database"]) {
            Self::Damaged
        } else if says(&["SQLITE_FULL", "database or disk is full"]) {
            Self::DiskFull
        } else if says(&["internal error; reference"]) {
            Self::Unexplained
        } else if says(&["overloaded"]) {
            Self::Overloaded
        } else {
            Self::Other
        }
    }

    /// What two unexplained faults in a row come to, `writable` telling whether another
    /// object could write just now: where none can, it is the disk or the descriptors.
    #[must_use]
    pub const fn explained(self, writable: bool) -> Self {
        match self {
            Self::Unexplained if writable => Self::Damaged,
            Self::Unexplained => Self::DiskFull,
            other => other,
        }
    }

    /// What whoever asked such an object is answered.
    #[must_use]
    pub fn refusal(self, class: Class) -> Refusal {
        match self {
            Self::Damaged => Refusal::new(ErrorCode::StorageCorrupt).saying(class.damaged()),
            Self::DiskFull => Refusal::new(ErrorCode::Overloaded)
                .saying("The server cannot store anything right now. What was done before is safe. Try again later.")
                .after(30.0),
            Self::Overloaded => ErrorCode::Overloaded.into(),
            Self::Unexplained | Self::Other => ErrorCode::Internal.into(),
        }
    }
}

/// The log's line about a damaged object; `serve` looks for its beginning, and for the id.
#[must_use]
pub fn line(class: Class, id: &str, name: &str, text: &str) -> String {
    let remedy = class.remedy(&file(class, id));
    // SQLite's own report of what it found has several lines.
    let text = text.replace('\n', " ");
    format!("corrupt storage: {} {id} ({name}): {text}; {remedy}", class.name())
}

/// The log's line about a full disk.
#[must_use]
pub fn full_disk_line(text: &str) -> String {
    format!("disk full: nothing can be stored ({text}); make room in the data folder's file system")
}

/// The same is said once within this, in milliseconds.
const SAID_AGAIN: u64 = 60_000;

/// A verdict on an object holds for this long, in milliseconds: whoever asks it in a
/// flood does not have its file opened in a flood.
const VERDICT_HOLDS: u64 = 10_000;

/// A hub that took players is not asked again for this long, in milliseconds.
const HUB_TRUSTED: u64 = 60_000;

/// Entries of each kind that are remembered. Of more the oldest are forgotten, which costs
/// a line in the log or a question.
const MOST: usize = 256;

/// Moments by key, a bounded number of them.
#[derive(Debug, Clone)]
struct Recent<K>(BTreeMap<K, Millis>);

impl<K> Default for Recent<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Recent<K> {
    fn is_recent(&self, key: &K, now: Millis, within: u64) -> bool {
        // A clock that was set back makes nothing recent for longer.
        self.0.get(key).is_some_and(|at| *at <= now && now.since(*at) < within)
    }

    fn note(&mut self, key: K, now: Millis) {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            let oldest = self.0.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone());
            oldest.map(|key| self.0.remove(&key));
        }
        self.0.insert(key, now);
    }
}

/// What an isolate remembers of damaged storage, so that not every request finds it out
/// again. It begins empty with every start.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Throttles whose first name is damaged. There are no more than there are Throttles.
    second_names: BTreeSet<u64>,
    /// Hubs that took players, and when they said so.
    open_hubs: Recent<u32>,
    damaged: Recent<(Class, String)>,
    said: Recent<String>,
}

impl Known {
    /// Whether a Throttle goes by its second name.
    #[must_use]
    pub fn has_second_name(&self, shard: u64) -> bool {
        self.second_names.contains(&shard)
    }

    /// A Throttle goes by its second name from here on.
    pub fn use_second_name(&mut self, shard: u64) {
        self.second_names.insert(shard);
    }

    /// Whether a hub took players lately.
    #[must_use]
    pub fn is_open(&self, hub: u32, now: Millis) -> bool {
        self.open_hubs.is_recent(&hub, now, HUB_TRUSTED)
    }

    /// A hub takes players, or has to be asked.
    pub fn hub_is_open(&mut self, hub: u32, now: Millis, open: bool) {
        if open {
            self.open_hubs.note(hub, now);
        } else {
            self.open_hubs.0.remove(&hub);
        }
    }

    /// Whether an object was found damaged just now.
    #[must_use]
    pub fn is_damaged(&self, class: Class, name: &str, now: Millis) -> bool {
        self.damaged.is_recent(&(class, name.to_owned()), now, VERDICT_HOLDS)
    }

    /// An object was found damaged.
    pub fn found_damaged(&mut self, class: Class, name: &str, now: Millis) {
        self.damaged.note((class, name.to_owned()), now);
    }

    /// Whether something may be said in the log, by what tells it from other things.
    pub fn may_say(&mut self, what: &str, now: Millis) -> bool {
        let what = what.to_owned();
        let may = !self.said.is_recent(&what, now, SAID_AGAIN);
        if may {
            self.said.note(what, now);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_known_by_the_runtimes_words() {
        // All of them as workerd 1.20261117.1 said them.
        for (text, fault) in [
            ("Error: database disk image is malformed: SQLITE_CORRUPT", Fault::Damaged),
            ("Error: file is not a database: SQLITE_NOTADB", Fault::Damaged),
            ("quick_check: *** in database main *** SQLITE_CORRUPT", Fault::Damaged),
            ("Error: database or disk is full: SQLITE_FULL", Fault::DiskFull),
            ("Error: internal error; reference = crkg4p3qarrukc92e3iainl9", Fault::Unexplained),
            ("Error: Durable Object is overloaded. Too many requests queued.", Fault::Overloaded),
            ("UNIQUE constraint failed: log.seq: SQLITE_CONSTRAINT", Fault::Other),
            ("timed out", Fault::Other),
            ("status 500", Fault::Other),
        ] {
            assert_eq!(Fault::of(text), fault, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_opened_is_damaged_only_if_others_can_write() {
        assert_eq!(Fault::Unexplained.explained(true), Fault::Damaged);
        assert_eq!(Fault::Unexplained.explained(false), Fault::DiskFull);
        assert_eq!(Fault::DiskFull.explained(true), Fault::DiskFull);
        assert_eq!(Fault::Other.explained(true), Fault::Other);
    }

    #[test]
    fn a_refusal_says_whose_data_is_damaged_and_a_full_disk_that_it_passes() {
        for binding in ["DIRECTORY", "ACCOUNT", "CHARACTER", "PARTY", "WORLD", "HUB", "THROTTLE"] {
            let refusal = Fault::Damaged.refusal(Class::of(binding));
            assert_eq!(refusal.code, ErrorCode::StorageCorrupt);
            assert!(refusal.sentence().contains("damaged") && refusal.sentence().contains("backup"), "{binding}");
        }
        assert!(Fault::Damaged.refusal(Class::Account).sentence().contains("this account"));
        let full = Fault::DiskFull.refusal(Class::Account);
        assert_eq!((full.code, full.retry_after), (ErrorCode::Overloaded, Some(30.0)));
        assert!(!full.sentence().contains("damaged"));
        assert_eq!(Fault::Other.refusal(Class::Account).code, ErrorCode::Internal);
    }

    #[test]
    fn the_logs_line_names_class_id_and_what_to_do() {
        let account = line(Class::Account, "0a1b", "17", "malformed\nTree 2");
        assert!(account.starts_with("corrupt storage: Account 0a1b (17): malformed Tree 2; "), "{account}");
        assert!(account.contains("restore objects/shardlink-Account/0a1b.sqlite"), "{account}");
        assert!(!account.contains('\n'));
        for soft in [Class::Hub, Class::Throttle] {
            assert!(line(soft, "0a1b", "main-0", "malformed").contains("nothing has to be restored"));
        }
    }

    #[test]
    fn the_same_is_said_once_a_minute_and_a_clock_set_back_does_not_silence_it() {
        let mut known = Known::default();
        assert!(known.may_say("Account 1", Millis(1_000_000)));
        assert!(!known.may_say("Account 1", Millis(1_059_999)));
        assert!(known.may_say("Account 2", Millis(1_059_999)));
        assert!(known.may_say("Account 1", Millis(1_060_000)));
        assert!(known.may_say("Account 1", Millis(5)));
        assert!(!known.may_say("Account 1", Millis(6)));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_oldest_goes_first() {
        let mut known = Known::default();
        for n in 0..(MOST as u64 + 50) {
            known.found_damaged(Class::Account, &n.to_string(), Millis(n));
        }
        assert_eq!(known.damaged.0.len(), MOST);
        let now = Millis(MOST as u64 + 50);
        assert!(!known.is_damaged(Class::Account, "49", now) && known.is_damaged(Class::Account, "50", now));
        assert!(!known.is_damaged(Class::Character, "50", now));
        assert!(!known.is_damaged(Class::Account, "50", now + VERDICT_HOLDS));
    }

    #[test]
    fn a_hub_that_took_players_is_trusted_for_a_minute_or_until_it_fails() {
        let mut known = Known::default();
        assert!(!known.is_open(0, Millis(1)));
        known.hub_is_open(0, Millis(1), true);
        assert!(known.is_open(0, Millis(HUB_TRUSTED)) && !known.is_open(0, Millis(HUB_TRUSTED + 1)));
        known.hub_is_open(0, Millis(1), false);
        assert!(!known.is_open(0, Millis(2)));
    }
}
