//! Calls between objects: the typed contract of `calls/` over the runtime's fetch.

use super::{clock, damage};
use crate::{
    calls::{
        Call, hub, throttle,
        world::{self, REALM},
    },
    damage::{Class, Fault, file},
};
use futures_util::future::{Either, select};
use shardlink_shared::Refusal;
use std::{pin::pin, time::Duration};
use wasm_bindgen::JsValue;
use worker::{Delay, Env, Method, Request, RequestInit, Result, console_error};

/// The longest time that a call may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The pause before an object that failed without a reason is asked again. A passing failure is
/// over by then: an object that was reset begins anew with the next call.
const SECOND_TRY: Duration = Duration::from_millis(100);

/// Asks an object. For a hub whose storage is damaged the answer is that of an empty hub, and
/// World retires it.
///
/// # Errors
/// What the object refuses; OVERLOADED or INTERNAL if it did not answer; STORAGE_CORRUPT
/// if its storage is damaged.
pub async fn call<C: Call>(env: &Env, object: &str, call: C) -> std::result::Result<C::Answer, Refusal> {
    let (class, text) = (Class::of(C::BINDING), call.encode());
    let fault = match damage::known(|known| known.is_damaged(class, object, clock::now())) {
        true => Fault::Damaged,
        false => match ask::<C>(env, object, &text).await {
            Ok(answer) => return answer,
            Err(error) => match explain::<C>(env, object, &text, error).await {
                Ok(answer) => return answer,
                Err(fault) => fault,
            },
        },
    };
    if (fault, class) == (Fault::Damaged, Class::Hub) {
        retire(env, object).await;
        if let Some(answer) = of_nobody::<C>(&text) {
            return answer;
        }
    }
    Err(fault.refusal(class))
}

/// Finds out why a call failed, or gets its answer after all.
async fn explain<C: Call>(
    env: &Env,
    object: &str,
    call: &str,
    error: worker::Error,
) -> std::result::Result<std::result::Result<C::Answer, Refusal>, Fault> {
    let (class, mut error) = (Class::of(C::BINDING), error);
    let mut fault = Fault::of(&error.to_string());
    if fault == Fault::Unexplained {
        // The runtime gives no reason for a file that it cannot open or a commit that failed,
        // so the call is made once more. Every call may be made twice.
        Delay::from(SECOND_TRY).await;
        error = match ask::<C>(env, object, call).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        fault = Fault::of(&error.to_string());
    }
    if fault == Fault::Unexplained {
        fault = fault.explained(is_writable(env).await);
    }
    let text = error.to_string();
    match fault {
        Fault::Damaged => {
            damage::known(|known| known.found_damaged(class, object, clock::now()));
            damage::say_damaged(class, &id_of(env, C::BINDING, object), object, &text);
        }
        Fault::DiskFull => damage::say_full(&text),
        // The argument never enters the log: it may hold secrets.
        _ => console_error!("call {} failed: {text}", std::any::type_name::<C>()),
    }
    Err(fault)
}

/// Whether an object with undamaged storage can store something now.
async fn is_writable(env: &Env) -> bool {
    for probe in throttle::PROBES {
        let take = throttle::Take { key: "probe".to_owned(), limit: u32::MAX };
        if matches!(ask::<throttle::Take>(env, probe, &take.encode()).await, Ok(Ok(()))) {
            return true;
        }
    }
    false
}

/// Tells World that a hub is damaged. The future is boxed because asking World is a call too.
/// If it fails, the next call that finds the hub damaged tells World.
async fn retire(env: &Env, object: &str) {
    if let Some(hub) = hub::number_of(object) {
        let told: std::pin::Pin<Box<dyn Future<Output = _> + '_>> = Box::pin(call(env, REALM, world::Retire { hub }));
        let _: std::result::Result<(), Refusal> = told.await;
    }
}

fn of_nobody<C: Call>(call: &str) -> Option<std::result::Result<C::Answer, Refusal>> {
    let reply = hub::answer_of_nobody(serde_json::from_str(call).ok()?);
    serde_json::from_str(&reply.0).ok()
}

/// Where `serve` keeps an object's rows, in the data folder.
pub fn file_of<C: Call>(env: &Env, object: &str) -> String {
    file(Class::of(C::BINDING), &id_of(env, C::BINDING, object))
}

/// An object's id, after which its file is named; its name where the runtime does not tell the
/// id.
fn id_of(env: &Env, binding: &str, object: &str) -> String {
    let id = env.durable_object(binding).and_then(|namespace| Ok(namespace.id_from_name(object)?.to_string()));
    id.unwrap_or_else(|_| object.to_owned())
}

async fn ask<C: Call>(env: &Env, object: &str, call: &str) -> Result<std::result::Result<C::Answer, Refusal>> {
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(JsValue::from_str(call)));
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
