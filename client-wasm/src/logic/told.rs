//! Values that are passed on in binary, each beside a table of its fields: messages of the
//! server, which only the parts that think about them read, and values for the game.

use serde::Serialize;
use shardlink_shared::{
    codec::{
        Incoming,
        binary::{self, Raw},
        table::{Kind, Nothing, Sink, TakeBody, Wire, read, read_value},
    },
    protocol::{Body, Envelope, MessageSet, MessageType, ServerMessage},
};

/// A message of the server whose fields are known to be readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What stood around it.
    pub envelope: Envelope,
    /// Its type.
    pub row: &'static MessageType,
    body: Vec<u8>,
}

impl Told {
    /// The message as it came; `None` if it cannot be read, or is of no type that this
    /// build knows.
    #[must_use]
    pub fn parse(raw: Raw<'_>) -> Option<Self> {
        let row = ServerMessage::type_of_tag(raw.tag)?;
        read(row.fields, raw.body, &mut Nothing)?;
        Some(Self { envelope: raw.envelope, row, body: raw.body.to_vec() })
    }

    /// A message of the client's own making, of this type; `None` if there is no such type.
    #[must_use]
    pub fn of<T: Serialize>(name: &str, envelope: Envelope, fields: &T) -> Option<Self> {
        let mut body = Vec::new();
        binary::append_body(&mut body, fields);
        Some(Self { envelope, row: ServerMessage::type_of_name(name)?, body })
    }

    /// The type's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.row.name
    }

    /// The fields, typed. `T` must be the struct of the message's type.
    #[must_use]
    pub fn read<T: TakeBody>(&self) -> Option<T> {
        T::take_body(&self.body)
    }

    /// Tells a sink the fields, as one object.
    pub fn tell(&self, sink: &mut dyn Sink) -> Option<()> {
        read(self.row.fields, &self.body, sink)
    }

    /// The message as a variant of [`ServerMessage`]: for programs that look at messages of any
    /// type, and have room for the code of all of them.
    #[must_use]
    pub fn message(&self) -> Option<ServerMessage> {
        ServerMessage::from_binary(self.row.tag, &self.body)?.ok()
    }
}

impl From<&Incoming<ServerMessage>> for Told {
    fn from(incoming: &Incoming<ServerMessage>) -> Self {
        let mut body = Vec::new();
        binary::append_body(&mut body, &Body(&incoming.message));
        Self { envelope: incoming.envelope.clone(), row: incoming.message.message_type(), body }
    }
}

/// A value for the game.
#[derive(Debug, Clone)]
pub struct Shown {
    kind: &'static Kind,
    body: Vec<u8>,
}

impl Shown {
    /// The value.
    #[must_use]
    pub fn of<T: Serialize + Wire>(value: &T) -> Self {
        let mut body = Vec::new();
        binary::append_body(&mut body, value);
        Self { kind: T::KIND, body }
    }

    /// Tells a sink the value.
    pub fn tell(&self, sink: &mut dyn Sink) -> Option<()> {
        read_value(self.kind, &self.body, sink)
    }
}
