//! Every cap of the system, each with the reason for its number.

/// The largest frame a client may send, in bytes. The largest valid message is
/// an encrypted chat: 500 characters of 4 bytes, sealed and in base64, some
/// 3 KiB; or a signal of 8 KiB. 16 KiB is twice that.
pub const MAX_CLIENT_FRAME: usize = 16 * 1024;

/// The largest frame before authentication, in bytes: an auth_request with the
/// longest name, password and token is under 1 KiB.
pub const MAX_PENDING_FRAME: usize = 4 * 1024;

/// The largest frame a client accepts from a server, in bytes: a snapshot of the
/// largest hub (2,000 players of at most 200 bytes in JSON) takes 400 kB; twice that
/// and room to spare.
pub const MAX_SERVER_FRAME: usize = 1024 * 1024;

/// The largest REST body, in bytes (the contract's 413).
pub const MAX_REST_BODY: usize = 64 * 1024;

/// A REST body must arrive within this time, in milliseconds: the largest takes that
/// long at 52 kbit/s, which is less than any telephone network gives.
pub const BODY_TIMEOUT: u64 = 10 * 1000;

/// How deep arrays and objects may nest in JSON; valid messages need 4.
pub const MAX_NESTING: usize = 16;

/// The longest message_id, in characters.
pub const MAX_MESSAGE_ID: usize = 64;

/// A chat's content in characters (Unicode scalar values).
pub const MAX_CHAT: usize = 500;

/// User names, in characters.
pub const USER_NAME: std::ops::RangeInclusive<usize> = 3..=50;

/// Character names, in characters.
pub const CHARACTER_NAME: std::ops::RangeInclusive<usize> = 3..=24;

/// Passwords in bytes. The lower bound is the first generation's; the upper bound limits
/// what it costs to hash a long one.
pub const PASSWORD: std::ops::RangeInclusive<usize> = 6..=256;

/// Rounds of PBKDF2-HMAC-SHA256 for a password (OWASP, 2023).
pub const PBKDF2_ITERATIONS: u32 = 600_000;

/// Characters of an account.
pub const MAX_CHARACTERS: usize = 10;

/// Characters that an account may make in a [`BUDGET_WINDOW`]: twice as many as it can
/// have. A deleted character leaves a file of 4 KiB for good when self-hosted, so an account
/// that does nothing else grows the server by 80 KiB a day.
pub const CHARACTERS_PER_DAY: u32 = 20;

/// Parties that the characters of an account may found in a [`BUDGET_WINDOW`]: one every
/// half hour, around the clock. An ended one leaves 4 KiB too, 200 KiB a day at most.
pub const PARTIES_PER_DAY: u32 = 50;

/// What an account may make is counted in windows of this length, in milliseconds.
pub const BUDGET_WINDOW: u64 = 24 * 60 * 60 * 1000;

/// A session ends this long after its last use, in milliseconds.
pub const SESSION_IDLE: u64 = 60 * 60 * 1000;

/// A session ends this long after sign-in at most, in milliseconds.
pub const SESSION_LONGEST: u64 = 30 * 24 * 60 * 60 * 1000;

/// The use of a session is recorded at most this often, in milliseconds.
pub const SESSION_TOUCH: u64 = 60 * 1000;

/// Wrong passwords and registrations are counted in windows of this length, in
/// milliseconds.
pub const THROTTLE_WINDOW: u64 = 60 * 1000;

/// Wrong passwords for a user name in a minute, by default.
pub const SIGN_IN_FAILURES_PER_NAME: u32 = 10;

/// Wrong names or passwords from an address in a minute, by default.
pub const SIGN_IN_FAILURES_PER_ADDRESS: u32 = 30;

/// A network that signed in to an account within this time, in milliseconds, is
/// spared the account's limit on wrong passwords (the contract's 30 days).
pub const KNOWN_NETWORK_LIFE: u64 = 30 * 24 * 60 * 60 * 1000;

/// Networks that an account remembers: home, work, phone, and those of travels.
pub const MAX_KNOWN_NETWORKS: usize = 16;

/// Registrations from an address in a minute, by default.
pub const REGISTRATIONS_PER_ADDRESS: u32 = 60;

/// Successful plain sign-ins from an address in a minute, by default: each costs up to half
/// a second of the one thread, so all of them take at most half of its time. SCRAM sign-ins
/// cost the server no hashing and are not counted.
pub const SIGN_INS_PER_ADDRESS: u32 = 60;

/// A SCRAM exchange must be finished within this time, in milliseconds: what
/// stretching takes on a slow phone, several times over.
pub const HANDSHAKE_LIFE: u64 = 60 * 1000;

/// A ticket for the WebSocket is good for this long, in milliseconds.
pub const TICKET_LIFE: u64 = 30 * 1000;

/// A hub keeps a place for a player that was sent there for this long, in milliseconds (the
/// contract's 10 s).
pub const RESERVATION_LIFE: u64 = 10 * 1000;

/// A claim or a creation that was begun and never finished is settled after
/// this long, in milliseconds: far above what the slowest creation takes.
pub const CLAIM_SETTLES_AFTER: u64 = 30 * 1000;

/// A socket must authenticate within this time, in milliseconds.
pub const PENDING_TIMEOUT: u64 = 5 * 1000;

/// REST's budgets of requests count in windows of this length, in milliseconds.
pub const REST_WINDOW: u64 = 60 * 1000;

/// Requests of a session in a minute, by default: ten a second, which no page that a
/// person plays on comes near.
pub const REST_PER_SESSION: u32 = 600;

/// Requests from an address in a minute, by default: a household or a class of forty who
/// all join in the same minute ask some 1,500 times.
pub const REST_PER_ADDRESS: u32 = 3_000;

/// Budgets that are kept at once, for sessions and for addresses: some 64 bytes each, so
/// that both take 2 MiB.
pub const MAX_BUDGETS: usize = 16 * 1024;

/// `/readyz` repeats its last finding for this long, in milliseconds: finding out costs two
/// writes, and anybody may ask.
pub const READINESS_LIFE: u64 = 1_000;

/// Sockets in a hub that have not authenticated yet (the contract's 64). Sockets that come
/// back to a kept place are not counted: there is at most one for each place.
pub const MAX_PENDING: usize = 64;

/// Sockets from one network, an IPv4 address or an IPv6 /64, among the [`MAX_PENDING`] (the
/// contract's 16).
pub const MAX_PENDING_PER_NETWORK: usize = 16;

/// Frames held back while a socket's authentication is being checked.
pub const MAX_HELD_FRAMES: usize = 8;

/// Failed auth_requests on one socket before it is closed.
pub const MAX_AUTH_ATTEMPTS: u8 = 3;

/// Players in a hub, by default.
pub const HUB_CAPACITY: usize = 500;

/// The highest capacity that a hub may be configured to have, in players. At 10 moves a
/// second each, 2,000 players send 20,000 messages a second, twice what a core takes in: a
/// capacity that high suits players who mostly stand or walk straight.
pub const MAX_HUB_CAPACITY: usize = 2_000;

/// Undecodable messages within [`ABUSE_WINDOW`] that close a socket with 4008.
pub const MAX_INVALID: u32 = 10;

/// Rate-limited messages within [`ABUSE_WINDOW`] that close a socket with 4029.
pub const MAX_RATE_REFUSALS: u32 = 100;

/// The window in which abuse is counted, in milliseconds.
pub const ABUSE_WINDOW: u64 = 10 * 1000;

/// Chat: messages a second, and how many at once.
pub const CHAT_RATE: Rate = Rate { per_second: 5.0, burst: 10.0 };

/// Emotes, by a person's hand: a few in a row, then one a second.
pub const EMOTE_RATE: Rate = Rate { per_second: 1.0, burst: 3.0 };

/// Moves: messages a second, and how many at once (a second's worth that a
/// stalled network may deliver together).
pub const MOVE_RATE: Rate = Rate { per_second: 20.0, burst: 20.0 };

/// Messages a second that a hub takes in, unless it is configured otherwise: within
/// Cloudflare's advice of 500 to 1,000 a second into one object.
pub const MESSAGE_BUDGET: u32 = 800;

/// The highest [`MESSAGE_BUDGET`] that may be configured: more than any core takes in, which
/// turns the pace off.
pub const MAX_MESSAGE_BUDGET: usize = 1_000_000;

/// A hub whose messages exceed this part of its budget lowers the rate of positions, which
/// leaves room for a burst of everything else.
pub const BUDGET_SHARE: f64 = 0.7;

/// All other messages: messages a second, and how many at once.
pub const OTHER_RATE: Rate = Rate { per_second: 10.0, burst: 20.0 };

/// Heartbeats, where the hub answers them: times a second, and how many at once. A client sends
/// one every few seconds; the burst covers what a stalled network delivers together.
pub const HEARTBEAT_RATE: Rate = Rate { per_second: 2.0, burst: 10.0 };

/// The highest number of members that a party may be configured to have.
pub const MAX_PARTY: usize = 8;

/// Members of a party, by default.
pub const PARTY_SIZE: usize = 4;

/// An invitation into a party is good for this long, in milliseconds (the contract's
/// five minutes).
pub const INVITATION_LIFE: u64 = 5 * 60 * 1000;

/// Invitations that a character may send in [`INVITE_WINDOW`], over all its parties: enough
/// to invite a full party of eight at once and ask two of them again.
pub const INVITES_PER_WINDOW: u64 = 10;

/// The window in which a character's invitations are counted, in milliseconds.
pub const INVITE_WINDOW: u64 = 60 * 1000;

/// Invitations of a party that are open at once: twice the largest party.
pub const MAX_INVITATIONS: usize = 2 * MAX_PARTY;

/// Invitations that a character has at once; a further one replaces the oldest.
pub const MAX_INVITED: usize = 20;

/// A party ends once all its members have been offline for this long, in milliseconds.
pub const PARTY_DESERTED: u64 = 24 * 60 * 60 * 1000;

/// Requests that a party remembers, to serve a repeated one only once: the runtime repeats a
/// call within seconds, and eight members at 10 requests a second each make 80 in a second.
pub const REMEMBERED_REQUESTS: usize = 128;

/// A member that its hub has not found for this long, in milliseconds, counts as absent from
/// it: far above what entering the world takes.
pub const MEMBER_MISSING: u64 = 10 * 1000;

/// The members in a hub that has not answered the party for this long, in milliseconds,
/// count as absent: with the time that a lost place is kept, less than 90 s.
pub const HUB_SILENT: u64 = 60 * 1000;

/// A letter, a call that changes another object, is given up when it was not answered for
/// this long, in milliseconds.
pub const LETTER_LIFE: u64 = 24 * 60 * 60 * 1000;

/// Letters of an account about its sessions that wait for a hub's answer, each about the end
/// or the renewal of a session. A further one replaces the oldest, whose hub finds out when
/// it next asks whether the session is in use.
pub const MAX_SESSION_LETTERS: usize = 32;

/// The names of a session in a letter to a hub, one for each renewal that the hub has not
/// answered. A further one replaces the oldest.
pub const MAX_SESSION_NAMES: usize = 8;

/// An ended party answers repeated requests for this long before it is forgotten, in
/// milliseconds: a call is given up after 10 s, and its repetition after 10 more.
pub const PARTY_FORGOTTEN_AFTER: u64 = 60 * 1000;

/// Chats that may wait in one lane of a hub until the last batch is answered: a second's worth
/// of 500 players who speak as fast as they may.
pub const MAX_LANE: usize = 2_500;

/// Requests of a connection that may wait until the request before them is answered.
pub const MAX_QUEUED: usize = 32;

/// A chat that a hub passed on counts as lost when it has not come back for this long, in
/// milliseconds.
pub const UNANSWERED_CHAT: u64 = 10 * 1000;

/// Characters that a player may have muted: 8 bytes each in a socket's attachment.
pub const MAX_MUTES: usize = 100;

/// The name of an emote in bytes: a word of the world's data.
pub const MAX_EMOTE: usize = 32;

/// A party's name in bytes: 40 characters of the longest kind.
pub const MAX_PARTY_NAME: usize = 160;

/// The most marks that may stand on a letter (accents, vowel points; not the parts of
/// emoji): Hebrew and Vietnamese put two or three on a letter, scholars four. A text with
/// more climbs over the lines around it.
pub const MAX_MARKS: usize = 4;

/// Combatants of an encounter: two parties.
pub const MAX_COMBATANTS: usize = 2 * MAX_PARTY;

/// Sentences of an encounter's log that are sent with its state.
pub const MAX_COMBAT_LOG: usize = 20;

/// Kinds of items in a side's offer.
pub const MAX_OFFER: usize = 20;

/// Kinds of items that a character may hold.
pub const MAX_INVENTORY: usize = 200;

/// Messages of a channel's history.
pub const MAX_HISTORY: usize = 50;

/// A WebRTC signal's payload in bytes (the contract's 8 KiB).
pub const MAX_SIGNAL: usize = 8 * 1024;

/// The ciphertext of a sealed chat in base64, in bytes: 500 characters of 4
/// bytes, the tag of 16, and the third that base64 adds.
pub const MAX_CIPHERTEXT: usize = 2_700;

/// The most players that are seen from a cell, by default: more than the nearest 200 look
/// like any crowd, and a frame of 200 fits one packet of the network (1,400 bytes).
pub const AREA_CAP: usize = 200;

/// Players in a position frame: a hub may be configured to show everybody to everybody.
pub const MAX_FRAME_PLAYERS: usize = MAX_HUB_CAPACITY;

/// Numbers of damaged hubs that World no longer uses. Each stands for a file that a disk has
/// spoilt; more than a handful mean that something else is at fault, so a further one frees the
/// oldest to be tried again. Their rows take 2 KiB.
pub const MAX_RETIRED_HUBS: usize = 64;

/// Hubs that are tried one after the other for an entering player, where storage is damaged:
/// four damaged files in a row are a broken disk, which no fifth hub mends.
pub const MAX_HUBS_TRIED: usize = 4;

/// Events that the world's log keeps: months of captures at the pace of play.
pub const MAX_WORLD_EVENTS: usize = 2_000;

/// Events in a page of the log, if the request does not say how many (the first
/// generation's number).
pub const EVENTS_PAGE: u32 = 50;

/// The most events in a page of the log.
pub const MAX_EVENTS_PAGE: u32 = 200;

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// In the long run, times a second.
    pub per_second: f64,
    /// How many times at once after a rest.
    pub burst: f64,
}

/// A hub's ticks in a second, by default: at 20 no news waits longer than 50 ms.
pub const TICK_RATE: u32 = 20;

/// The highest rate of ticks that a hub may be configured to have, in a second: as many as a
/// screen shows.
pub const MAX_TICK_RATE: u32 = 60;

/// A hub sends a full position frame this often while anybody moves, in milliseconds: a
/// client that missed a frame is wrong for at most this long.
pub const FULL_FRAME_INTERVAL: u64 = 2_000;

/// The nearest neighbours, which a JSON client is told of often (the contract's 20).
pub const JSON_NEAREST: usize = 20;

/// A JSON client is told of each of its nearest neighbours at most this often, in
/// milliseconds (the contract's five times a second).
pub const JSON_NEAR_INTERVAL: u64 = 200;

/// A JSON client is told of each of its other neighbours at most this often, in
/// milliseconds (the contract's once a second).
pub const JSON_FAR_INTERVAL: u64 = 1_000;

/// Impossible moves of a connection within [`VIOLATION_WINDOW`] that are evidence. An
/// honest client is corrected once, perhaps a few times when its network stalls; a client
/// that cheats at 20 moves a second reaches this number in a second.
pub const MAX_VIOLATIONS: u32 = 20;

/// The window in which impossible moves are counted, in milliseconds.
pub const VIOLATION_WINDOW: u64 = 60 * 1000;

/// A connection whose impossible moves are evidence has its moves refused for this long, in
/// milliseconds.
pub const MOVE_PENALTY: u64 = 10 * 1000;

/// Evidence against a connection is logged at most this often, in milliseconds.
pub const EVIDENCE_INTERVAL: u64 = 60 * 1000;

/// A hub writes a moving player's place into its socket's attachment this often, in
/// milliseconds. A hub does not sleep while anybody moves, and before it sleeps it writes all
/// places; these writes are for a hub that is taken out of memory in another way.
pub const ATTACHMENT_INTERVAL: u64 = 10 * 1000;

/// A client with more than this many bytes waiting to be written to it gets no position
/// frames until most of them are gone: two seconds' worth of the largest crowd's frames
/// (1,400 bytes, 20 times a second), which are out of date by then.
pub const BACKLOG_SKIPS: usize = 64 * 1024;

/// A client with more than this many bytes waiting to be written to it is closed with 4012:
/// four times [`BACKLOG_SKIPS`], filled by what cannot be skipped. 500 such clients hold
/// 128 MiB, the memory of an object.
pub const MAX_BACKLOG: usize = 256 * 1024;

/// Bytes that are sent to a client before its backlog is looked at again: between two looks
/// the backlog grows by at most a sixteenth of [`MAX_BACKLOG`], and a client that is sent
/// less than that a second cannot fall behind within minutes.
pub const BACKLOG_LOOK: usize = 16 * 1024;

/// A client is given this long, in milliseconds, to take what it was sent before its
/// backlog is looked at: a round trip across the world.
pub const BACKLOG_PAUSE: u64 = 250;

/// The place of a lost connection is kept for this long, in milliseconds (the contract's
/// 60 s).
pub const PLACE_LIFE: u64 = 60 * 1000;

/// A reliable message is kept for this long, in milliseconds: a lost connection's
/// [`PLACE_LIFE`], and half of it for the loss to be noticed.
pub const LOG_LIFE: u64 = 90 * 1000;

/// Reliable messages that a hub keeps, in bytes: 90 s of 500 players of whom each says
/// something of 100 bytes every five seconds, each message with its 500 receivers, are
/// 37 MB; a hub shares 128 MiB with all else, so a crowd that loud keeps 20 s.
pub const LOG_BYTES: usize = 8 * 1024 * 1024;

/// Missed messages that are sent to a resuming client, in bytes: with a snapshot beside them
/// they stay below [`MAX_BACKLOG`].
pub const MAX_REPLAY: usize = 128 * 1024;

/// The longest frame of missed messages, in bytes.
pub const REPLAY_FRAME: usize = 32 * 1024;

/// A hub stores the places of the players that have moved this often, in milliseconds: after
/// a crash nobody is farther off than ten seconds' walk.
pub const PLACES_INTERVAL: u64 = 10 * 1000;

/// Players are told what the realm is like when that changes, but only once in this time, in
/// milliseconds.
pub const LATEST_INTERVAL: u64 = 5 * 1000;

/// A hub tells World of a changed population after this long, in milliseconds.
pub const POPULATION_DELAY: u64 = 500;

/// Plain sign-ins that may wait for their turn at hashing.
pub const MAX_HASHING_QUEUE: usize = 16;

/// Plain sign-ins to an account from one network that may wait: one, and another of an
/// impatient client that asked again.
pub const MAX_HASHING_PER_ACCOUNT: usize = 2;

/// The longest that a slice of hashing may hold the thread, in rounds of PBKDF2:
/// some 1,200 rounds take a millisecond in WebAssembly, so 4,000 stay under 5 ms.
pub const HASHING_SLICE: u32 = 4_000;
