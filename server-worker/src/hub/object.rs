//! The shell of a Hub: sockets in, sockets out.

use super::{
    attachment,
    connection::{ConnectionId, Identity},
    logic,
    outbox::{Answer, Effect, Event, Outbox, Question, visit},
    store,
};
use crate::{
    calls::{
        character,
        hub::{EndSession, EnterWorld, HubCall, RenewSession},
        world,
    },
    config::Config,
    effect::{Reply, reply, to_json},
    runtime::{
        alarm::Alarm,
        call::call,
        clock,
        db::Db,
        entropy::System,
        hashing, settings,
        sockets::{self, attach},
    },
    service,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{Encoding, Frame},
    crypto::token::Ticket,
    entropy::Entropy,
    limits::{MAX_PENDING, MAX_PENDING_PER_ADDRESS},
    protocol::{RequestId, SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON, account::AuthRequest},
    text::Password,
};
use std::{cell::RefCell, collections::HashMap, rc::Rc};
use worker::worker_sys::WebSocketRequestResponsePair;
use worker::{
    DurableObject, Env, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    console_error, durable_object,
};

/// A layer of the whole realm, with the sockets of its players.
#[durable_object]
pub struct Hub(Rc<Inner>);

// The memory is taken out while deciding; a panic leaves none, and it is
// rebuilt from the sockets' attachments.
impl std::panic::UnwindSafe for Hub {}
impl std::panic::RefUnwindSafe for Hub {}

struct Inner {
    state: State,
    env: Env,
    alarm: Alarm,
    memory: RefCell<Option<logic::Hub>>,
    sockets: RefCell<HashMap<ConnectionId, WebSocket>>,
}

impl Inner {
    /// The hub's number, which its name ends with.
    fn number(&self) -> u32 {
        let name = self.state.id().name().unwrap_or_default();
        name.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// Rebuilds the memory after a sleep: called first by every entry.
    fn ensure_loaded(&self) {
        if self.memory.borrow().is_some() {
            return;
        }
        if let Err(fault) = store::migrate(&Db::of(&self.state)) {
            console_error!("Hub: {fault}");
        }
        let now = clock::now();
        let mut connections = Vec::new();
        let mut found = HashMap::new();
        for socket in self.state.get_websockets() {
            match sockets::attachment(&socket).and_then(|bytes| attachment::read(&bytes, now)) {
                Some(connection) => {
                    found.insert(connection.id, socket);
                    connections.push(connection);
                }
                // An attachment of another build: the client comes back.
                None => drop(socket.close(Some(1012), Some("restarting"))),
            }
        }
        self.sockets.replace(found);
        self.memory.replace(Some(logic::Hub::restore(self.number(), connections, now)));
    }

    /// Decides about an event, then performs what was decided.
    fn handle(self: &Rc<Self>, event: Event<'_>) {
        self.ensure_loaded();
        let Some(mut hub) = self.memory.take() else { return };
        let now = clock::now();
        hashing::hubs_are_busy(now);
        let mut out = Outbox::new(now);
        hub.handle(event, &mut out);
        let deadline = hub.next_deadline();
        self.memory.replace(Some(hub));
        for effect in out.effects {
            self.perform(effect);
        }
        self.alarm.set(&self.state, deadline);
    }

    fn perform(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Send(to, frame) => {
                let shared = sockets::shared(&frame);
                let sockets = self.sockets.borrow();
                for socket in to.iter().filter_map(|id| sockets.get(id)) {
                    sockets::send(socket, &shared);
                }
            }
            Effect::Attach(id) => {
                let memory = self.memory.borrow();
                let bytes = memory.as_ref().and_then(|hub| hub.connection(id)).map(attachment::write);
                if let (Some(bytes), Some(socket)) = (bytes, self.sockets.borrow().get(&id))
                    && let Err(error) = attach(socket, &bytes)
                {
                    console_error!("attachment: {error:?}");
                }
            }
            Effect::Close(id, code) => self.close(id, code.info().close.unwrap_or(1008), code.as_str()),
            Effect::Goodbye(id) => self.close(id, 1000, "goodbye"),
            Effect::Ask(id, request, question) => self.ask(id, request, question),
            Effect::Left { character, visit, location } => self.spawn(async move |inner| {
                let leave = character::Leave { visit, location };
                // Should this fail, the lease ends by itself.
                let _ = call(&inner.env, &character::object_name(character), leave).await;
            }),
            Effect::Staying(staying) => self.spawn(async move |inner| {
                for (character, visit, location) in staying {
                    let stay = character::Stay { visit, location };
                    let _ = call(&inner.env, &character::object_name(character), stay).await;
                }
            }),
            Effect::InUse(identities) => self.spawn(async move |inner| {
                for identity in identities {
                    let used = service::authenticate(&inner.env, identity, None).await;
                    if used.is_err_and(|refusal| refusal.code == ErrorCode::SessionExpired) {
                        inner.handle(Event::SessionEnded(identity.session, ErrorCode::SessionExpired));
                    }
                }
            }),
            Effect::Report(population) => self.spawn(async move |inner| {
                let report = world::Report { hub: inner.number(), population };
                let _ = call(&inner.env, &world::object_name(), report).await;
            }),
        }
    }

    fn close(&self, id: ConnectionId, code: u16, reason: &str) {
        if let Some(socket) = self.sockets.borrow_mut().remove(&id) {
            // A socket that is closing already refuses: its close event follows.
            let _ = socket.close(Some(code), Some(reason));
        }
    }

    fn spawn<F: Future<Output = ()> + 'static>(self: &Rc<Self>, task: impl FnOnce(Rc<Self>) -> F + 'static) {
        self.state.wait_until(task(Rc::clone(self)));
    }

    /// Asks other objects; the answer comes back as an event.
    fn ask(self: &Rc<Self>, id: ConnectionId, request: Option<RequestId>, question: Question) {
        let awaited = question.is_awaited();
        self.spawn(async move |inner| {
            let answer = match settings::read(&inner.env) {
                Ok(config) => inner.find_out(&config, id, question).await,
                Err(refusal) => Err(refusal),
            };
            inner.handle(Event::Answered { id, request, awaited, answer });
        });
    }

    async fn find_out(&self, config: &Config, id: ConnectionId, question: Question) -> service::Result<Answer> {
        let env = &self.env;
        match question {
            Question::Authenticate(auth) => self.authenticate(config, id, auth).await,
            Question::Redeem(ticket) => {
                let identity = Identity { session: ticket.session, player: ticket.player };
                self.admit(id, identity, None).await
            }
            Question::Select(identity, character) => {
                service::select_character(env, identity, character).await?;
                let sheet = service::enter(env, identity.player, character, visit(self.number(), id)).await?;
                Ok(Answer::Entered(Box::new(sheet)))
            }
            Question::Inventory(identity, character) => {
                service::inventory(env, identity, character).await.map(Answer::Inventory)
            }
            Question::List(identity) => service::list_characters(env, identity).await.map(Answer::Characters),
            Question::Create(identity, create) => {
                service::create_character(env, identity, create).await.map(|sheet| Answer::Created(Box::new(sheet)))
            }
            Question::Delete(identity, character) => {
                service::delete_character(env, identity, character).await?;
                service::list_characters(env, identity).await.map(Answer::Characters)
            }
        }
    }

    async fn authenticate(&self, config: &Config, id: ConnectionId, auth: AuthRequest) -> service::Result<Answer> {
        // A token wins over a password, whatever that is.
        if let Some(token) = &auth.session_token {
            return self.admit(id, service::identify(config, token.reveal())?, None).await;
        }
        let password = auth.password.ok_or(ErrorCode::BadCredentials)?;
        let password = Password::parse(password.reveal()).map_err(|_| ErrorCode::BadCredentials)?;
        let address = self.memory.borrow().as_ref().and_then(|hub| Some(hub.connection(id)?.address.clone()));
        let address = address.unwrap_or_default();
        let proof = service::Proof::Password(password);
        let signed_in = service::sign_in(&self.env, config, &address, &auth.username, proof).await?;
        self.admit(id, signed_in.identity, Some(signed_in.token)).await
    }

    /// The session must be good, and if it has selected a character, that
    /// enters the world.
    async fn admit(&self, id: ConnectionId, identity: Identity, token: Option<String>) -> service::Result<Answer> {
        let number = self.number();
        let authenticated = service::authenticate(&self.env, identity, Some(number)).await?;
        let sheet = match authenticated.character {
            Some(character) => {
                Some(Box::new(service::enter(&self.env, identity.player, character, visit(number, id)).await?))
            }
            None => None,
        };
        Ok(Answer::Admitted { identity, token, sheet })
    }

    /// Accepts a socket that the edge has let through; what the edge knows of it
    /// stands in the query.
    fn open(self: &Rc<Self>, request: &Request) -> Result<Response> {
        self.ensure_loaded();
        let url = request.url()?;
        let known = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let address = known("address").unwrap_or_default();
        let (pending, from_address) =
            self.memory.borrow().as_ref().map(|hub| hub.pending(&address)).unwrap_or_default();
        if pending >= MAX_PENDING || from_address >= MAX_PENDING_PER_ADDRESS {
            return refusal_response(ErrorCode::Overloaded);
        }
        let ticket = match known("ticket") {
            None => None,
            Some(ticket) => match self.use_ticket(&ticket) {
                Some(ticket) => Some(ticket),
                None => return refusal_response(ErrorCode::InvalidTicket),
            },
        };
        let encoding = if known("encoding").as_deref() == Some("binary") { Encoding::Binary } else { Encoding::Json };
        let WebSocketPair { client, server } = WebSocketPair::new()?;
        // Heartbeats are answered by the runtime, without waking the hub.
        self.state.set_websocket_auto_response(&WebSocketRequestResponsePair::new("ping", "pong")?);
        self.state.accept_web_socket(&server);
        // 52 random bits: exact as a JavaScript number, which the socket carries.
        let id = ConnectionId(System.next_u64() >> 12);
        sockets::set_id(&server, id.0);
        self.sockets.borrow_mut().insert(id, server);
        self.handle(Event::Opened { id, encoding, address, ticket });
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

    /// A ticket that is ours, good, for this hub, and shown for the first time.
    fn use_ticket(&self, text: &str) -> Option<Ticket> {
        let config = settings::read(&self.env).ok()?;
        let now = clock::now();
        let ticket = Ticket::parse(text, config.server_secret.as_bytes(), now)?;
        if ticket.hub != self.number() {
            return None;
        }
        match store::use_ticket(&Db::of(&self.state), &ticket, now) {
            Ok(is_new) => is_new.then_some(ticket),
            Err(fault) => {
                console_error!("Hub: {fault}");
                None
            }
        }
    }

    fn id_of(&self, socket: &WebSocket) -> Option<ConnectionId> {
        let id = sockets::id(socket).map(ConnectionId);
        id.or_else(|| {
            // Another JS object for the same socket, after a sleep.
            let connection = attachment::read(&sockets::attachment(socket)?, clock::now())?;
            sockets::set_id(socket, connection.id.0);
            Some(connection.id)
        })
    }

    fn closed(self: &Rc<Self>, socket: &WebSocket) {
        self.ensure_loaded();
        if let Some(id) = self.id_of(socket) {
            self.sockets.borrow_mut().remove(&id);
            self.handle(Event::Closed(id));
        }
    }
}

fn refusal_response(code: ErrorCode) -> Result<Response> {
    // The edge words it; this is what it reads.
    Ok(Response::ok(code.as_str())?.with_status(code.info().status))
}

impl DurableObject for Hub {
    fn new(state: State, env: Env) -> Self {
        Self(Rc::new(Inner {
            state,
            env,
            alarm: Alarm::default(),
            memory: RefCell::default(),
            sockets: RefCell::default(),
        }))
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        if request.path() == "/socket" {
            return self.0.open(&request);
        }
        let body = request.text().await?;
        let reply = match serde_json::from_str::<HubCall>(&body) {
            Ok(HubCall::EndSession(call)) => {
                self.0.handle(Event::SessionEnded(call.session, call.code));
                reply::<EndSession>(Ok(()))
            }
            Ok(HubCall::RenewSession(call)) => {
                self.0.handle(Event::SessionRenewed(call.old, call.new));
                reply::<RenewSession>(Ok(()))
            }
            Ok(HubCall::EnterWorld(call)) => {
                self.0.handle(Event::Selected(call.session, call.character));
                reply::<EnterWorld>(Ok(()))
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

    // Never awaits: two messages of one socket would overtake each other.
    async fn websocket_message(&self, socket: WebSocket, message: WebSocketIncomingMessage) -> Result<()> {
        self.0.ensure_loaded();
        if let Some(id) = self.0.id_of(&socket) {
            match &message {
                WebSocketIncomingMessage::String(text) => self.0.handle(Event::Frame(id, Frame::Text(text))),
                WebSocketIncomingMessage::Binary(bytes) => self.0.handle(Event::Frame(id, Frame::Binary(bytes))),
            }
        }
        Ok(())
    }

    async fn websocket_close(&self, socket: WebSocket, code: usize, _: String, _: bool) -> Result<()> {
        self.0.closed(&socket);
        // A close that is not answered stays half open; these codes may not be sent.
        let code = u16::try_from(code).ok().filter(|code| !matches!(code, 1005 | 1006 | 1015)).unwrap_or(1000);
        let _ = socket.close(Some(code), Some(""));
        Ok(())
    }

    async fn websocket_error(&self, socket: WebSocket, error: worker::Error) -> Result<()> {
        console_error!("socket: {error}");
        self.0.closed(&socket);
        Ok(())
    }
}
