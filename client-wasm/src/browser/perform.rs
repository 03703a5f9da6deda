//! The shell around the session: tells it what happens in the browser and does
//! what it decides. A borrow ends before the first effect is performed, because
//! handlers call back into the client.

use super::{
    runtime::{self, Browser, Timer},
    socket::{Happened, Socket},
    value,
};
use crate::logic::{
    failure::Failure,
    session::{Effect, Event, Session, Status},
    small_map::SmallMap,
    token::Token,
};
use js_sys::{Function, Object, Promise};
use shardlink_shared::sheet::Sheet;
use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::{Rc, Weak},
};
use wasm_bindgen::prelude::*;
use web_sys::{Document, EventTarget, VisibilityState};

#[wasm_bindgen]
extern "C" {
    /// Who holds the account and the game's handlers: the facade (`npm/src/client.ts`).
    pub type Host;

    /// Whether anybody hears events of this type. Nothing is made for nobody.
    #[wasm_bindgen(method)]
    fn hears(this: &Host, event: &str) -> bool;

    /// Tells everybody who hears events of this type. It throws nothing.
    #[wasm_bindgen(method)]
    fn emit(this: &Host, event: &str, value: JsValue);

    /// Asks for a ticket. [`Session::ticket`] takes the answer to this attempt.
    #[wasm_bindgen(method, js_name = askTicket)]
    fn ask_ticket(this: &Host, attempt: u32);

    /// The account's session is worth nothing any more.
    #[wasm_bindgen(method, js_name = sessionEnded)]
    fn session_ended(this: &Host);
}

/// Everything one client holds.
pub struct Shell {
    /// The address of the server's socket.
    socket_url: String,
    host: Host,
    session: RefCell<Session>,
    socket: RefCell<Option<Socket>>,
    waiting: RefCell<SmallMap<u32, Promised>>,
    entering: RefCell<Option<Promised>>,
    timer: RefCell<Option<Timer>>,
    page: OnceCell<Page>,
    performing: Cell<bool>,
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
    pub fn new(socket_url: String, host: Host) -> Rc<Self> {
        let shell = Rc::new_cyclic(|me: &Weak<Self>| Self {
            socket_url,
            host,
            session: RefCell::default(),
            socket: RefCell::default(),
            waiting: RefCell::default(),
            entering: RefCell::default(),
            timer: RefCell::default(),
            page: OnceCell::new(),
            performing: Cell::new(false),
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

    /// Enters the world with a ticket; the promise of the character.
    pub fn enter(&self, ticket: Token) -> Promise {
        let (promised, promise) = Promised::new();
        // Whoever waits for an earlier entrance is told that it has failed.
        self.with(Session::leave);
        self.entering.replace(Some(promised));
        self.with(|session| session.enter(ticket, runtime::now()));
        promise
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
            Effect::AskTicket(attempt) => self.host.ask_ticket(attempt),
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
                self.tell(told.name(), || value::message(&told).ok());
            }
            Effect::Emit(Event::Status(status)) => self.tell("status", || Some(shown(&status))),
            Effect::Emit(Event::News(news)) => {
                let (event, news) = news.shown(runtime::now());
                self.tell(event, || value::shown(&news).ok());
            }
            Effect::SessionEnded => self.host.session_ended(),
        }
    }

    fn tell(&self, event: &str, make: impl FnOnce() -> Option<JsValue>) {
        if self.host.hears(event)
            && let Some(value) = make()
        {
            self.host.emit(event, value);
        }
    }

    fn open(&self, ticket: &Token) {
        let me = self.me.clone();
        let hear = Rc::new(move |what: Happened<'_>| {
            if let Some(shell) = me.upgrade() {
                shell.happened(what);
            }
        });
        match Socket::open(&self.socket_url, ticket, hear) {
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
