//! Stretching passwords for the plain routes: one at a time, in slices, so that
//! the hubs that share the thread keep their ticks.

use super::clock;
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::password::{Derivation, Salt, Verifier},
    limits::{HASHING_SLICE, MAX_HASHING_QUEUE, PBKDF2_ITERATIONS},
    text::Password,
    time::Millis,
};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    time::Duration,
};
use worker::Delay;

/// A turn that has not moved for this long belongs to a request that is gone:
/// its client left, and the runtime dropped its future without a word.
const ABANDONED_AFTER: u64 = 3_000;

struct Turn {
    number: u64,
    moved: Millis,
}

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
    static TURNS: RefCell<VecDeque<Turn>> = const { RefCell::new(VecDeque::new()) };
}

/// The verifier of a password under a salt.
///
/// # Errors
/// OVERLOADED when too many wait already.
pub async fn stretch(password: &Password, salt: Salt) -> Result<Verifier, Refusal> {
    let number = enqueue()?;
    // Waits poll with a timer of their own: a request must not wake another's.
    while !is_next(number) {
        Delay::from(Duration::from_millis(5)).await;
    }
    let mut derivation = Derivation::new(password.as_bytes(), &salt, PBKDF2_ITERATIONS);
    let salted = loop {
        if let Some(salted) = derivation.advance(HASHING_SLICE) {
            break salted;
        }
        Delay::from(Duration::ZERO).await;
        keep(number);
    };
    TURNS.with_borrow_mut(|turns| turns.retain(|turn| turn.number != number));
    Ok(salted.verifier(salt, PBKDF2_ITERATIONS))
}

fn enqueue() -> Result<u64, Refusal> {
    let now = clock::now();
    TURNS.with_borrow_mut(|turns| {
        turns.retain(|turn| now.since(turn.moved) < ABANDONED_AFTER);
        if turns.len() > MAX_HASHING_QUEUE {
            return Err(Refusal::new(ErrorCode::Overloaded).after(turns.len() as f64));
        }
        let number = NEXT.replace(NEXT.get() + 1);
        turns.push_back(Turn { number, moved: now });
        Ok(number)
    })
}

/// Says that a turn is still wanted, and whether it has come.
fn is_next(number: u64) -> bool {
    keep(number);
    let now = clock::now();
    TURNS.with_borrow_mut(|turns| {
        while turns.front().is_some_and(|turn| turn.number != number && now.since(turn.moved) >= ABANDONED_AFTER) {
            turns.pop_front();
        }
        turns.front().is_none_or(|turn| turn.number == number)
    })
}

fn keep(number: u64) {
    let now = clock::now();
    TURNS.with_borrow_mut(|turns| {
        if let Some(turn) = turns.iter_mut().find(|turn| turn.number == number) {
            turn.moved = now;
        }
    });
}
