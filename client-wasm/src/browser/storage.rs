//! The place where the session's token is kept, so that a reload does not sign out.

use crate::logic::rest::Token;
use web_sys::Storage;

/// Which of the browser's storages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Shared by the tabs of this origin, and kept.
    Local,
    /// Of this tab, until it is closed.
    Session,
    /// None: a reload signs out.
    Nowhere,
}

impl Place {
    /// The place of this name: local, session or none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "local" => Some(Self::Local),
            "session" => Some(Self::Session),
            "none" => Some(Self::Nowhere),
            _ => None,
        }
    }
}

/// A token's place. Where the browser allows no storage, nothing is kept.
#[derive(Debug)]
pub struct Kept {
    storage: Option<Storage>,
    key: String,
}

impl Kept {
    /// What is kept under this key.
    #[must_use]
    pub fn new(place: Place, key: String) -> Self {
        let window = web_sys::window();
        let storage = window.and_then(|window| match place {
            Place::Local => window.local_storage().ok().flatten(),
            Place::Session => window.session_storage().ok().flatten(),
            Place::Nowhere => None,
        });
        Self { storage, key }
    }

    /// The token, if one is kept.
    #[must_use]
    pub fn read(&self) -> Option<Token> {
        Token::parse(&self.storage.as_ref()?.get_item(&self.key).ok()??)
    }

    /// Keeps a token.
    pub fn write(&self, token: &Token) {
        if let Some(storage) = &self.storage {
            // A full storage costs the next reload its session, nothing else.
            let _ = storage.set_item(&self.key, token.reveal());
        }
    }

    /// Forgets this token, unless another tab has signed in since.
    pub fn forget(&self, token: &Token) {
        if let Some(storage) = self.storage.as_ref().filter(|_| self.read().as_ref() == Some(token)) {
            let _ = storage.remove_item(&self.key);
        }
    }
}
