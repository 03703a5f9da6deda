//! One bot: a socket, a wire and a walk, from connecting to leaving.

use crate::{
    Result,
    clock::Clock,
    meter::Meter,
    walk::{Model, Walk, share},
    wire::{Micros, Wire},
};
use futures_util::{SinkExt, StreamExt};
use shardlink_shared::{
    codec::{Encoded, Frame},
    entropy::{Entropy, Seeded},
};
use std::{cell::RefCell, rc::Rc, time::Duration};
use tokio::{
    net::TcpStream,
    sync::{Semaphore, watch},
    time::{Sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderValue, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::WebSocketConfig,
    },
};

/// Between two looks at who is in sight, in microseconds: often enough for a
/// mean, seldom enough to cost nothing.
const CENSUS: Micros = 5_000_000;

/// Whoever is not in the world after this time will not be.
const JOINING: Duration = Duration::from_secs(30);

/// What all bots of a run do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// They join, and stand.
    Join,
    /// They walk and talk.
    Play,
    /// They leave.
    Leave,
}

/// What the bots of a run share.
#[derive(Debug)]
pub struct Shared {
    /// The address and port of the server.
    pub host: String,
    /// The one clock.
    pub clock: Clock,
    /// The counts.
    pub meter: RefCell<Meter>,
    /// What they are to do.
    pub phase: watch::Receiver<Phase>,
    /// Who may be on the way into the world: a server lets in only so many from
    /// one address at once.
    pub doors: Semaphore,
    /// How they walk.
    pub model: Model,
    /// Microseconds between two steps.
    pub step_every: Micros,
    /// Microseconds between two chats of a bot; none says nothing.
    pub say_every: Option<Micros>,
}

/// Lives a bot's life. `joined` hears when it stands in the world.
///
/// # Errors
/// If it could not enter the world, or the connection ended before it left.
pub async fn live(number: usize, wire: impl Wire, shared: Rc<Shared>, joined: impl FnOnce()) -> Result<()> {
    let door = shared.doors.acquire().await?;
    let started = shared.clock.micros();
    let mut bot = timeout(JOINING, Bot::join(number, wire, Rc::clone(&shared)))
        .await
        .map_err(|_| "joining took too long")??;
    shared.meter.borrow_mut().joined(shared.clock.micros() - started);
    drop(door);
    joined();
    let played = bot.play().await;
    if played.is_err() {
        shared.meter.borrow_mut().count(|counts| counts.lost += 1);
    }
    played
}

struct Bot<W> {
    wire: W,
    socket: WebSocketStream<TcpStream>,
    shared: Rc<Shared>,
    walk: Walk,
    entropy: Seeded,
    next_step: Micros,
    next_chat: Micros,
    next_census: Micros,
}

impl<W: Wire> Bot<W> {
    /// Connects, and comes to stand in the world.
    async fn join(number: usize, wire: W, shared: Rc<Shared>) -> Result<Self> {
        let mut request = format!("ws://{}/ws", shared.host).into_client_request()?;
        if let Some(subprotocols) = wire.subprotocols() {
            request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(&subprotocols)?);
        }
        let stream = TcpStream::connect(&shared.host).await?;
        stream.set_nodelay(true)?;
        // Each of thousands has its own buffer, and a frame is some kilobytes.
        let config = WebSocketConfig::default().read_buffer_size(16 * 1024).write_buffer_size(0);
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        let walk = Walk::new(shared.model);
        let entropy = Seeded::new(number as u64 + 1_000_000);
        let never = Micros::MAX;
        let mut bot =
            Self { wire, socket, shared, walk, entropy, next_step: never, next_chat: never, next_census: never };
        let now = bot.shared.clock.micros();
        bot.wire.opened(&mut bot.shared.meter.borrow_mut(), now);
        while !bot.wire.state().in_world {
            bot.flush().await?;
            let message = bot.socket.next().await;
            bot.heard(message)?;
        }
        Ok(bot)
    }

    async fn play(&mut self) -> Result<()> {
        let mut phase = self.shared.phase.clone();
        phase.mark_changed();
        let mut sleep = Box::pin(tokio::time::sleep(Duration::MAX));
        loop {
            self.flush().await?;
            self.set(&mut sleep);
            tokio::select! {
                message = self.socket.next() => self.heard(message)?,
                () = &mut sleep => self.tick(),
                _ = phase.changed() => match *phase.borrow_and_update() {
                    Phase::Join => {}
                    Phase::Play => self.begin(),
                    Phase::Leave => return self.leave().await,
                },
            }
        }
    }

    fn set(&self, sleep: &mut std::pin::Pin<Box<Sleep>>) {
        let due = self.wire.due().unwrap_or(Micros::MAX);
        let next = due.min(self.next_step).min(self.next_chat).min(self.next_census);
        // Timers do not reach to the end of time: whatever comes first, it is looked at again in an hour.
        let next = next.min(self.shared.clock.micros() + 3_600_000_000);
        let deadline = self.shared.clock.instant(next);
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
    }

    /// Begins to walk and talk, each at another moment.
    fn begin(&mut self) {
        let now = self.shared.clock.micros();
        let mut after = |every: Micros| now + (share(&mut self.entropy) * every as f64) as Micros;
        if self.shared.model != Model::Still {
            self.next_step = after(self.shared.step_every);
            self.next_census = after(CENSUS);
        }
        if let Some(every) = self.shared.say_every {
            self.next_chat = after(every);
        }
    }

    fn tick(&mut self) {
        let now = self.shared.clock.micros();
        let mut meter = self.shared.meter.borrow_mut();
        if self.wire.due().is_some_and(|due| due <= now) {
            self.wire.tick(&mut meter, now);
        }
        if self.next_step <= now {
            self.next_step = next(self.next_step, self.shared.step_every, now);
            let entropy: &mut dyn Entropy = &mut self.entropy;
            if let Some(step) = self.walk.step(now, entropy) {
                self.wire.walk(step, &mut meter, now);
            }
        }
        if let Some(every) = self.shared.say_every.filter(|_| self.next_chat <= now) {
            self.next_chat = next(self.next_chat, every, now);
            self.wire.say(&mut meter, now);
        }
        if self.next_census <= now {
            self.next_census = next(self.next_census, CENSUS, now);
            let neighbours = self.wire.neighbours(now) as u64;
            meter.count(|counts| {
                counts.neighbours += neighbours;
                counts.censuses += 1;
            });
        }
    }

    fn heard(&mut self, message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>) -> Result<()> {
        let now = self.shared.clock.micros();
        let mut meter = self.shared.meter.borrow_mut();
        match message.ok_or("the connection was lost")?? {
            Message::Binary(bytes) => {
                meter.count(|counts| {
                    (counts.bytes_in, counts.frames_in) = (counts.bytes_in + bytes.len() as u64, counts.frames_in + 1)
                });
                self.wire.heard(Frame::Binary(&bytes), &mut meter, now);
            }
            Message::Text(text) => {
                meter.count(|counts| {
                    (counts.bytes_in, counts.frames_in) = (counts.bytes_in + text.len() as u64, counts.frames_in + 1)
                });
                self.wire.heard(Frame::Text(&text), &mut meter, now);
            }
            Message::Close(Some(close)) => return Err(format!("closed with {}: {}", close.code, close.reason).into()),
            Message::Close(None) => return Err("closed without a reason".into()),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        if let Some(position) = self.wire.state().corrected.take() {
            self.walk.corrected(position, now);
        }
        match self.wire.state().over.take() {
            Some(why) => Err(why.into()),
            None => Ok(()),
        }
    }

    async fn flush(&mut self) -> Result<()> {
        let mut any = false;
        while let Some(frame) = self.wire.state().outgoing.pop_front() {
            let length = frame.len() as u64;
            self.shared.meter.borrow_mut().count(|counts| counts.bytes_out += length);
            let message = match frame {
                Encoded::Binary(bytes) => Message::Binary(bytes.into()),
                Encoded::Text(text) => Message::Text(text.into()),
            };
            self.socket.feed(message).await?;
            any = true;
        }
        if any {
            self.socket.flush().await?;
        }
        Ok(())
    }

    async fn leave(&mut self) -> Result<()> {
        let now = self.shared.clock.micros();
        self.wire.leave(&mut self.shared.meter.borrow_mut(), now);
        self.flush().await?;
        self.socket.close(None).await?;
        // The server's answer to the goodbye ends it, or its silence does.
        let _ = timeout(Duration::from_secs(1), async { while let Some(Ok(_)) = self.socket.next().await {} }).await;
        Ok(())
    }
}

/// The next moment of something regular; what was missed is not caught up with.
const fn next(last: Micros, every: Micros, now: Micros) -> Micros {
    let next = last.saturating_add(every);
    if next > now { next } else { now + every }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_regular_keeps_its_beat_and_does_not_catch_up() {
        assert_eq!(next(1_000, 100, 1_030), 1_100);
        assert_eq!(next(1_000, 100, 5_000), 5_100);
    }
}
