//! What JavaScript calls: the raw client, which the TypeScript facade
//! (`npm/src/client.ts`) wraps. What is exported here is declared once more in
//! `npm/src/wasm/shardlink_client.d.ts`.

use super::{
    perform::{Host, Shell},
    runtime::{self, Browser},
    value::{from_js, shown, to_js},
};
use crate::logic::{failure::Failure, nearby::Who, session::Session, token::Token};
use js_sys::Promise;
use shardlink_shared::{Refusal, codec::table::Value, vector::Vec3};
use std::{borrow::Cow, cell::RefCell, rc::Rc};
use wasm_bindgen::prelude::*;

/// A client's connection to the world of one server.
#[wasm_bindgen]
pub struct RawClient {
    shell: Rc<Shell>,
    positions: RefCell<Vec<f64>>,
}

#[wasm_bindgen]
impl RawClient {
    /// A client of the server whose socket has this address. It shows others
    /// `interpolation_delay` milliseconds in the past, from 0 to 1,000.
    #[wasm_bindgen(constructor)]
    pub fn new(socket_url: String, interpolation_delay: u32, host: Host) -> RawClient {
        let shell = Shell::new(socket_url, host);
        shell.with(|session| session.set_interpolation_delay(interpolation_delay.into()));
        Self { shell, positions: RefCell::default() }
    }

    /// Enters the world with a ticket; the promise of the character. Who is in the world leaves
    /// it first.
    ///
    /// # Errors
    /// BAD_RESPONSE for what is no ticket.
    pub fn enter(&self, ticket: &str) -> Result<Promise, JsValue> {
        let ticket = Token::parse(ticket).ok_or_else(Failure::bad_response)?;
        Ok(self.shell.enter(ticket))
    }

    /// Leaves the world.
    pub fn leave(&self) {
        self.shell.with(Session::leave);
    }

    /// The ticket that `Host.askTicket` has asked for in this attempt.
    pub fn ticket(&self, attempt: u32, ticket: &str) {
        let ticket = Token::parse(ticket).ok_or_else(Failure::bad_response);
        self.shell.with(|session| session.ticket(attempt, ticket, runtime::now(), &mut Browser));
    }

    /// Why there is no ticket for this attempt: a code and its sentence, and the seconds to
    /// wait, if the server named them.
    #[wasm_bindgen(js_name = noTicket)]
    pub fn no_ticket(&self, attempt: u32, code: String, message: String, retry_after: Option<f64>) {
        let failure = Failure { code: Cow::Owned(code), message, field: None, retry_after };
        self.shell.with(|session| session.ticket(attempt, Err(failure), runtime::now(), &mut Browser));
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

    /// Writes where the other players are at this moment into numbers that the facade looks at
    /// in place, so that reading 200 players at every frame leaves nothing behind: first the
    /// roster's version and the location (0 outside the world), then for each player of the
    /// roster its id, x, y, z, vx, vy, vz and when it was last heard of. Gives the address of the
    /// numbers, which the next call changes; their count is [`Self::positions_count`].
    #[wasm_bindgen(js_name = writePositions)]
    pub fn write_positions(&self) -> *const f64 {
        let mut numbers = self.positions.borrow_mut();
        numbers.clear();
        self.shell.read(|session| {
            let location = session.location().map_or(0.0, |location| location.get() as f64);
            numbers.extend([f64::from(session.roster_version()), location]);
            for seen in session.nearby(runtime::now()) {
                let (at, by) = (seen.position, seen.velocity);
                let id = seen.who.character_id.get() as f64;
                numbers.extend([id, at.x, at.y, at.z, by.x, by.y, by.z, seen.last_seen.0 as f64]);
            }
        });
        numbers.as_ptr()
    }

    /// How many numbers [`Self::write_positions`] has written.
    #[wasm_bindgen(getter, js_name = positionsCount)]
    pub fn positions_count(&self) -> usize {
        self.positions.borrow().len()
    }

    /// Who else is here, in the order of [`Self::write_positions`]; changes with its version.
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

    /// Asks the server for a sign of life; the promise of its answer.
    ///
    /// # Errors
    /// NOT_CONNECTED.
    pub fn ping(&self) -> Result<Promise, JsValue> {
        let nothing = Value::Object(Vec::new());
        Ok(self.shell.request(|session| session.ask("ping", nothing, runtime::now()))?)
    }

    /// Whether position frames are events: twenty a second are made for nobody.
    #[wasm_bindgen(js_name = hearFrames)]
    pub fn hear_frames(&self, heard: bool) {
        self.shell.with(|session| session.hear_frames(heard));
    }
}

impl Drop for RawClient {
    fn drop(&mut self) {
        self.leave();
    }
}
