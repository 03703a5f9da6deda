//! The systems: what players do beyond walking, each in a folder of its own that holds all
//! of it on the client's side.
//!
//! A message needs a system only if the client itself thinks about it; any other passes
//! through the session to the game. The session and the browser's shell know the table
//! below and no system: they hand on what happens, pass on what a system tells the game
//! ([`News`]), and show what it keeps by its name ([`Systems::show`]).

pub mod chat;
pub mod party;

use super::{
    failure::Failure,
    told::{Shown, Told},
};
use shardlink_shared::{codec::table::Value, ids::CharacterId, sheet::Sheet, time::Millis};
use std::fmt;

/// What each system does when something happens. The news that it gives for the game is told
/// after the message that caused it.
pub trait System: fmt::Debug {
    /// A request of this type is about to be made: completes and judges its fields. One that
    /// is refused is completed too, so that its other fields can be judged.
    ///
    /// # Errors
    /// What the server would refuse for certain, with the field if one is at fault.
    fn prepare(&self, _request: &str, _fields: &mut Value) -> Result<(), Failure> {
        Ok(())
    }

    /// A request of this type is under way under this number; `body` holds its fields in
    /// binary.
    fn asked(&mut self, _number: u32, _request: &str, _body: &[u8]) {}

    /// The request of this number was answered, or refused, or is given up.
    fn settled(&mut self, _number: u32, _refused: Option<&Failure>, _news: &mut Vec<News>) {}

    /// A message was heard.
    fn heard(&mut self, _message: &Told, _around: &Around, _news: &mut Vec<News>) {}

    /// A system, which may be this one, tells the game something.
    fn noticed(&mut self, _news: &News) {}

    /// When [`Self::tick`] has something to do.
    fn due(&self) -> Option<Millis> {
        None
    }

    /// Does what is due.
    fn tick(&mut self, _now: Millis, _news: &mut Vec<News>) {}

    /// A new stay in the world begins with this character: the server will tell again what
    /// is true.
    fn entered(&mut self, _sheet: &Sheet, _news: &mut Vec<News>) {}

    /// The character has left the world for good.
    fn left(&mut self, _news: &mut Vec<News>) {}

    /// What the system keeps under this name for the game to show; `None` if it keeps
    /// nothing of that name. The failure is INVALID_FIELD, for what follows a colon in the
    /// name.
    fn show(&self, _name: &str, _now: Millis) -> Option<Result<Shown, Failure>> {
        None
    }
}

/// The circumstances in which a message was heard.
#[derive(Debug, Clone, Copy)]
pub struct Around {
    /// The player's own character.
    pub me: CharacterId,
    /// The moment, by this side's clock.
    pub now: Millis,
    /// The moment, as the server's clock is thought to show it.
    pub server: Millis,
}

macro_rules! systems {
    ($($field:ident: $system:ty $(, tells $variant:ident($news:ty))?;)*) => {
        /// All systems.
        #[derive(Debug, Default)]
        #[allow(missing_docs)] // Each is documented at its own.
        pub struct Systems {
            $(pub $field: $system,)*
        }

        impl Systems {
            fn all(&self) -> [&dyn System; [$(stringify!($field)),*].len()] {
                [$(&self.$field),*]
            }

            fn all_mut(&mut self) -> [&mut dyn System; [$(stringify!($field)),*].len()] {
                [$(&mut self.$field),*]
            }
        }

        /// What a system tells the game.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs)] // Each is documented at its own.
        pub enum News {
            $($($variant($news),)?)*
        }

        impl News {
            /// The event that the game hears, by its name, and what it holds at this moment.
            #[must_use]
            pub fn shown(&self, now: Millis) -> (&'static str, Shown) {
                match self {
                    $($(Self::$variant(news) => news.shown(now),)?)*
                }
            }
        }
    };
}

// The one table of systems. Their order is the order in which they hear of things.
systems! {
    party: party::Parties, tells Party(party::News);
    chat: chat::ChatLog;
}

impl Systems {
    /// A request is about to be made: see [`System::prepare`].
    ///
    /// # Errors
    /// As each system's.
    pub fn prepare(&self, request: &str, fields: &mut Value) -> Result<(), Failure> {
        self.all().into_iter().map(|system| system.prepare(request, fields)).fold(Ok(()), Result::and)
    }

    pub(super) fn asked(&mut self, number: u32, request: &str, body: &[u8]) {
        self.all_mut().into_iter().for_each(|system| system.asked(number, request, body));
    }

    pub(super) fn settled(&mut self, number: u32, refused: Option<&Failure>) -> Vec<News> {
        self.tell(|system, news| system.settled(number, refused, news))
    }

    pub(super) fn heard(&mut self, message: &Told, around: &Around) -> Vec<News> {
        self.tell(|system, news| system.heard(message, around, news))
    }

    pub(super) fn noticed(&mut self, news: &News) {
        self.all_mut().into_iter().for_each(|system| system.noticed(news));
    }

    pub(super) fn due(&self) -> Option<Millis> {
        self.all().into_iter().filter_map(System::due).min()
    }

    pub(super) fn tick(&mut self, now: Millis) -> Vec<News> {
        self.tell(|system, news| system.tick(now, news))
    }

    pub(super) fn entered(&mut self, sheet: &Sheet) -> Vec<News> {
        self.tell(|system, news| system.entered(sheet, news))
    }

    pub(super) fn left(&mut self) -> Vec<News> {
        self.tell(|system, news| system.left(news))
    }

    /// What a system keeps under this name for the game to show; `None` if none keeps
    /// anything of that name.
    #[must_use]
    pub fn show(&self, name: &str, now: Millis) -> Option<Result<Shown, Failure>> {
        self.all().into_iter().find_map(|system| system.show(name, now))
    }

    fn tell(&mut self, mut hand_on: impl FnMut(&mut dyn System, &mut Vec<News>)) -> Vec<News> {
        let mut news = Vec::new();
        self.all_mut().into_iter().for_each(|system| hand_on(system, &mut news));
        news
    }
}
