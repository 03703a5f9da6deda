//! Rust's values as JavaScript's: plain objects with the JSON field names, null for what is
//! missing; and JavaScript's values as those of messages.

use crate::logic::{
    failure::Failure,
    told::{Shown, Told},
};
use js_sys::{Array, Object, Reflect};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::table::{Sink, Value, Wire},
    ids::MAX_ID,
    limits::MAX_NESTING,
};
use wasm_bindgen::prelude::*;

/// The value in JavaScript.
///
/// # Errors
/// BAD_RESPONSE, for an integer that JavaScript's numbers do not hold.
pub fn to_js<T: serde::Serialize + Wire>(value: &T) -> Result<JsValue, Failure> {
    shown(&Shown::of(value))
}

/// The same for a value that is in binary already.
///
/// # Errors
/// As [`to_js`].
pub fn shown(shown: &Shown) -> Result<JsValue, Failure> {
    built(|maker| shown.tell(maker))
}

/// A message as one flat object: its fields, its type, and its timestamp in seconds.
///
/// # Errors
/// As [`to_js`].
pub fn message(told: &Told) -> Result<JsValue, Failure> {
    let object = built(|maker| told.tell(maker))?;
    set(&object, "type", &told.name().into());
    if let Some(timestamp) = told.envelope.timestamp {
        set(&object, "timestamp", &timestamp.as_seconds().into());
    }
    Ok(object)
}

fn built(tell: impl FnOnce(&mut Maker) -> Option<()>) -> Result<JsValue, Failure> {
    let mut maker = Maker::default();
    let told = tell(&mut maker);
    told.filter(|()| !maker.overflowed).and(maker.done).ok_or_else(Failure::bad_response)
}

/// Makes JavaScript's values of what it is told.
#[derive(Debug, Default)]
struct Maker {
    done: Option<JsValue>,
    /// The lists and objects that have begun, each with the key of the value that follows.
    open: Vec<(JsValue, Option<JsValue>)>,
    /// Whether an integer was above 2^53−1.
    overflowed: bool,
}

impl Maker {
    fn add(&mut self, value: JsValue) {
        match self.open.last_mut() {
            None => self.done = Some(value),
            Some((object, Some(key))) => drop(Reflect::set(object, key, &value)),
            Some((list, None)) => drop(list.unchecked_ref::<Array>().push(&value)),
        }
    }
}

impl Sink for Maker {
    fn null(&mut self) {
        self.add(JsValue::NULL);
    }

    fn boolean(&mut self, value: bool) {
        self.add(value.into());
    }

    fn whole(&mut self, value: u64) {
        self.overflowed |= value > MAX_ID;
        self.add((value as f64).into());
    }

    fn number(&mut self, value: f64) {
        self.add(value.into());
    }

    fn text(&mut self, text: &str) {
        self.add(text.into());
    }

    fn begin_list(&mut self) {
        self.open.push((Array::new().into(), None));
    }

    fn begin_object(&mut self) {
        self.open.push((Object::new().into(), None));
    }

    fn key(&mut self, name: &str) {
        if let Some((_, key)) = self.open.last_mut() {
            *key = Some(name.into());
        }
    }

    fn end(&mut self) {
        if let Some((value, _)) = self.open.pop() {
            self.add(value);
        }
    }
}

/// A value from JavaScript. A member that is undefined is left out.
///
/// # Errors
/// TOO_DEEP for what nests deeper than a message may (a circle, too); MALFORMED for what
/// JSON does not have, such as a function.
pub fn from_js(value: &JsValue) -> Result<Value, Failure> {
    within(value, MAX_NESTING)
}

fn within(value: &JsValue, depth: usize) -> Result<Value, Failure> {
    if value.is_null() || value.is_undefined() {
        return Ok(Value::Null);
    }
    if let Some(number) = value.as_f64() {
        let whole = number.fract() == 0.0 && (0.0..=MAX_ID as f64).contains(&number);
        return Ok(if whole { Value::Whole(number as u64) } else { Value::Number(number) });
    }
    if let Some(text) = value.as_string() {
        return Ok(Value::Text(text));
    }
    if let Some(boolean) = value.as_bool() {
        return Ok(Value::Bool(boolean));
    }
    let deeper = depth.checked_sub(1).ok_or(ErrorCode::TooDeep)?;
    if let Some(list) = value.dyn_ref::<Array>() {
        return list.iter().map(|item| within(&item, deeper)).collect::<Result<_, _>>().map(Value::List);
    }
    if !value.is_object() {
        return Err(Refusal::new(ErrorCode::Malformed).saying("A field holds what no message can.").into());
    }
    let mut members = Vec::new();
    for entry in Object::entries(value.unchecked_ref()).iter() {
        let entry: Array = entry.unchecked_into();
        let (key, member) = (entry.get(0).as_string().unwrap_or_default(), entry.get(1));
        if !member.is_undefined() {
            members.push((key, within(&member, deeper)?));
        }
    }
    Ok(Value::Object(members))
}

/// A property of an object of our own making; undefined if it has none of that name.
#[must_use]
pub fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap_or_default()
}

/// Sets a property of an object of our own making.
pub fn set(object: &JsValue, key: &str, value: &JsValue) {
    // It fails for frozen objects and for what is no object only.
    let _ = Reflect::set(object, &key.into(), value);
}
