//! Bots that come back: each drives the client's own session over sockets that somebody
//! cuts, and what they know at the end tells how a server that was killed was survived.

use crate::{
    Error, Result,
    accounts::{self, Account},
    clock::Clock,
    latencies::{Latencies, Summary},
    rest,
};
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use shardlink_client::logic::{
    failure::Failure,
    session::{Effect, Event, Session, State},
    token::Token,
};
use shardlink_shared::{
    codec::{Encoded, Frame},
    entropy::{Entropy, Seeded},
    protocol::{
        ClientMessage, SUBPROTOCOL_BINARY, ServerMessage,
        chat::{Channel, SendChat},
    },
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    rc::Rc,
    time::Duration,
};
use tokio::{
    net::TcpStream,
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderValue, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::{CloseFrame, WebSocketConfig},
    },
};

/// Bots on the way into the world at once: a hub takes 16 from one address.
const DOORS: usize = 12;

/// Tickets fetched at once: each is good for 30 s.
const BATCH: usize = 250;

/// What the runtime reports of a connection that was lost.
const LOST: u16 = 1006;

/// Whoever has no socket after this time has none.
const CONNECTING: Duration = Duration::from_secs(10);

/// What a bot's chat begins with; its number follows.
const NUMBER: &str = "endures ";

/// How to endure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endurance {
    /// The server, such as `http://127.0.0.1:8787`.
    pub url: String,
    /// The file that accounts were prepared in.
    pub accounts: PathBuf,
    /// How many bots.
    pub players: usize,
    /// How many of them talk: all hear what they say.
    pub talkers: usize,
    /// Seconds between two chats of one.
    pub talk_every: f64,
    /// Seconds from when all have joined to the last chat.
    pub seconds: f64,
    /// Seconds of silence after that, before what was heard is judged.
    pub settle: f64,
}

/// What became of them.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How many there were.
    pub players: usize,
    /// Connections that were lost.
    pub lost: u64,
    /// How many of these went on where they broke off.
    pub resumed: u64,
    /// How many began anew.
    pub anew: u64,
    /// Who was not in the world at the end.
    pub gone: usize,
    /// From the first loss to the last return, in seconds.
    pub all_back: f64,
    /// From a loss to the return from it, in milliseconds.
    pub back: Option<Summary>,
    /// From asking for the socket that resumed to standing in the world, in milliseconds.
    pub resume: Option<Summary>,
    /// Messages that were told again on resuming.
    pub replayed: u64,
    /// Chats that were answered, so that all have to have heard them.
    pub answered: usize,
    /// Chats that were heard by somebody.
    pub heard: u64,
    /// Of those, heard twice by the same.
    pub doubled: u64,
    /// Of those, heard after a later one of the same sender.
    pub disordered: u64,
    /// Answered chats that somebody did not hear, each time.
    pub missed: u64,
    /// Close codes that led to a loss, and how often.
    pub codes: BTreeMap<u16, u64>,
}

/// What the bots count together.
#[derive(Debug, Default)]
struct Tally {
    lost: u64,
    resumed: u64,
    anew: u64,
    first_loss: Option<u64>,
    last_return: u64,
    back: Latencies,
    resume: Latencies,
    replayed: u64,
    heard: u64,
    doubled: u64,
    disordered: u64,
    codes: BTreeMap<u16, u64>,
    /// What each talker was told is said.
    answered: HashMap<usize, BTreeSet<u32>>,
    /// What each has heard of each talker.
    ears: HashMap<(usize, usize), BTreeSet<u32>>,
    in_world: BTreeSet<usize>,
}

struct Shared {
    plan: Endurance,
    host: String,
    clock: Clock,
    tally: RefCell<Tally>,
    talking: watch::Receiver<bool>,
    over: watch::Receiver<bool>,
    doors: Semaphore,
}

/// Lets them join, says so on stdout by a line, and reports after the time is over.
///
/// # Errors
/// If one could not join.
pub async fn endure(plan: Endurance) -> Result<Report> {
    let accounts = accounts::read(&plan.accounts)?;
    if accounts.len() < plan.players {
        return Err(format!("there are {} accounts for {} players", accounts.len(), plan.players).into());
    }
    let (talk, talking) = watch::channel(false);
    let (end, over) = watch::channel(false);
    let shared = Rc::new(Shared {
        host: rest::host(&plan.url)?.to_owned(),
        clock: Clock::start(),
        tally: RefCell::default(),
        talking,
        over,
        doors: Semaphore::new(DOORS),
        plan,
    });
    let mut bots = JoinSet::new();
    let (joined, mut arrivals) = mpsc::unbounded_channel();
    let all: Vec<(usize, Account)> = accounts.into_iter().take(shared.plan.players).enumerate().collect();
    for batch in all.chunks(BATCH) {
        let wanted: Vec<Account> = batch.iter().map(|(_, account)| account.clone()).collect();
        let tickets = accounts::tickets(&shared.plan.url, &wanted).await?;
        for ((number, account), ticket) in batch.iter().zip(tickets) {
            let bot = Bot::new(*number, account.clone(), Rc::clone(&shared));
            let joined = joined.clone();
            bots.spawn_local(bot.live(ticket, move || {
                // Nobody listens any more only if the run has failed already.
                let _ = joined.send(());
            }));
        }
        for _ in batch {
            tokio::select! {
                _ = arrivals.recv() => {}
                Some(ended) = bots.join_next() => ended??,
            }
        }
    }
    println!("joined");
    talk.send(true)?;
    sleep(Duration::from_secs_f64(shared.plan.seconds)).await;
    talk.send(false)?;
    sleep(Duration::from_secs_f64(shared.plan.settle)).await;
    let report = report(&shared);
    end.send(true)?;
    while let Some(ended) = bots.join_next().await {
        ended??;
    }
    Ok(report)
}

fn report(shared: &Shared) -> Report {
    let tally = shared.tally.borrow();
    let players = shared.plan.players;
    let none = BTreeSet::new();
    let missed = |listener: usize| -> u64 {
        let heard = |talker: usize| tally.ears.get(&(listener, talker)).unwrap_or(&none);
        tally.answered.iter().map(|(talker, said)| said.difference(heard(*talker)).count() as u64).sum()
    };
    Report {
        players,
        lost: tally.lost,
        resumed: tally.resumed,
        anew: tally.anew,
        gone: players - tally.in_world.len(),
        all_back: tally.first_loss.map_or(0.0, |first| tally.last_return.saturating_sub(first) as f64 / 1e6),
        back: tally.back.summary(),
        resume: tally.resume.summary(),
        replayed: tally.replayed,
        answered: tally.answered.values().map(BTreeSet::len).sum(),
        heard: tally.heard,
        doubled: tally.doubled,
        disordered: tally.disordered,
        missed: (0..players).map(missed).sum(),
        codes: tally.codes.clone(),
    }
}

type Socket = WebSocketStream<TcpStream>;

struct Bot {
    number: usize,
    account: Account,
    session: Session,
    entropy: Seeded,
    socket: Option<Socket>,
    shared: Rc<Shared>,
    talking: watch::Receiver<bool>,
    over: watch::Receiver<bool>,
    /// When the connection was lost that is being brought back.
    lost: Option<u64>,
    /// When the newest socket was asked for.
    asked: u64,
    said: u32,
    /// The chats that wait for their answer, by request.
    waiting: HashMap<u32, u32>,
    next_chat: Option<u64>,
    entered: bool,
}

impl Bot {
    fn new(number: usize, account: Account, shared: Rc<Shared>) -> Self {
        Self {
            number,
            account,
            session: Session::default(),
            entropy: Seeded::new(number as u64 + 2_000_000),
            socket: None,
            talking: shared.talking.clone(),
            over: shared.over.clone(),
            shared,
            lost: None,
            asked: 0,
            said: 0,
            waiting: HashMap::new(),
            next_chat: None,
            entered: false,
        }
    }

    fn now(&self) -> (u64, shardlink_shared::time::Millis) {
        let micros = self.shared.clock.micros();
        (micros, self.shared.clock.millis(micros))
    }

    async fn live(mut self, ticket: Token, joined: impl FnOnce()) -> Result<()> {
        let shared = Rc::clone(&self.shared);
        let door = shared.doors.acquire().await?;
        self.session.enter(ticket, self.now().1);
        while !self.entered {
            self.turn().await?;
        }
        drop(door);
        joined();
        while !*self.over.borrow_and_update() {
            self.turn().await?;
        }
        self.session.leave();
        self.perform().await
    }

    fn talk(&mut self) {
        let talking = *self.talking.borrow_and_update();
        let first = f64::from(self.entropy.below(1_000)) / 1_000.0 * self.shared.plan.talk_every * 1e6;
        let talks = talking && self.number < self.shared.plan.talkers;
        self.next_chat = talks.then(|| self.now().0 + first as u64);
    }

    /// Performs what is decided, then waits for the next thing to happen.
    async fn turn(&mut self) -> Result<()> {
        self.perform().await?;
        let due = self.session.due().map(|due| self.shared.clock.micros_of(due));
        let next = due.into_iter().chain(self.next_chat).min().unwrap_or(u64::MAX / 2);
        let next = next.min(self.now().0 + 3_600_000_000);
        let deadline: Instant = self.shared.clock.instant(next);
        let next = async {
            match &mut self.socket {
                Some(socket) => socket.next().await,
                None => std::future::pending().await,
            }
        };
        // What is left off here has read nothing and sent nothing.
        tokio::select! {
            message = next => self.heard(message),
            () = sleep_until(deadline) => self.tick(),
            _ = self.talking.changed() => self.talk(),
            _ = self.over.changed() => {}
        }
        Ok(())
    }

    fn tick(&mut self) {
        let (micros, now) = self.now();
        if self.session.due().is_some_and(|due| due <= now) {
            self.session.tick(now, &mut self.entropy);
        }
        if self.next_chat.is_some_and(|next| next <= micros) {
            self.next_chat = Some(micros + (self.shared.plan.talk_every * 1e6) as u64);
            self.said += 1;
            let chat = SendChat::new(&format!("{NUMBER}{}", self.said), Channel::Global);
            if let Ok(request) = self.session.request(&ClientMessage::Chat(chat), now) {
                self.waiting.insert(request, self.said);
            }
        }
    }

    fn heard(&mut self, message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>) {
        let (_, now) = self.now();
        match message {
            Some(Ok(Message::Binary(bytes))) => self.session.frame(Frame::Binary(&bytes), now),
            Some(Ok(Message::Text(text))) => self.session.frame(Frame::Text(&text), now),
            Some(Ok(Message::Close(Some(close)))) => self.closed(close.code.into(), &close.reason),
            Some(Ok(Message::Close(None)) | Err(_)) | None => self.closed(LOST, ""),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
        }
    }

    fn closed(&mut self, code: u16, reason: &str) {
        self.socket = None;
        let now = self.now().1;
        self.session.closed(code, reason, now, &mut self.entropy);
    }

    async fn perform(&mut self) -> Result<()> {
        while let Some(effect) = self.session.next_effect() {
            match effect {
                Effect::Open(token) => {
                    self.asked = self.now().0;
                    self.socket = None;
                    match timeout(CONNECTING, connect(&self.shared.host, &token)).await {
                        Ok(Ok(socket)) => {
                            self.socket = Some(socket);
                            self.session.opened(self.now().1);
                        }
                        Ok(Err(_)) | Err(_) => self.closed(LOST, ""),
                    }
                }
                Effect::Send(frame) => {
                    let message = match frame {
                        Encoded::Binary(bytes) => Message::Binary(bytes.into()),
                        Encoded::Text(text) => Message::Text(text.into()),
                    };
                    // That it is lost is heard from the socket's other half.
                    if let Some(socket) = &mut self.socket {
                        let _ = socket.send(message).await;
                    }
                }
                Effect::Close(code) => {
                    if let Some(mut socket) = self.socket.take() {
                        let frame = CloseFrame { code: code.into(), reason: "".into() };
                        let _ = timeout(Duration::from_secs(1), socket.close(Some(frame))).await;
                    }
                }
                Effect::AskTicket(attempt) => {
                    let asked = accounts::tickets(&self.shared.plan.url, std::slice::from_ref(&self.account)).await;
                    let ticket = asked.ok().and_then(|mut tickets| tickets.pop()).ok_or_else(Failure::unreachable);
                    let now = self.now().1;
                    self.session.ticket(attempt, ticket, now, &mut self.entropy);
                }
                Effect::Entered(Ok(_)) => self.entered = true,
                Effect::Entered(Err(failure)) => return Err(failure.message.into()),
                Effect::SessionEnded => return Err(Error::from("the session ended")),
                Effect::Answer(request, answer) => {
                    if let (Some(said), Ok(_)) = (self.waiting.remove(&request), answer) {
                        self.shared.tally.borrow_mut().answered.entry(self.number).or_default().insert(said);
                    }
                }
                Effect::Emit(event) => self.note(event),
            }
        }
        Ok(())
    }

    fn note(&mut self, event: Event) {
        let (micros, _) = self.now();
        let mut tally = self.shared.tally.borrow_mut();
        match event {
            Event::News(_) => {}
            Event::Status(status) => match status.state {
                State::Reconnecting => {
                    tally.lost += 1;
                    tally.first_loss.get_or_insert(micros);
                    tally.in_world.remove(&self.number);
                    *tally.codes.entry(status.code.unwrap_or(LOST)).or_default() += 1;
                    self.lost = Some(micros);
                }
                State::Connected => {
                    tally.in_world.insert(self.number);
                    if let Some(lost) = self.lost.take() {
                        tally.last_return = micros;
                        tally.back.add(micros - lost);
                        if status.resumed {
                            tally.resumed += 1;
                            tally.resume.add(micros - self.asked);
                        } else {
                            tally.anew += 1;
                        }
                    }
                }
                State::Closed => {
                    tally.in_world.remove(&self.number);
                }
                State::Connecting => {}
            },
            Event::Message(told) => match told.message() {
                Some(ServerMessage::Resumed(resumed)) => tally.replayed += u64::from(resumed.replayed),
                Some(ServerMessage::Chat(chat)) => {
                    let said = chat.content.as_str().strip_prefix(NUMBER).and_then(|n| n.parse::<u32>().ok());
                    let name = chat.sender_name.as_str().strip_prefix("Bot ").and_then(|n| n.parse::<usize>().ok());
                    let (Some(said), Some(talker)) = (said, name) else { return };
                    tally.heard += 1;
                    let ear = tally.ears.entry((self.number, talker)).or_default();
                    let later = ear.last().is_some_and(|last| *last > said);
                    let again = !ear.insert(said);
                    tally.doubled += u64::from(again);
                    tally.disordered += u64::from(later && !again);
                }
                _ => {}
            },
        }
    }
}

async fn connect(host: &str, token: &Token) -> Result<Socket> {
    let mut request = format!("ws://{host}/ws").into_client_request()?;
    let offered = format!("{SUBPROTOCOL_BINARY}, {}", token.reveal());
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(&offered)?);
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(16 * 1024).write_buffer_size(0);
    let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    Ok(socket)
}
