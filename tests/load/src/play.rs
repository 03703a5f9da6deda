//! A run: bots join, stand, walk, and what happens meanwhile is measured.

use crate::{
    Error, Result,
    accounts::{self, Account},
    bot::{Phase, Shared, live},
    clock::Clock,
    meter::{Counts, Meter, Times},
    plan::{Plan, Protocol},
    process, rest,
    walk::Model,
    wire::{
        baseline::Baseline,
        shardlink::{Cast, Sending, Shardlink},
    },
};
use serde::Serialize;
use shardlink_client::logic::token::Token;
use std::{cell::RefCell, ops::Range, rc::Rc, time::Duration};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::sleep,
};

/// Bots on the way into the world at once: a hub takes 16 from one address.
const DOORS: usize = 12;

/// Tickets fetched at once: each is good for 30 s, in which all of them join.
const BATCH: usize = 250;

/// What a run found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Seconds that were measured, by the clock.
    pub seconds: f64,
    /// What happened in them.
    pub counts: Counts,
    /// How long it took.
    pub times: Times,
    /// CPU seconds of the server in them.
    pub server_cpu: f64,
    /// CPU seconds of the bots in them: near `seconds` they were the limit.
    pub bots_cpu: f64,
    /// The server's resident memory before the first connection, after each batch of
    /// them if the plan lets them settle, and with all of them.
    pub resident: Vec<Resident>,
    /// How many joins were counted.
    pub joined: usize,
    /// Seconds that they took with the tickets ready.
    pub joining: f64,
    /// CPU seconds of the server in them.
    pub joining_cpu: f64,
    /// Seconds that fetching their tickets took.
    pub fetching: f64,
}

/// The server's resident memory.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Resident {
    /// Players who had joined.
    pub players: usize,
    /// In KiB.
    pub kib: u64,
}

/// Plays a plan.
///
/// # Errors
/// If a bot could not join, or the server's process is gone.
pub async fn play(plan: &Plan) -> Result<Report> {
    let accounts = match &plan.accounts {
        Some(file) => accounts::read(file)?,
        None => Vec::new(),
    };
    let mut stage = Stage::new(plan, accounts)?;
    if plan.touch && plan.wire == Protocol::Shardlink {
        let accounts: Vec<Account> = stage.accounts.iter().take(plan.players).cloned().collect();
        accounts::touch(&plan.url, &accounts).await?;
    }
    pause(plan.settle).await;
    let mut resident = vec![reading(plan, 0)?];

    let (mut joining, mut joining_cpu, mut fetching) = (0.0, 0.0, 0.0);
    for bots in batches(plan) {
        let first = bots.start;
        let start = stage.shared.clock.micros();
        let tickets = stage.tickets(first, bots.len()).await?;
        let (before, _, fetched) = stage.read(plan)?;
        stage.join(first, bots.len(), tickets).await?;
        let (after, _, joined) = stage.read(plan)?;
        if first < plan.rehearsal {
            stage.shared.meter.borrow_mut().forget_joins();
        } else {
            fetching += (fetched - start) as f64 / 1e6;
            joining += (joined - fetched) as f64 / 1e6;
            joining_cpu += after.cpu - before.cpu;
        }
        if plan.settle > 0.0 || bots.end == plan.players {
            pause(plan.settle).await;
            resident.push(reading(plan, bots.end)?);
        }
    }

    stage.phase.send(Phase::Play)?;
    pause(plan.warm_up).await;
    let (server, bots, start) = stage.read(plan)?;
    stage.shared.meter.borrow_mut().open();
    pause(plan.seconds).await;
    stage.shared.meter.borrow_mut().close();
    let (server_after, bots_after, end) = stage.read(plan)?;

    let (counts, times) = {
        let meter = stage.shared.meter.borrow();
        (meter.counts(), meter.times())
    };
    stage.leave().await?;
    Ok(Report {
        seconds: (end - start) as f64 / 1e6,
        counts,
        times,
        server_cpu: server_after.cpu - server.cpu,
        bots_cpu: bots_after.cpu - bots.cpu,
        resident,
        joined: plan.players - plan.rehearsal.min(plan.players),
        joining,
        joining_cpu,
        fetching,
    })
}

/// The bots that join together: first those who are not counted.
fn batches(plan: &Plan) -> impl Iterator<Item = Range<usize>> {
    let rehearsal = plan.rehearsal.min(plan.players);
    let cut = |all: Range<usize>| all.clone().step_by(BATCH).map(move |first| first..all.end.min(first + BATCH));
    cut(0..rehearsal).chain(cut(rehearsal..plan.players))
}

struct Stage {
    url: String,
    protocol: Protocol,
    players: usize,
    accounts: Vec<Account>,
    cast: Cast,
    shared: Rc<Shared>,
    phase: watch::Sender<Phase>,
    bots: JoinSet<Result<()>>,
}

impl Stage {
    fn new(plan: &Plan, accounts: Vec<Account>) -> Result<Self> {
        if plan.wire == Protocol::Shardlink && accounts.len() < plan.players {
            return Err(format!("there are {} accounts for {} players", accounts.len(), plan.players).into());
        }
        let cast =
            accounts.iter().take(plan.players).zip(0..).map(|(account, bot)| (account.character_id, bot)).collect();
        let (phase, watched) = watch::channel(Phase::Join);
        let say_every = (plan.chat_rate > 0.0).then(|| (60e6 / plan.chat_rate) as u64);
        let shared = Shared {
            host: rest::host(&plan.url)?.to_owned(),
            clock: Clock::start(),
            meter: RefCell::new(Meter::new(plan.players)),
            phase: watched,
            doors: Semaphore::new(DOORS),
            model: plan.model,
            step_every: (1e6 / plan.rate) as u64,
            say_every,
        };
        Ok(Self {
            url: plan.url.clone(),
            protocol: plan.wire,
            players: plan.players,
            accounts,
            cast: Rc::new(cast),
            shared: Rc::new(shared),
            phase,
            bots: JoinSet::new(),
        })
    }

    /// Tickets for so many bots; the baseline knows none.
    async fn tickets(&self, first: usize, count: usize) -> Result<Vec<Token>> {
        match self.protocol {
            Protocol::Baseline => Ok(Vec::new()),
            Protocol::Shardlink => {
                let accounts: Vec<Account> = self.accounts.iter().skip(first).take(count).cloned().collect();
                accounts::tickets(&self.url, &accounts).await
            }
        }
    }

    /// Lets so many bots join, and waits until all of them have.
    async fn join(&mut self, first: usize, count: usize, tickets: Vec<Token>) -> Result<()> {
        let (joined, mut arrivals) = mpsc::unbounded_channel();
        let mut tickets = tickets.into_iter();
        for number in first..first + count {
            let (shared, joined) = (Rc::clone(&self.shared), joined.clone());
            let joined = move || {
                // Nobody listens any more only if the run has failed already.
                let _ = joined.send(());
            };
            match self.protocol {
                Protocol::Baseline => {
                    let wire = Baseline::new(number as u32, self.players);
                    self.bots.spawn_local(live(number, wire, shared, joined));
                }
                Protocol::Shardlink => {
                    let ticket = tickets.next().ok_or("a bot has no ticket")?;
                    let sending = if shared.model == Model::Fixed { Sending::Every } else { Sending::Suppressed };
                    let wire = Shardlink::new(number, ticket, sending, Rc::clone(&self.cast), shared.clock);
                    self.bots.spawn_local(live(number, wire, shared, joined));
                }
            }
        }
        let mut left = count;
        while left > 0 {
            tokio::select! {
                _ = arrivals.recv() => left -= 1,
                Some(ended) = self.bots.join_next() => ended??,
            }
        }
        Ok(())
    }

    /// The server's and the bots' own process at this moment.
    fn read(&self, plan: &Plan) -> Result<(process::Reading, process::Reading, u64)> {
        let (server, bots) = (process::read(plan.server_pid)?, process::read(std::process::id())?);
        Ok((server, bots, self.shared.clock.micros()))
    }

    async fn leave(mut self) -> Result<()> {
        self.phase.send(Phase::Leave)?;
        while let Some(ended) = self.bots.join_next().await {
            // Who was lost has been counted; a panic is a mistake in here.
            let _: Result<(), Error> = ended?;
        }
        Ok(())
    }
}

fn reading(plan: &Plan, players: usize) -> Result<Resident> {
    Ok(Resident { players, kib: process::read(plan.server_pid)?.resident })
}

async fn pause(seconds: f64) {
    sleep(Duration::from_secs_f64(seconds.max(0.0))).await;
}
