//! The shell around the session: tells it what happens in the browser and does
//! what it decides. A borrow ends before the first effect is performed, because
//! handlers call back into the client.

use super::{
    http::{Answered, Request},
    runtime::{self, Browser, Timer},
    socket::{Happened, Socket},
    storage::Kept,
    subscriptions::Subscriptions,
    value,
};
use crate::logic::{
    endpoint::Endpoint,
    failure::Failure,
    rest::{Ticket, Token, path},
    session::{Effect, Event, Session, Status},
    sign_in::Unproved,
    small_map::SmallMap,
};
use js_sys::{Function, Object, Promise};
use shardlink_shared::{ErrorCode, sheet::Sheet};
use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::{Rc, Weak},
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, EventTarget, VisibilityState};

/// Everything one client holds.
pub struct Shell {
    /// Where the server is.
    pub server: Endpoint,
    /// The game's handlers.
    pub subscriptions: Subscriptions,
    kept: Kept,
    token: RefCell<Option<Token>>,
    session: RefCell<Session>,
    socket: RefCell<Option<Socket>>,
    waiting: RefCell<SmallMap<u32, Promised>>,
    entering: RefCell<Option<Promised>>,
    timer: RefCell<Option<Timer>>,
    page: OnceCell<Page>,
    performing: Cell<bool>,
    intent: Cell<u32>,
    me: Weak<Self>,
}

/// The two ends of a promise that was given.
struct Promised {
    resolve: Function,
    reject: Function,
}

impl Promised {
    fn new() -> (Self, Promise) {
        let mut ends = None;
        let promise = Promise::new(&mut |resolve, reject| ends = Some(Self { resolve, reject }));
        // A promise calls its function before it returns.
        let ends = ends.unwrap_or_else(|| Self { resolve: noop(), reject: noop() });
        (ends, promise)
    }

    fn settle(&self, result: Result<JsValue, Failure>) {
        let _ = match result {
            Ok(value) => self.resolve.call1(&JsValue::UNDEFINED, &value),
            Err(failure) => self.reject.call1(&JsValue::UNDEFINED, &failure.into()),
        };
    }
}

fn noop() -> Function {
    Function::new_no_args("")
}

impl Shell {
    /// A client of this server, outside the world.
    #[must_use]
    pub fn new(server: Endpoint, kept: Kept) -> Rc<Self> {
        let shell = Rc::new_cyclic(|me: &Weak<Self>| Self {
            server,
            subscriptions: Subscriptions::default(),
            token: RefCell::new(kept.read()),
            kept,
            session: RefCell::default(),
            socket: RefCell::default(),
            waiting: RefCell::default(),
            entering: RefCell::default(),
            timer: RefCell::default(),
            page: OnceCell::new(),
            performing: Cell::new(false),
            intent: Cell::new(0),
            me: me.clone(),
        });
        let timer = Timer::new(shell.later(Self::tick));
        shell.timer.replace(Some(timer));
        let _ = shell.page.set(Page::watch(shell.later(Self::visibility_changed), shell.later(Self::wake)));
        shell
    }

    /// A function that calls a method of this client while it exists.
    fn later(&self, method: impl Fn(&Self) + 'static) -> impl Fn() + 'static {
        let me = self.me.clone();
        move || {
            if let Some(shell) = me.upgrade() {
                method(&shell);
            }
        }
    }

    /// Lets the session decide something, and performs what it decided.
    pub fn with<T>(&self, decide: impl FnOnce(&mut Session) -> T) -> T {
        let decided = decide(&mut self.session.borrow_mut());
        self.perform();
        decided
    }

    /// Reads something of the session.
    pub fn read<T>(&self, read: impl FnOnce(&Session) -> T) -> T {
        read(&self.session.borrow())
    }

    /// The game's handlers have changed: position frames are events only while a handler
    /// listens for them.
    pub fn subscribed(&self) {
        let heard = self.subscriptions.has("position_frame");
        self.session.borrow_mut().hear_frames(heard);
    }

    /// Sends a request; the promise of its answer.
    ///
    /// # Errors
    /// As `begin`.
    pub fn request(&self, begin: impl FnOnce(&mut Session) -> Result<u32, Failure>) -> Result<Promise, Failure> {
        let request = begin(&mut self.session.borrow_mut())?;
        let (promised, promise) = Promised::new();
        self.waiting.borrow_mut().insert(request, promised);
        self.perform();
        Ok(promise)
    }

    /// Leaves the world. The number is for [`Self::enter`]: a player that leaves again before
    /// the ticket has come does not want to enter any more.
    pub fn leave(&self) -> u32 {
        self.intent.set(self.intent.get().wrapping_add(1));
        self.with(Session::leave);
        self.intent.get()
    }

    /// Enters the world with a ticket; the promise of the character.
    ///
    /// # Errors
    /// NOT_CONNECTED, where `intent` is not what the player wanted last.
    pub fn enter(&self, ticket: Token, intent: u32) -> Result<Promise, Failure> {
        if intent != self.intent.get() {
            return Err(Failure::not_connected());
        }
        let (promised, promise) = Promised::new();
        self.entering.replace(Some(promised));
        self.with(|session| session.enter(ticket, runtime::now()));
        Ok(promise)
    }

    /// The session's token.
    ///
    /// # Errors
    /// UNAUTHENTICATED.
    pub fn token(&self) -> Result<Token, Failure> {
        self.token.borrow().clone().ok_or_else(|| ErrorCode::Unauthenticated.into())
    }

    /// The player is signed in; this token is used from now on.
    pub fn signed_in(&self, token: Token) {
        self.kept.write(&token);
        self.token.replace(Some(token));
    }

    /// Forgets the token, here and where it is kept.
    pub fn forget_token(&self) -> Option<Token> {
        let token = self.token.take();
        if let Some(token) = &token {
            self.kept.forget(token);
        }
        token
    }

    /// Sends a request with the session's token. A refusal that says that the
    /// session has ended ends it here too.
    ///
    /// # Errors
    /// UNAUTHENTICATED without a token; UNREACHABLE, TIMEOUT, and what the server refused.
    pub async fn send_signed(&self, request: Request) -> Result<Answered, Failure> {
        let token = self.token()?;
        let answered = request.with(&token).send().await?;
        let refused = answered.answer().success();
        // Another session may have begun meanwhile.
        let current = self.token.borrow().as_ref() == Some(&token);
        if current && refused.as_ref().err().is_some_and(Failure::ends_session) {
            self.forget_token();
        }
        refused.map(|()| answered)
    }

    /// Ends a session at the server.
    ///
    /// # Errors
    /// UNREACHABLE or TIMEOUT.
    pub async fn log_out(&self, token: &Token) -> Result<Answered, Failure> {
        Request::post(&self.server, path::LOGOUT).with(token).send().await
    }

    /// Asks the server to end a session that serves nobody here. Nothing waits for the answer,
    /// because a server that lies may give none.
    pub fn disown(&self, Unproved(token): Unproved) {
        let me = self.me.clone();
        spawn_local(async move {
            if let Some(shell) = me.upgrade() {
                let _ = shell.log_out(&token).await;
            }
        });
    }

    /// Asks for a ticket.
    async fn ask_ticket(&self) -> Result<Token, Failure> {
        let answered = self.send_signed(Request::post(&self.server, path::TICKET)).await?;
        answered.read::<Ticket>().map(|answer| answer.ticket)
    }

    fn tick(&self) {
        if let Some(timer) = self.timer.borrow_mut().as_mut() {
            timer.fired();
        }
        self.with(|session| session.tick(runtime::now(), &mut Browser));
    }

    fn wake(&self) {
        self.with(|session| session.wake(runtime::now()));
    }

    fn visibility_changed(&self) {
        if self.page.get().is_some_and(Page::is_hidden) {
            self.with(|session| session.hidden(runtime::now()));
        } else {
            self.wake();
        }
    }

    fn happened(&self, what: Happened<'_>) {
        let now = runtime::now();
        self.with(|session| match what {
            Happened::Opened => session.opened(now),
            Happened::Frame(frame) => session.frame(frame, now),
            Happened::Closed(code, reason) => session.closed(code, &reason, now, &mut Browser),
        });
    }

    fn perform(&self) {
        // A handler that calls back runs inside this loop, which then performs what that call
        // decided: effects stay in order.
        if self.performing.replace(true) {
            return;
        }
        loop {
            let effect = self.session.borrow_mut().next_effect();
            let Some(effect) = effect else {
                break;
            };
            self.perform_one(effect);
        }
        self.performing.set(false);
        let due = self.session.borrow().due();
        if let Some(timer) = self.timer.borrow_mut().as_mut() {
            timer.arm(due);
        }
    }

    fn perform_one(&self, effect: Effect) {
        match effect {
            Effect::Open(ticket) => self.open(&ticket),
            Effect::Send(frame) => {
                if let Some(socket) = self.socket.borrow().as_ref() {
                    socket.send(&frame);
                }
            }
            Effect::Close(code) => {
                if let Some(socket) = self.socket.take() {
                    socket.close(code);
                }
            }
            Effect::AskTicket(attempt) => {
                let me = self.me.clone();
                spawn_local(async move {
                    let Some(shell) = me.upgrade() else {
                        return;
                    };
                    let ticket = shell.ask_ticket().await;
                    shell.with(|session| session.ticket(attempt, ticket, runtime::now(), &mut Browser));
                });
            }
            Effect::Entered(result) => {
                if let Some(promised) = self.entering.take() {
                    promised.settle(result.and_then(|sheet: Box<Sheet>| value::to_js(sheet.as_ref())));
                }
            }
            Effect::Answer(request, result) => {
                let promised = self.waiting.borrow_mut().remove(&request);
                if let Some(promised) = promised {
                    promised.settle(result.and_then(|told| value::message(&told)));
                }
            }
            Effect::Emit(Event::Message(told)) => {
                self.subscriptions.dispatch(told.name(), || value::message(&told).ok());
            }
            Effect::Emit(Event::Status(status)) => self.subscriptions.dispatch("status", || Some(shown(&status))),
            Effect::Emit(Event::News(news)) => {
                let (event, news) = news.shown(runtime::now());
                self.subscriptions.dispatch(event, || value::shown(&news).ok());
            }
            Effect::SessionEnded => {
                self.forget_token();
            }
        }
    }

    fn open(&self, ticket: &Token) {
        let me = self.me.clone();
        let hear = Rc::new(move |what: Happened<'_>| {
            if let Some(shell) = me.upgrade() {
                shell.happened(what);
            }
        });
        match Socket::open(&self.server.socket(), ticket, hear) {
            Ok(socket) => drop(self.socket.replace(Some(socket))),
            // This counts as a connection that failed. What the session decides about it is
            // performed by the loop that called this.
            Err(_) => self.session.borrow_mut().closed(1006, "", runtime::now(), &mut Browser),
        }
    }
}

/// A status as the game hears it; members that say nothing are left out.
fn shown(status: &Status) -> JsValue {
    let object = JsValue::from(Object::new());
    value::set(&object, "state", &status.state.name().into());
    if let Some(code) = status.code {
        value::set(&object, "code", &code.into());
    }
    if let Some(reason) = &status.reason {
        value::set(&object, "reason", &reason.into());
    }
    if status.resumed {
        value::set(&object, "resumed", &true.into());
    }
    object
}

/// Watches the page around the client: whether it is hidden, and when the network is back.
/// Outside of a page (in a worker) there is nothing to watch.
struct Page {
    document: Option<Document>,
    listeners: Vec<Listener>,
}

struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn Fn()>,
}

impl Page {
    fn watch(visibility: impl Fn() + 'static, online: impl Fn() + 'static) -> Self {
        let window = web_sys::window();
        let document = window.as_ref().and_then(web_sys::Window::document);
        let mut page = Self { document: document.clone(), listeners: Vec::new() };
        page.listen(document.map(EventTarget::from), "visibilitychange", visibility);
        page.listen(window.map(EventTarget::from), "online", online);
        page
    }

    fn listen(&mut self, target: Option<EventTarget>, event: &'static str, callback: impl Fn() + 'static) {
        let Some(target) = target else {
            return;
        };
        let callback = Closure::<dyn Fn()>::new(callback);
        if target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref()).is_ok() {
            self.listeners.push(Listener { target, event, callback });
        }
    }

    fn is_hidden(&self) -> bool {
        self.document.as_ref().is_some_and(|document| document.visibility_state() == VisibilityState::Hidden)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        for Listener { target, event, callback } in &self.listeners {
            let _ = target.remove_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
        }
    }
}
