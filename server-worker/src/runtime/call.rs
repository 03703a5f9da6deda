//! Calls between objects: the typed contract of `calls/` over the runtime's fetch.

use crate::calls::Call;
use futures_util::future::{Either, select};
use shardlink_shared::{ErrorCode, Refusal};
use std::{pin::pin, time::Duration};
use wasm_bindgen::JsValue;
use worker::{Delay, Env, Method, Request, RequestInit, Result, console_error};

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks an object.
///
/// # Errors
/// What the object refuses; OVERLOADED or INTERNAL if it did not answer.
pub async fn call<C: Call>(env: &Env, object: &str, call: C) -> std::result::Result<C::Answer, Refusal> {
    let name = std::any::type_name::<C>();
    // The argument never enters the log: it may hold what is secret.
    match ask::<C>(env, object, call).await {
        Ok(answer) => answer,
        Err(error) => {
            console_error!("call {name} failed: {error}");
            let overloaded = error.to_string().contains("overloaded");
            Err(Refusal::new(if overloaded { ErrorCode::Overloaded } else { ErrorCode::Internal }))
        }
    }
}

async fn ask<C: Call>(env: &Env, object: &str, call: C) -> Result<std::result::Result<C::Answer, Refusal>> {
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(JsValue::from_str(&call.encode())));
    let request = Request::new_with_init("https://object/call", &init)?;
    let stub = env.durable_object(C::BINDING)?.get_by_name(object)?;
    let exchange = async {
        let mut response = stub.fetch_with_request(request).await?;
        if response.status_code() != 200 {
            return Err(worker::Error::RustError(format!("status {}", response.status_code())));
        }
        let text = response.text().await?;
        serde_json::from_str(&text).map_err(|error| worker::Error::RustError(format!("answer: {error}")))
    };
    match select(pin!(exchange), pin!(Delay::from(TIMEOUT))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(worker::Error::RustError("timed out".into())),
    }
}
