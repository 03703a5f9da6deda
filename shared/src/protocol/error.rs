//! `error` and `invalid_message`: what was refused, and what could not be read.

use super::{bounded::Text, envelope::Seconds};
use crate::{
    ErrorCode, Refusal,
    codec::table::{Take, Wire},
};
use serde::{Deserialize, Serialize};

/// `error` (understood and refused) and `invalid_message` (could not be
/// decoded), server to client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorMessage {
    /// From the one table.
    pub error_code: ErrorCode,
    /// A sentence for the player.
    pub error_message: Text<512>,
    /// What else helps to put it right.
    #[serde(default)]
    pub details: Option<ErrorDetails>,
}

/// What helps to put a refusal right.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorDetails {
    /// The field at fault.
    #[serde(default)]
    pub field: Option<Text<128>>,
    /// Seconds to wait.
    #[serde(default)]
    pub retry_after: Option<Seconds>,
}

impl From<&Refusal> for ErrorMessage {
    fn from(refusal: &Refusal) -> Self {
        let details = ErrorDetails {
            field: refusal.field.as_deref().map(Text::cut),
            retry_after: refusal.retry_after.map(Seconds::at_least),
        };
        Self {
            error_code: refusal.code,
            error_message: Text::cut(refusal.sentence()),
            details: (details != ErrorDetails::default()).then_some(details),
        }
    }
}

impl From<ErrorMessage> for Refusal {
    fn from(message: ErrorMessage) -> Self {
        let details = message.details.unwrap_or_default();
        Self {
            code: message.error_code,
            message: Some(message.error_message.as_str().to_owned()),
            field: details.field.map(|field| field.as_str().to_owned()),
            retry_after: details.retry_after.map(Seconds::as_f64),
            also: Vec::new(),
        }
    }
}

impl From<ErrorCode> for ErrorMessage {
    fn from(code: ErrorCode) -> Self {
        Self::from(&Refusal::new(code))
    }
}
