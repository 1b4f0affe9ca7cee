//! What is read, what waits, and what may be read next.
//!
//! The invariant, under one lock: `held` is the sum of the bytes of all blocks that are claimed, worked on or waiting,
//! and of those of each shard in its own `held`. A block gives its bytes back when the consumer takes it, and at no other time.
//! `waiting` holds outcomes by (shard, block); the consumer takes the one at `awaited` and moves it on, so
//! outcomes leave in order whatever order they came in. A shard is `busy` while a worker reads from it, so its
//! blocks are cut in order by one reader at a time.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::plan::{MOST_AHEAD, Plan};
use super::{BlockStream, Event};
use crate::error::{Error, Result};

/// A shard that is open or about to be.
pub(super) struct OpenShard<'s> {
    pub(super) shard: u32,
    /// `None` while a worker has it, and before it is opened.
    pub(super) stream: Option<Box<dyn BlockStream + 's>>,
    pub(super) busy: bool,
    pub(super) next_block: u64,
    pub(super) exhausted: bool,
    pub(super) held: u64,
    pub(super) read_time: Duration,
}

impl OpenShard<'_> {
    pub(super) fn new(shard: u32) -> Self {
        Self {
            shard,
            stream: None,
            busy: false,
            next_block: 0,
            exhausted: false,
            held: 0,
            read_time: Duration::ZERO,
        }
    }
}

pub(super) struct Delivery<T> {
    pub(super) held: u64,
    pub(super) event: Result<Event<T>>,
}

pub(super) struct State<'s, T> {
    pub(super) shards: u32,
    /// Shards that are not delivered to their end, in order; the first is the one being delivered.
    pub(super) open: VecDeque<OpenShard<'s>>,
    pub(super) next_shard: u32,
    pub(super) waiting: BTreeMap<(u32, u64), Delivery<T>>,
    pub(super) awaited: (u32, u64),
    pub(super) held: u64,
    pub(super) failed: Option<Error>,
    pub(super) stop: bool,
}

/// A block that a worker is about to read.
pub(super) struct Claim<'s> {
    pub(super) shard: u32,
    pub(super) block: u64,
    pub(super) stream: Option<Box<dyn BlockStream + 's>>,
}

impl<'s, T> State<'s, T> {
    pub(super) fn new(shards: usize) -> Self {
        Self {
            shards: shards as u32,
            open: VecDeque::new(),
            next_shard: 0,
            waiting: BTreeMap::new(),
            awaited: (0, 0),
            held: 0,
            failed: None,
            stop: false,
        }
    }

    /// Whether nothing is left to read.
    pub(super) fn all_read(&self) -> bool {
        self.next_shard == self.shards && self.open.iter().all(|open| open.exhausted)
    }

    /// The first block that may be read now. Every claim reserves the bytes of a usual block, and the two laws
    /// of the budget are here: the awaited block may always be read, so that neither a small budget nor a large
    /// block stops the run; and shards behind the first take no more than half of the budget, each its share of it.
    pub(super) fn claim(&mut self, plan: &Plan) -> Option<Claim<'s>> {
        let most_ahead = plan.threads.min(MOST_AHEAD);
        let room = self.held + plan.block_bytes <= plan.budget_bytes;
        let ahead: u64 = self.open.iter().skip(1).map(|open| open.held).sum();
        let room_ahead = room && ahead + plan.block_bytes <= plan.budget_bytes / 2;
        let share = plan.budget_bytes / 2 / most_ahead as u64;
        if self.open.len() <= most_ahead && self.next_shard < self.shards {
            // An entry costs nothing; the file is opened by the worker that claims its first block.
            self.open.push_back(OpenShard::new(self.next_shard));
            self.next_shard += 1;
        }
        let awaited = self.awaited;
        let position = self.open.iter().enumerate().position(|(position, open)| {
            let allowed = if (open.shard, open.next_block) == awaited {
                true
            } else if position == 0 {
                room
            } else {
                room_ahead && (open.held == 0 || open.held + plan.block_bytes <= share)
            };
            allowed && !open.busy && !open.exhausted
        })?;
        let open = &mut self.open[position];
        open.busy = true;
        open.held += plan.block_bytes;
        self.held += plan.block_bytes;
        Some(Claim { shard: open.shard, block: open.next_block, stream: open.stream.take() })
    }

    pub(super) fn open_shard(&mut self, shard: u32) -> Option<&mut OpenShard<'s>> {
        self.open.iter_mut().find(|open| open.shard == shard)
    }

    /// Takes the awaited outcome, if it is there, and gives its bytes back.
    pub(super) fn take_awaited(&mut self) -> Option<Result<Event<T>>> {
        let delivery = self.waiting.remove(&self.awaited)?;
        self.held -= delivery.held;
        if let Some(open) = self.open_shard(self.awaited.0) {
            open.held -= delivery.held;
        }
        if matches!(delivery.event, Ok(Event::ShardEnd(_))) {
            self.open.pop_front();
            self.awaited = (self.awaited.0 + 1, 0);
        } else {
            self.awaited.1 += 1;
        }
        Some(delivery.event)
    }
}
