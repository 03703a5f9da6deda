//! What the tick keeps: when it last told something, and when JSON clients were last told of
//! their neighbours, at their lower rates.

use crate::hub::area::interest::{Area, Eyes, Walker};
use shardlink_shared::{
    codec::snapshot::Entries,
    limits::{JSON_FAR_INTERVAL, JSON_NEAR_INTERVAL, JSON_NEAREST},
    time::Millis,
};
use std::collections::BTreeMap;

/// When the last ticks were, and memory that every tick uses again.
#[derive(Debug, Default)]
pub(in crate::hub) struct Ticks {
    pub(in crate::hub) last: Millis,
    pub(in crate::hub) last_full: Millis,
    /// When the next JSON client may be told what its rate has not allowed yet.
    pub(in crate::hub) listeners_due: Option<Millis>,
    /// The players who speak JSON, by slot.
    pub(in crate::hub) listeners: BTreeMap<u16, Listener>,
    pub(in crate::hub) entries: Entries,
    pub(in crate::hub) viewers: Vec<(Option<u16>, Eyes, u16)>,
    pub(in crate::hub) neighbours: Vec<(i64, u16)>,
    /// Pairs of slots: who is told of, and who is told.
    pub(in crate::hub) news: Vec<(u16, u16)>,
}

/// When a JSON client was last told of its nearest neighbours, and when of all.
#[derive(Debug, Clone, Copy)]
pub(in crate::hub) struct Listener {
    pub(in crate::hub) near_at: Millis,
    pub(in crate::hub) far_at: Millis,
    pub(in crate::hub) near_tick: u64,
    pub(in crate::hub) far_tick: u64,
    /// Whether there may be something to tell.
    pub(in crate::hub) pending: bool,
}

impl Ticks {
    /// Somebody who speaks JSON is here, and knows what was told up to this tick.
    pub fn listen(&mut self, slot: u16, tick: u64, pending: bool) {
        let never = Millis(0);
        let listener = Listener { near_at: never, far_at: never, near_tick: tick, far_tick: tick, pending };
        self.listeners.insert(slot, listener);
    }

    /// Somebody is no longer here.
    pub fn forget(&mut self, slot: u16) {
        self.listeners.remove(&slot);
    }
}

impl Listener {
    /// Adds what is to be told now to the news; returns when there may be more to tell.
    ///
    /// It is not kept what was told of whom. The nearest neighbours are told of if they were
    /// heard since the nearest were last told of. Once a second, so is everybody who was heard
    /// since all were last told of, so that a neighbour who has come near or gone far meanwhile
    /// is not forgotten. That may repeat what was told already.
    pub(in crate::hub) fn listen(
        &mut self,
        own: u16,
        area: &Area,
        now: Millis,
        neighbours: &mut Vec<(i64, u16)>,
        news: &mut Vec<(u16, u16)>,
    ) -> Option<Millis> {
        let near_due = self.near_at + JSON_NEAR_INTERVAL;
        if now < near_due {
            return Some(near_due);
        }
        let far_due = self.far_at + JSON_FAR_INTERVAL;
        let all_due = now >= far_due;
        let here = area.walker(own)?.position(now);
        let distance = |walker: &Walker| {
            let off = walker.position(now) - here;
            i64::from(off.x).pow(2) + i64::from(off.y).pow(2)
        };
        neighbours.clear();
        let visible = area.group_of(own)?.visible.iter().filter(|slot| **slot != own);
        neighbours.extend(visible.filter_map(|slot| Some((distance(area.walker(*slot)?), *slot))));
        if neighbours.len() > JSON_NEAREST {
            neighbours.select_nth_unstable(JSON_NEAREST);
        }
        let told_before = news.len();
        let mut next: Option<Millis> = None;
        let mut again_at = |due: Millis| next = Some(next.map_or(due, |next| next.min(due)));
        for (index, (_, slot)) in neighbours.iter().enumerate() {
            let Some(walker) = area.walker(*slot) else { continue };
            let near = index < JSON_NEAREST;
            let (moves, unheard) = (walker.moves(now), walker.heard > self.far_tick);
            if moves {
                again_at(if near { now + JSON_NEAR_INTERVAL } else { far_due.max(now + JSON_NEAR_INTERVAL) });
            }
            if (near && (moves || walker.heard > self.near_tick)) || (all_due && (moves || unheard)) {
                news.push((*slot, own));
            }
            if unheard && !all_due {
                again_at(far_due);
            }
        }
        if news.len() > told_before {
            (self.near_at, self.near_tick) = (now, area.tick());
            if all_due {
                (self.far_at, self.far_tick) = (now, area.tick());
            }
        }
        next
    }
}
