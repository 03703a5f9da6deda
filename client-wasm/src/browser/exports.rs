//! What JavaScript calls: the raw client, which the TypeScript facade
//! (`npm/src/client.ts`) wraps. What is exported here is declared once more in
//! `npm/src/wasm/shardlink_client.d.ts`.

use super::{
    http::Request,
    perform::Shell,
    runtime,
    storage::{Kept, Place},
    value::{from_js, get, shown, to_js},
};
use crate::logic::{
    canon,
    endpoint::Endpoint,
    failure::Failure,
    nearby::{DELAY, LONGEST_DELAY, Who},
    rest::{Characters, Events, Made, NewCharacter, Select, Shards, Ticket, WorldState, events_path, path},
    session::Session,
};
use js_sys::{Function, Promise, Reflect};
use shardlink_shared::{Refusal, codec::table::Value, ids::CharacterId, protocol::trade::Inventory, vector::Vec3};
use std::{pin::Pin, rc::Rc};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

/// The canon, as a plain object.
///
/// # Errors
/// None in practice: the canon's numbers are small.
#[wasm_bindgen]
pub fn canon() -> Result<JsValue, JsValue> {
    Ok(to_js(&canon::canon())?)
}

/// A client of one server.
#[wasm_bindgen]
pub struct RawClient {
    pub(super) shell: Rc<Shell>,
}

/// Runs a request of REST, whose result is a plain value. (All share one kind of future,
/// because each kind is several kilobytes of code.)
pub(super) fn promise<F: Future<Output = Given> + 'static>(
    shell: &Rc<Shell>,
    run: impl FnOnce(Rc<Shell>) -> F,
) -> Promise {
    let running: Pin<Box<dyn Future<Output = Given>>> = Box::pin(run(Rc::clone(shell)));
    future_to_promise(async move { Ok(running.await?) })
}

/// A plain value, or why there is none.
type Given = Result<JsValue, Failure>;

/// The id in a number from JavaScript.
///
/// # Errors
/// INVALID_FIELD.
pub(super) fn id<T>(number: f64, new: impl FnOnce(u64) -> Option<T>, field: &str) -> Result<T, Failure> {
    let whole = number.fract() == 0.0 && (1.0..=9_007_199_254_740_991.0).contains(&number);
    let found = if whole { new(number as u64) } else { None };
    found.ok_or_else(|| Refusal::field(field, "This is not an id.").into())
}

#[wasm_bindgen]
impl RawClient {
    /// A client of the server at `url`, which keeps its token in `storage`
    /// (local, session or none) and shows others `interpolation_delay` milliseconds
    /// in the past.
    ///
    /// # Errors
    /// INVALID_FIELD.
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, storage: &str, interpolation_delay: Option<f64>) -> Result<RawClient, JsValue> {
        let server = Endpoint::parse(url)
            .ok_or_else(|| Failure::from(Refusal::field("url", "The url must be an http or https address.")))?;
        let place = Place::parse(storage)
            .ok_or_else(|| Failure::from(Refusal::field("storage", "The storage must be local, session or none.")))?;
        let delay = interpolation_delay.unwrap_or(DELAY as f64);
        if !(0.0..=LONGEST_DELAY as f64).contains(&delay) {
            let why = "The delay must be from 0 to 1000 milliseconds.";
            return Err(Failure::from(Refusal::field("interpolationDelay", why)).into());
        }
        let kept = Kept::new(place, server.storage_key());
        let shell = Shell::new(server, kept);
        shell.with(|session| session.set_interpolation_delay(delay as u64));
        Ok(Self { shell })
    }

    /// The account's characters.
    #[wasm_bindgen(js_name = getCharacters)]
    pub fn get_characters(&self) -> Promise {
        promise(&self.shell, |shell| async move {
            let answered = shell.send_signed(Request::get(&shell.server, path::CHARACTERS)).await?;
            to_js(&answered.read::<Characters>()?.characters)
        })
    }

    /// Makes a character.
    #[wasm_bindgen(js_name = createCharacter)]
    pub fn create_character(&self, name: String, race: String, class: String, faction: String) -> Promise {
        promise(&self.shell, |shell| async move {
            let body = NewCharacter { name: &name, race: &race, class: &class, faction: &faction };
            let request = Request::post(&shell.server, path::CHARACTERS).json(&body);
            to_js(&shell.send_signed(request).await?.read::<Made>()?.character)
        })
    }

    /// Deletes a character.
    #[wasm_bindgen(js_name = deleteCharacter)]
    pub fn delete_character(&self, character: f64) -> Promise {
        promise(&self.shell, move |shell| async move {
            let character = id(character, CharacterId::new, "character_id")?;
            let path = format!("{}/{character}", path::CHARACTERS);
            shell.send_signed(Request::delete(&shell.server, &path)).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// What one of the account's characters holds.
    #[wasm_bindgen(js_name = getInventory)]
    pub fn get_inventory(&self, character: f64) -> Promise {
        promise(&self.shell, move |shell| async move {
            let character = id(character, CharacterId::new, "character_id")?;
            let path = format!("{}/{character}/inventory", path::CHARACTERS);
            to_js(&shell.send_signed(Request::get(&shell.server, &path)).await?.read::<Inventory>()?)
        })
    }

    /// Selects a character and enters the world with it.
    #[wasm_bindgen(js_name = selectCharacter)]
    pub fn select_character(&self, character: f64) -> Promise {
        let intent = self.shell.leave();
        promise(&self.shell, move |shell| async move {
            let character_id = id(character, CharacterId::new, "character_id")?;
            let request = Request::post(&shell.server, path::SELECT).json(&Select { character_id });
            let ticket = shell.send_signed(request).await?.read::<Ticket>()?.ticket;
            // A promise that is given another settles as that one does.
            shell.enter(ticket, intent).map(JsValue::from)
        })
    }

    /// Leaves the world and stays signed in.
    #[wasm_bindgen(js_name = leaveWorld)]
    pub fn leave_world(&self) {
        self.shell.leave();
    }

    /// Makes a request of this type, with these fields of a plain object; the promise of
    /// its answer, a plain object.
    ///
    /// # Errors
    /// UNKNOWN_TYPE where there is no such request, INVALID_FIELD with the field, MALFORMED,
    /// TOO_DEEP, NOT_CONNECTED, RATE_LIMITED; and what a system refuses on the server's
    /// behalf.
    pub fn request(&self, name: &str, fields: &JsValue) -> Result<Promise, JsValue> {
        let fields = from_js(fields)?;
        Ok(self.shell.request(|session| session.ask(name, fields, runtime::now()))?)
    }

    /// What is kept under this name: `party`, `invitations`, `muted`, or `messages:` and a
    /// channel.
    ///
    /// # Errors
    /// INVALID_FIELD where nothing is kept under it.
    pub fn kept(&self, name: &str) -> Result<JsValue, JsValue> {
        let kept = self.shell.read(|session| session.systems().show(name, runtime::now()));
        let nothing = || Err(Refusal::field("name", format!("Nothing is kept as {name}.")).into());
        Ok(shown(&kept.unwrap_or_else(nothing)?)?)
    }

    /// Says where the character is (metres) and how it moves (metres a second); without the
    /// latter the client measures it.
    ///
    /// # Errors
    /// INVALID_FIELD.
    #[wasm_bindgen(js_name = sendPositionUpdate)]
    pub fn send_position_update(
        &self,
        x: f64,
        y: f64,
        z: f64,
        vx: Option<f64>,
        vy: Option<f64>,
        vz: Option<f64>,
    ) -> Result<(), JsValue> {
        let finite = |vector: Option<Vec3>, field| {
            vector.ok_or_else(|| Failure::from(Refusal::field(field, "Coordinates must be finite numbers.")))
        };
        let position = finite(Vec3::from_metres(x, y, z), "position")?;
        let now = runtime::now();
        if vx.is_none() && vy.is_none() && vz.is_none() {
            self.shell.with(|session| session.walk_to(position, now));
        } else {
            let [vx, vy, vz] = [vx, vy, vz].map(Option::unwrap_or_default);
            let velocity = finite(Vec3::from_metres(vx, vy, vz), "velocity")?;
            self.shell.with(|session| session.walk(position, velocity, now));
        }
        Ok(())
    }

    /// Where the other players are at this moment, as plain numbers: JavaScript makes the
    /// objects for 200 players at every frame more cheaply than this side would. First the
    /// roster's version and the location (0 outside the world), then for each player of the
    /// roster x, y, z, vx, vy, vz and when it was last heard of.
    #[wasm_bindgen(js_name = nearbyMotions)]
    pub fn nearby_motions(&self) -> Vec<f64> {
        self.shell.read(|session| {
            let mut numbers = Vec::with_capacity(2 + 7 * session.roster().len());
            numbers.extend([f64::from(session.roster_version()), 0.0]);
            for seen in session.nearby(runtime::now()) {
                if let [_, location, ..] = numbers.as_mut_slice() {
                    *location = seen.location_id.get() as f64;
                }
                let (at, by) = (seen.position, seen.velocity);
                numbers.extend([at.x, at.y, at.z, by.x, by.y, by.z, seen.last_seen.0 as f64]);
            }
            numbers
        })
    }

    /// Who else is here, in the order of [`Self::nearby_motions`]; changes with its version.
    ///
    /// # Errors
    /// None in practice.
    #[wasm_bindgen(js_name = nearbyRoster)]
    pub fn nearby_roster(&self) -> Result<JsValue, JsValue> {
        Ok(self.shell.read(|session| to_js(&session.roster().collect::<Vec<&Who>>()))?)
    }

    /// Milliseconds to the server and back, lately; undefined before they were measured.
    #[wasm_bindgen(getter)]
    pub fn latency(&self) -> Option<f64> {
        self.shell.read(Session::round_trip)
    }

    /// The server's time in milliseconds since 1970; undefined before it was heard of.
    #[wasm_bindgen(js_name = serverTime)]
    pub fn server_time(&self) -> Option<f64> {
        self.shell.read(|session| session.server_time(runtime::now())).map(|time| time.0 as f64)
    }

    /// The player's own character, or null outside the world.
    ///
    /// # Errors
    /// None in practice.
    #[wasm_bindgen(getter, js_name = self)]
    pub fn own(&self) -> Result<JsValue, JsValue> {
        Ok(to_js(&self.shell.read(|session| session.own(runtime::now())))?)
    }

    /// The state of the realm.
    #[wasm_bindgen(js_name = getWorldState)]
    pub fn get_world_state(&self) -> Promise {
        promise(&self.shell, |shell| async move {
            to_js(&Request::get(&shell.server, path::WORLD_STATE).send().await?.read::<WorldState>()?)
        })
    }

    /// The twelve shards and who holds them.
    #[wasm_bindgen(js_name = getShardStatus)]
    pub fn get_shard_status(&self) -> Promise {
        promise(&self.shell, |shell| async move {
            to_js(&Request::get(&shell.server, path::SHARDS).send().await?.read::<Shards>()?.shards)
        })
    }

    /// What happened in the realm, the newest first; `cursor` is where the last
    /// page ended.
    #[wasm_bindgen(js_name = getEvents)]
    pub fn get_events(&self, limit: Option<f64>, cursor: Option<String>) -> Promise {
        promise(&self.shell, move |shell| async move {
            let path = events_path(limit, cursor.as_deref())?;
            let events = to_js(&Request::get(&shell.server, &path).send().await?.read::<Events>()?)?;
            // The last page has no cursor.
            if get(&events, "next_cursor").is_null() {
                let _ = Reflect::delete_property(events.unchecked_ref::<js_sys::Object>(), &"next_cursor".into());
            }
            Ok(events)
        })
    }

    /// Milliseconds to the server and back.
    ///
    /// # Errors
    /// NOT_CONNECTED.
    pub fn ping(&self) -> Result<Promise, JsValue> {
        let begun = runtime::stopwatch();
        let nothing = Value::Object(Vec::new());
        let answered = self.shell.request(|session| session.ask("ping", nothing, runtime::now()))?;
        Ok(future_to_promise(async move {
            JsFuture::from(answered).await?;
            let tenths = ((runtime::stopwatch() - begun) * 10.0).round();
            Ok((tenths / 10.0).into())
        }))
    }

    /// Calls the handler with every event of a type; the number is for `off`.
    pub fn on(&self, event: String, handler: Function) -> u32 {
        let subscription = self.shell.subscriptions.add(event, handler);
        self.shell.subscribed();
        subscription
    }

    /// Ends a subscription.
    pub fn off(&self, subscription: u32) {
        self.shell.subscriptions.remove(subscription);
        self.shell.subscribed();
    }
}

impl Drop for RawClient {
    fn drop(&mut self) {
        self.shell.leave();
    }
}
