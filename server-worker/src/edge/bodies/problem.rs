//! The body of every refusal.

use serde::Serialize;
use shardlink_shared::{ErrorCode, FieldProblem, Refusal, protocol::bounded::Text};

/// A failure: RFC 9457 and the first generation's members side by side.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Problem {
    #[serde(rename = "type")]
    pub problem_type: String,
    pub title: &'static str,
    #[cfg_attr(feature = "schema", schemars(range(min = 400, max = 599)))]
    pub status: u16,
    pub detail: String,
    pub instance: String,
    pub code: ErrorCode,
    pub request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<f64>,
    pub success: bool,
    pub message: String,
    pub error: String,
}

impl Problem {
    /// The body of a refusal; `instance` is the path that was asked.
    #[must_use]
    pub fn of(refusal: &Refusal, instance: &str, request_id: String) -> Self {
        let info = refusal.code.info();
        let sentence = refusal.sentence().to_owned();
        Self {
            problem_type: format!("urn:shardlink:error:{}", info.code),
            title: info.meaning,
            status: info.status,
            detail: sentence.clone(),
            instance: Text::<256>::cut(instance).as_str().to_owned(),
            code: refusal.code,
            request_id,
            errors: refusal.problems(),
            retry_after: refusal.retry_after,
            success: false,
            message: sentence.clone(),
            error: sentence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_members_of_both_generations() {
        let refusal = Refusal::new(ErrorCode::NameTaken).at("username");
        let problem = serde_json::to_value(Problem::of(&refusal, "/api/auth/register", "r1".into())).unwrap();
        assert_eq!(problem["type"], "urn:shardlink:error:NAME_TAKEN");
        assert_eq!(problem["status"], 409);
        assert_eq!(problem["code"], "NAME_TAKEN");
        assert_eq!(problem["success"], false);
        assert_eq!(problem["message"], problem["error"]);
        assert_eq!(problem["errors"][0]["field"], "username");
    }
}
