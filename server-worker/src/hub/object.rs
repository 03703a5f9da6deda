//! The shell of a Hub: sockets in, sockets out.

mod perform;

use super::{
    outbox::{Event, Outbox, Shown},
    rows::Rows,
    settings::Settings,
    sockets::{attachment, connection::ConnectionId},
    state, store,
    stream::log::Logged,
};
use crate::{
    calls::{
        hub::{
            Deliver, Delivery, Displaced, EndSession, EnterWorld, Holds, HubCall, Open, RenewSession, Silence, Stop,
            answer_of_nobody, number_of,
        },
        world,
    },
    damage::{self, Class},
    effect::{Reply, reply, to_json},
    runtime::{
        alarm::Alarm,
        boot,
        call::call,
        clock,
        damage::report,
        db::{Db, Fault},
        entropy::System,
        hashing, settings,
        sockets::{self, Looks, RawSocket, RawState, Sent},
    },
};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{Encoding, Frame},
    crypto::token::{ResumeToken, Ticket},
    entropy::Entropy,
    ids::CharacterId,
    limits::{BACKLOG_SKIPS, MAX_CLIENT_FRAME},
    protocol::{SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON},
    time::Millis,
};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    time::Duration,
};
use wasm_bindgen::prelude::*;
use worker::{
    Delay, DurableObject, Env, Request, Response, Result, State, WebSocketPair, console_error, durable_object,
};

/// The object that holds the sockets of up to 500 players; every location is in it.
// The binding exports only `fetch` and `alarm`. Its handlers of sockets would make a promise and
// a task of every message; ours, below, are plain functions.
#[durable_object(alarm)]
pub struct Hub(Rc<Inner>);

// The memory is taken out while the hub decides. A panic leaves none, and it is rebuilt from the
// rows and the sockets' attachments.
impl std::panic::UnwindSafe for Hub {}
impl std::panic::RefUnwindSafe for Hub {}

struct Inner {
    state: State,
    itself: RawState,
    env: Env,
    db: Db,
    alarm: Alarm,
    memory: RefCell<Option<Box<state::Hub>>>,
    sockets: RefCell<HashMap<ConnectionId, Sent>>,
    looks: Looks,
    /// Used again for every event.
    outbox: RefCell<Option<Box<Outbox>>>,
    /// Used again for every binary message.
    inbound: RefCell<Vec<u8>>,
    timer: Timer,
    /// Reliable messages that could not be stored, until the hub has decided what follows from
    /// that.
    unstored: RefCell<Vec<Rc<Logged>>>,
    /// Whether its storage is damaged: then it has no memory and no sockets any more, and answers
    /// as a hub that holds nobody.
    damaged: Cell<bool>,
}

/// A tick that is this late, in milliseconds, comes with the next event instead of with its
/// timer.
const LATE_TICK: u64 = 5;

/// The time between two calls about sessions that are in use, in milliseconds: each wakes an
/// account, and many together would hold the thread for seconds.
const IN_USE_PACE: u64 = 40;

/// The one timer that waits for the next tick.
#[derive(Default)]
struct Timer {
    due: Cell<Option<Millis>>,
    /// How often the clock had jumped when the timer was set. The runtime's timers wait in the
    /// order of the real clock, so a timer from before the clock was set back waits behind all
    /// others.
    jumps: Cell<u64>,
    /// The number of the timer that counts: a tick that is due earlier sets another timer.
    number: Cell<u64>,
}

impl Timer {
    /// Gives up the timer that is waited for: when it fires, it does not count.
    fn cancel(&self) {
        self.number.set(self.number.get() + 1);
        self.due.set(None);
    }
}

impl Inner {
    /// The hub's number, which its name ends with.
    fn number(&self) -> u32 {
        self.state.id().name().and_then(|name| number_of(&name)).unwrap_or(0)
    }

    /// Rebuilds the memory after a sleep: every entry point calls this first. A hub whose storage
    /// is damaged stays without memory.
    fn ensure_loaded(self: &Rc<Self>) {
        if self.damaged.get() || self.memory.borrow().is_some() {
            return;
        }
        let db = &self.db;
        // The schema comes first: with it, the time is raised to what this hub has stored of it.
        let load = || store::load(db, boot::began(), clock::now());
        let rows = store::migrate(db).and_then(|()| load()).unwrap_or_else(|fault| {
            self.report(&fault);
            Rows::default()
        });
        if self.damaged.get() {
            return self.give_up();
        }
        let now = clock::now();
        let mut connections = Vec::new();
        let mut found = HashMap::new();
        for socket in self.state.get_websockets() {
            let socket = sockets::raw(&socket);
            match socket.attachment().and_then(|bytes| attachment::read(&bytes, now)) {
                Some(connection) => {
                    // How much it had been sent is forgotten, so its backlog is looked at.
                    self.looks.look_at(connection.id);
                    socket.set_id(connection.id.0);
                    found.insert(connection.id, Sent::from(socket));
                    connections.push(connection);
                }
                // The attachment is another build's: the client comes back.
                None => socket.close(1012, "restarting"),
            }
        }
        self.sockets.replace(found);
        // The defaults do no harm: without a configuration the edge lets nobody in.
        let settings = settings::read(&self.env).map(|config| Settings::of(&config)).unwrap_or_default();
        let hub = state::Hub::restore(self.number(), settings, connections, rows, now);
        self.memory.replace(Some(Box::new(hub)));
    }

    /// Logs a fault of the storage, and notes if it is damage.
    fn report(&self, fault: &Fault) {
        if report(&self.state, Class::Hub, fault).0 == damage::Fault::Damaged {
            self.damaged.set(true);
        }
    }

    /// Logs the fault if something could not be stored. It is known in memory alone then: after a
    /// crash its player comes back by a ticket.
    fn stored(&self, stored: std::result::Result<(), Fault>) {
        if let Err(fault) = stored {
            self.report(&fault);
        }
    }

    /// The storage is damaged: everybody is sent away, to come back to another hub.
    fn give_up(self: &Rc<Self>) {
        self.memory.take();
        self.timer.cancel();
        self.sockets.take();
        for socket in self.state.get_websockets() {
            let socket = sockets::raw(&socket);
            socket.detach();
            let code = ErrorCode::Restarting;
            socket.close(code.info().close.unwrap_or(1012), code.as_str());
        }
        self.spawn(async move |inner| {
            // If this does not arrive, the next call that finds the hub damaged tells World.
            let _ = call(&inner.env, &world::object_name(), world::Retire { hub: inner.number() }).await;
        });
    }

    /// Whether a character is in the world on this connection.
    fn holds(self: &Rc<Self>, character: CharacterId, connection: u64) -> bool {
        self.ensure_loaded();
        self.memory.borrow().as_ref().is_some_and(|hub| hub.holds(character, connection))
    }

    /// Decides about an event and performs what was decided. Before that it does so for the
    /// sockets whose backlog it is time to look at.
    fn handle(self: &Rc<Self>, event: Event<'_>) {
        self.ensure_loaded();
        let looked = self.looks.look(&self.sockets.borrow(), clock::now());
        for (id, bytes) in looked {
            // A socket that is behind is looked at until it has caught up.
            if bytes > BACKLOG_SKIPS / 2 {
                self.looks.look_at(id);
            }
            if bytes > BACKLOG_SKIPS || self.is_behind(id) {
                self.decide(Event::Backlog(id, bytes));
            }
        }
        self.decide(event);
    }

    fn is_behind(&self, id: ConnectionId) -> bool {
        self.memory.borrow().as_ref().and_then(|hub| hub.connection(id)).is_some_and(|one| one.behind)
    }

    fn decide(self: &Rc<Self>, event: Event<'_>) {
        let Some(mut hub) = self.memory.take() else { return };
        let now = clock::now();
        hashing::hubs_are_busy(now);
        let mut out = self.outbox.take().unwrap_or_default();
        out.reset(now);
        hub.handle(event, &mut out);
        let (deadline, tick) = (hub.next_deadline(), hub.next_timer());
        self.memory.replace(Some(hub));
        let mut effects = std::mem::take(&mut out.effects);
        for effect in effects.drain(..) {
            self.perform(effect, &out);
        }
        out.effects = effects;
        self.outbox.replace(Some(out));
        if self.damaged.get() {
            return self.give_up();
        }
        self.alarm.set(&self.state, deadline);
        if let Some(due) = tick {
            self.tick_at(due, now);
        }
        let unstored = self.unstored.take();
        if !unstored.is_empty() {
            self.decide(Event::Unstored(unstored));
        }
        // Timers wait behind messages: without this, a hub that hears more than it can keep up
        // with would never tick, and tell nobody anything.
        if self.timer.due.get().is_some_and(|due| now.since(due) >= LATE_TICK) {
            self.timer.cancel();
            self.handle(Event::Tick);
        }
    }

    /// Waits for a tick, unless an earlier one is waited for already. While nothing moves there
    /// is no tick to wait for, and the hub may sleep.
    fn tick_at(self: &Rc<Self>, due: Millis, now: Millis) {
        let jumps = clock::jumps();
        let is_good = self.timer.jumps.replace(jumps) == jumps;
        if is_good && self.timer.due.get().is_some_and(|earlier| earlier <= due) {
            return;
        }
        let number = self.timer.number.get() + 1;
        self.timer.number.set(number);
        self.timer.due.set(Some(due));
        self.spawn(async move |inner| {
            Delay::from(Duration::from_millis(due.since(now))).await;
            if inner.timer.number.get() == number {
                inner.timer.due.set(None);
                inner.handle(Event::Tick);
            }
        });
    }

    /// Accepts a socket that the edge has let through; what the edge knows of it
    /// is in the query.
    fn open(self: &Rc<Self>, request: &Request) -> Result<Response> {
        self.ensure_loaded();
        if self.damaged.get() {
            return refusal_response(ErrorCode::StorageCorrupt);
        }
        let url = request.url()?;
        let known = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let address = known("address").unwrap_or_default();
        let shown = match (known("ticket"), known("resume")) {
            (Some(ticket), _) => self.use_ticket(&ticket).map(Shown::Ticket),
            (None, Some(token)) => self.read_resume_token(&token).map(Shown::Resume),
            (None, None) if known("protocol").is_none() => Some(Shown::FirstGeneration),
            (None, None) => Some(Shown::Nothing),
        };
        let Some(shown) = shown else { return refusal_response(ErrorCode::InvalidTicket) };
        let stopping = self.memory.borrow().as_ref().is_some_and(|hub| hub.is_stopping(clock::now()));
        let room = self.memory.borrow().as_ref().map_or(Ok(()), |hub| hub.make_room(&address, &shown));
        if let Err(refusal) = if stopping { Err(ErrorCode::Overloaded.into()) } else { room } {
            return refusal_response(refusal.code);
        }
        let encoding = if known("encoding").as_deref() == Some("binary") { Encoding::Binary } else { Encoding::Json };
        let WebSocketPair { client, server } = WebSocketPair::new()?;
        self.state.accept_web_socket(&server);
        // 52 random bits are exact as a JavaScript number, and such a number is what the socket
        // carries.
        let id = ConnectionId(System.next_u64() >> 12);
        let server = sockets::raw(&server);
        server.set_id(id.0);
        self.sockets.borrow_mut().insert(id, Sent::from(server));
        self.handle(Event::Opened { id, encoding, address, shown });
        let mut response = Response::from_websocket(client)?;
        if let Some(protocol) =
            known("protocol").filter(|name| [SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON].contains(&name.as_str()))
        {
            response.headers_mut().set("Sec-WebSocket-Protocol", &protocol)?;
        }
        // Frames are small and the runtime's compression is not free: none is negotiated.
        response.headers_mut().set("Sec-WebSocket-Extensions", "")?;
        Ok(response)
    }

    /// A token that is ours and for this hub.
    fn read_resume_token(&self, text: &str) -> Option<ResumeToken> {
        let config = settings::read(&self.env).ok()?;
        ResumeToken::parse(text, config.server_secret.as_bytes()).filter(|token| token.hub == self.number())
    }

    /// A ticket that is ours, good, for this hub, and shown for the first time.
    fn use_ticket(&self, text: &str) -> Option<Ticket> {
        let config = settings::read(&self.env).ok()?;
        let now = clock::now();
        let ticket = Ticket::parse(text, config.server_secret.as_bytes(), now)?;
        if ticket.hub != self.number() {
            return None;
        }
        let is_new = self.memory.borrow_mut().as_mut().is_some_and(|hub| hub.use_ticket(&ticket));
        is_new.then_some(ticket)
    }

    /// A socket has come to its end: on purpose, or it is lost.
    fn closed(self: &Rc<Self>, socket: &RawSocket, on_purpose: bool) {
        self.ensure_loaded();
        if let Some(id) = id_of(socket) {
            self.sockets.borrow_mut().remove(&id);
            // Its end is told once, whatever the runtime says of it later.
            socket.detach();
            self.handle(if on_purpose { Event::Closed(id) } else { Event::Lost(id) });
        }
    }
}

fn id_of(socket: &RawSocket) -> Option<ConnectionId> {
    let id = socket.id().map(ConnectionId);
    id.or_else(|| {
        // After a sleep the runtime has another JS object for the same socket.
        let connection = attachment::read(&socket.attachment()?, clock::now())?;
        socket.set_id(connection.id.0);
        Some(connection.id)
    })
}

fn refusal_response(code: ErrorCode) -> Result<Response> {
    // The edge puts the refusal into words; the code is what it reads.
    Ok(Response::ok(code.as_str())?.with_status(code.info().status))
}

impl DurableObject for Hub {
    fn new(state: State, env: Env) -> Self {
        let (state, itself) = sockets::raw_state(state);
        Self(Rc::new(Inner {
            db: Db::of(&state),
            state,
            itself,
            env,
            alarm: Alarm::default(),
            memory: RefCell::default(),
            sockets: RefCell::default(),
            looks: Looks::default(),
            outbox: RefCell::default(),
            inbound: RefCell::default(),
            timer: Timer::default(),
            unstored: RefCell::default(),
            damaged: Cell::new(false),
        }))
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        if request.path() == "/socket" {
            return self.0.open(&request);
        }
        let body = request.text().await?;
        self.0.ensure_loaded();
        let reply = match serde_json::from_str::<HubCall>(&body) {
            Ok(call) if self.0.damaged.get() => answer_of_nobody(call),
            Ok(HubCall::Open(_)) => reply::<Open>(Ok(true)),
            Ok(HubCall::EndSession(call)) => {
                self.0.handle(Event::SessionEnded(call.session, call.code));
                reply::<EndSession>(Ok(()))
            }
            Ok(HubCall::Holds(call)) => reply::<Holds>(Ok(self.0.holds(call.character, call.connection))),
            Ok(HubCall::Displaced(call)) => {
                self.0.handle(Event::Displaced(call.character, call.connection));
                reply::<Displaced>(Ok(()))
            }
            Ok(HubCall::Deliver(call)) => {
                self.0.ensure_loaded();
                let places: Vec<_> = call.deliveries.iter().flat_map(Delivery::places).copied().collect();
                let absent = self.0.memory.borrow().as_ref().map(|hub| hub.absent(&places)).unwrap_or_default();
                self.0.handle(Event::Delivered(call.deliveries));
                reply::<Deliver>(Ok(absent))
            }
            Ok(HubCall::Silence(call)) => {
                self.0.handle(Event::Silenced(call.session, call.until));
                reply::<Silence>(Ok(()))
            }
            Ok(HubCall::RenewSession(call)) => {
                self.0.handle(Event::SessionRenewed(call.old, call.new));
                reply::<RenewSession>(Ok(()))
            }
            Ok(HubCall::EnterWorld(call)) => {
                self.0.handle(Event::Selected(call.session, call.character));
                reply::<EnterWorld>(Ok(()))
            }
            Ok(HubCall::Stop(_)) => {
                self.0.handle(Event::Stopping);
                reply::<Stop>(Ok(()))
            }
            Err(error) => {
                console_error!("Hub: undecodable call: {error}");
                Reply(to_json(&Err::<(), _>(Refusal::new(ErrorCode::Internal))))
            }
        };
        Response::ok(reply.0)
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm.fired();
        self.0.handle(Event::Alarm);
        Response::empty()
    }
}

// The runtime's handlers of sockets. They are plain functions, so that two messages of
// one socket cannot overtake each other.
#[wasm_bindgen]
impl Hub {
    /// A message came.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn message(&self, socket: &RawSocket, message: &JsValue) {
        let Some(id) = id_of(socket) else { return };
        if message.is_string() {
            let text = message.as_string().unwrap_or_default();
            return self.0.handle(Event::Frame(id, Frame::Text(&text)));
        }
        let mut bytes = self.0.inbound.take();
        sockets::read(message, MAX_CLIENT_FRAME, &mut bytes);
        self.0.handle(Event::Frame(id, Frame::Binary(&bytes)));
        self.0.inbound.replace(bytes);
    }

    /// A socket was closed by its other end, or is lost.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn close(&self, socket: &RawSocket, code: u16) {
        self.0.closed(socket, matches!(code, 1000 | 1001 | 1005));
        // A close that is not answered stays half open; these codes may not be sent.
        socket.close(if matches!(code, 1005 | 1006 | 1015) { 1000 } else { code }, "");
    }

    /// A socket has failed.
    #[wasm_bindgen(js_name = webSocketError)]
    pub fn error(&self, socket: &RawSocket, error: &JsValue) {
        console_error!("socket: {error:?}");
        self.0.closed(socket, false);
    }
}
