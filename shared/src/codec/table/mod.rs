//! The table-driven codec: reads binary into values and writes values into binary, for
//! messages that a program passes on without thinking about them.
//!
//! A typed decoder costs a program some code for each type of message; here each costs a table
//! of its fields ([`Kind`], made by `derive(Wire)` at the struct), and one interpreter serves
//! all. The typed codec stays the truth: `tests/table.rs` checks that both read, write and
//! refuse the same.
//!
//! - [`read`] tells a [`Sink`] what the fields of a binary message are: the values that
//!   JSON has for them.
//! - [`read_value`] tells it one value of any kind, which need not be a message.
//! - [`Take`] reads a typed value, for the few messages that a program does think about.
//! - [`write`] makes a binary message's fields from a [`Value`], which is what JSON or
//!   JavaScript has. It writes what clients send, and refuses what only servers send.

mod kinds;
mod read;
mod take;
mod write;

pub use read::{read, read_value};
pub use shardlink_derive::{Take, Wire};
pub use take::{Take, TakeBody, id_or_zero};
pub use write::write;

/// A type that the table describes. Structs derive it.
pub trait Wire {
    /// What it looks like on the wire.
    const KIND: &'static Kind;
}

/// A field of a struct.
#[derive(Debug)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// What it holds.
    pub kind: &'static Kind,
    /// Whether it may be missing: it is then 0, empty, false or null.
    pub default: bool,
}

/// What a value looks like in binary and in JSON: each line gives the binary form and, after
/// the semicolon, the JSON form. Varints are postcard's (LEB128).
#[derive(Debug)]
pub enum Kind {
    /// A byte, 0 or 1; a boolean.
    Bool,
    /// A byte for a number of 8 bits, a varint for one of 16, 32 or 64; a whole number.
    Whole(u8),
    /// A signed byte from minus this to this; a whole number.
    Reach(i8),
    /// A varint of 32 bits from 1; a whole number.
    Positive,
    /// A varint from 1 to [`MAX_ID`](crate::ids::MAX_ID); a whole number.
    Id,
    /// A varint from 0 to [`MAX_ID`](crate::ids::MAX_ID), where 0 says "none"; a whole
    /// number, or null for 0.
    IdOrZero,
    /// Eight bytes, little-endian; any number. No message holds one; only a program's own
    /// values do.
    Float,
    /// A length and UTF-8 of at most this many bytes; a text.
    Text(u32),
    /// Likewise, checked by a rule, which gives the text as it is kept, or says what it must
    /// be.
    Ruled(fn(&str) -> Result<String, String>),
    /// A byte, the index of one of these names; that name.
    Names(&'static [&'static str]),
    /// Likewise, but case, spaces, underscores and hyphens do not matter.
    LooseNames(&'static [&'static str]),
    /// A byte that says whether a value follows; the value or null.
    Option(&'static Self),
    /// A length and at most this many values; a list.
    List(&'static Self, u32),
    /// The fields in their order; an object.
    Struct(&'static [Field]),
    /// A varint of milliseconds since the Unix epoch, before the year 10000; seconds.
    Moment,
    /// A varint of milliseconds, of 32 bits; seconds.
    Span,
    /// As a moment; ISO 8601.
    Date,
    /// Three zigzag varints of hundredths; an object of metres.
    Vector,
    /// A byte for each faction; an object by the factions' names.
    Counts,
    /// A length and packed entries (`codec/snapshot.rs`); a list of objects.
    Entries,
}

/// A value as JSON and JavaScript have it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number from 0.
    Whole(u64),
    /// Any other number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// An object; if two members have the same name, the first counts.
    Object(Vec<(String, Self)>),
}

impl Value {
    /// The member of this name, where this is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of the member of this name, where there is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Self::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Sets the member of this name of an object; what is no object stays as it is.
    pub fn set(&mut self, name: &str, value: Self) {
        if let Self::Object(members) = self {
            members.retain(|(key, _)| key != name);
            members.push((name.to_owned(), value));
        }
    }
}

/// Receives the fields of a message, in their order.
pub trait Sink {
    /// null.
    fn null(&mut self);
    /// A boolean.
    fn boolean(&mut self, value: bool);
    /// A whole number from 0.
    fn whole(&mut self, value: u64);
    /// Any other number.
    fn number(&mut self, value: f64);
    /// A text.
    fn text(&mut self, text: &str);
    /// A list begins: its values follow, and its end.
    fn begin_list(&mut self);
    /// An object begins: its keys, each before its value, follow, and its end.
    fn begin_object(&mut self);
    /// The key of the value that follows.
    fn key(&mut self, name: &str);
    /// The list or object that began last ends.
    fn end(&mut self);
}

/// A sink that ignores everything: for finding out whether a message can be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Sink for Nothing {
    fn null(&mut self) {}
    fn boolean(&mut self, _: bool) {}
    fn whole(&mut self, _: u64) {}
    fn number(&mut self, _: f64) {}
    fn text(&mut self, _: &str) {}
    fn begin_list(&mut self) {}
    fn begin_object(&mut self) {}
    fn key(&mut self, _: &str) {}
    fn end(&mut self) {}
}
