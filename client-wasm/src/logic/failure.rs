//! Why something the game asked for did not happen: the server's refusals and
//! the client's own reasons, in one shape.

use shardlink_shared::{
    ErrorCode, Refusal,
    error::Retry,
    protocol::{bounded::Text, error::ErrorMessage},
};
use std::borrow::Cow;

/// The server could not be reached.
pub const UNREACHABLE: &str = "UNREACHABLE";

/// The server did not answer in time.
pub const TIMEOUT: &str = "TIMEOUT";

/// There is no connection to the world.
pub const NOT_CONNECTED: &str = "NOT_CONNECTED";

/// The server's answer makes no sense.
pub const BAD_RESPONSE: &str = "BAD_RESPONSE";

/// The server asks for a password that is stretched too little.
pub const WEAK_SERVER: &str = "WEAK_SERVER";

/// What a promise of the client rejects with.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// A code of the error table or of this file; as the server sent it, even
    /// if this build does not know it.
    pub code: Cow<'static, str>,
    /// A sentence for the player.
    pub message: String,
    /// The field at fault.
    pub field: Option<String>,
    /// Seconds to wait.
    pub retry_after: Option<f64>,
}

impl Failure {
    fn ours(code: &'static str, message: &str) -> Self {
        Self { code: Cow::Borrowed(code), message: message.to_owned(), field: None, retry_after: None }
    }

    /// UNREACHABLE.
    #[must_use]
    pub fn unreachable() -> Self {
        Self::ours(UNREACHABLE, "The server could not be reached.")
    }

    /// TIMEOUT.
    #[must_use]
    pub fn timeout() -> Self {
        Self::ours(TIMEOUT, "The server did not answer in time.")
    }

    /// NOT_CONNECTED.
    #[must_use]
    pub fn not_connected() -> Self {
        Self::ours(NOT_CONNECTED, "There is no connection to the world.")
    }

    /// BAD_RESPONSE.
    #[must_use]
    pub fn bad_response() -> Self {
        Self::ours(BAD_RESPONSE, "The server's answer could not be understood.")
    }

    /// WEAK_SERVER.
    #[must_use]
    pub fn weak_server() -> Self {
        Self::ours(
            WEAK_SERVER,
            "This server asks for too little protection of your password. Nothing of it was sent.",
        )
    }

    /// Why a socket that closed like this never got into the world.
    #[must_use]
    pub fn of_close(code: u16, reason: &str) -> Self {
        match ErrorCode::parse(reason).or_else(|| by_close_code(code)) {
            Some(error) => Self { message: close_reason(code, reason), ..Refusal::new(error).into() },
            None => Self::unreachable(),
        }
    }

    /// The row of the error table, where the code has one.
    #[must_use]
    pub fn known(&self) -> Option<ErrorCode> {
        ErrorCode::parse(&self.code)
    }

    /// Whether the same request may succeed later without the player doing anything.
    #[must_use]
    pub fn may_retry(&self) -> bool {
        match self.known() {
            Some(code) => code.info().retry == Retry::Later,
            None => matches!(self.code.as_ref(), UNREACHABLE | TIMEOUT | BAD_RESPONSE),
        }
    }

    /// Whether the server was not reached at all.
    #[must_use]
    pub fn is_of_network(&self) -> bool {
        matches!(self.code.as_ref(), UNREACHABLE | TIMEOUT)
    }

    /// Whether the session it was asked with has ended.
    #[must_use]
    pub fn ends_session(&self) -> bool {
        matches!(self.known(), Some(ErrorCode::Unauthenticated | ErrorCode::SessionExpired))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: Cow::Borrowed(refusal.code.as_str()),
            message: refusal.sentence().to_owned(),
            field: refusal.field,
            retry_after: refusal.retry_after,
        }
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Refusal::new(code).into()
    }
}

impl From<ErrorMessage> for Failure {
    fn from(message: ErrorMessage) -> Self {
        Refusal::from(message).into()
    }
}

fn by_close_code(code: u16) -> Option<ErrorCode> {
    // Several codes share a close code; the first is the most general.
    ErrorCode::ALL.iter().copied().find(|error| error.info().close == Some(code))
}

/// A sentence for the reason a socket was closed: the server's own, or the
/// table's where it gave none or only a code.
#[must_use]
pub fn close_reason(code: u16, reason: &str) -> String {
    let of_table = ErrorCode::parse(reason).or_else(|| if reason.is_empty() { by_close_code(code) } else { None });
    let sentence = of_table.map_or(reason, |error| error.info().meaning);
    Text::<512>::cut(sentence).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_field_and_wait() {
        let refusal = Refusal::new(ErrorCode::RateLimited).at("content").after(0.5);
        let failure = Failure::from(ErrorMessage::from(&refusal));
        assert_eq!((failure.code.as_ref(), failure.field.as_deref()), ("RATE_LIMITED", Some("content")));
        assert_eq!(failure.retry_after, Some(0.5));
        assert!(failure.may_retry());
    }

    #[test]
    fn what_is_refused_again_is_not_retried_and_what_was_unreachable_is() {
        assert!(!Failure::from(ErrorCode::NameTaken).may_retry());
        assert!(!Failure::not_connected().may_retry());
        assert!(!Failure::weak_server().may_retry());
        assert!(Failure::unreachable().may_retry() && Failure::timeout().may_retry());
    }

    #[test]
    fn a_close_becomes_a_sentence() {
        assert_eq!(close_reason(4002, ""), "Signed in elsewhere.");
        assert_eq!(close_reason(4004, "LOGGED_OUT"), "Logged out.");
        assert_eq!(close_reason(4008, "tenth in a row"), "tenth in a row");
        assert_eq!(close_reason(1006, ""), "");
        assert_eq!(Failure::of_close(4002, "").code, "SIGNED_IN_ELSEWHERE");
        assert_eq!(Failure::of_close(1006, "").code, UNREACHABLE);
    }
}
