//! Where the bytes of each message lie in the rendered text.

use tooltrain_jinja::{Owner, Printed};

use crate::render::engine::context::{Context, Field, Part};

/// Bytes of one field in the rendered text; empty where an empty field was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) field: Field,
}

impl Owned {
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Whether the field says where its message lies. Names and ids of calls do not: templates print
    /// them again in the headers of results.
    pub(crate) fn is_anchor(&self) -> bool {
        !matches!(self.field.part, Part::CallName | Part::CallId | Part::Name | Part::ToolDefinition)
    }
}

/// First and one past the last own byte of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// The owners of a rendered text, sorted by place.
#[derive(Debug)]
pub(crate) struct Ownership {
    /// All bytes and marks that are not the template's, in order.
    pub(crate) owned: Vec<Owned>,
    /// By message position.
    extents: Vec<Option<Extent>>,
    /// The same for the bytes alone that say where a message lies.
    anchors: Vec<Option<Extent>>,
}

impl Ownership {
    pub(crate) fn of(printed: &Printed, context: &Context<'_>, messages: usize) -> Self {
        let mut owned = Vec::with_capacity(printed.runs.len());
        owned.extend(
            printed
                .spans()
                .filter_map(|(start, end, owner)| Some(Owned { start, end, field: *context.field(owner)? })),
        );
        let anchors = extents(&owned, messages, |run| run.is_anchor() && !run.is_empty());
        let marks = extents(&owned, messages, |run| run.is_anchor() && run.is_empty());
        let names = first_names(&owned, messages);
        let extents = anchors.iter().copied().zip(names).zip(marks).map(|((anchor, names), mark)| {
            // A call's name may stand before its arguments: then the message begins with it.
            let begins = |extent: Extent| match names {
                Some(names) if names.first < extent.first => Extent { first: names.first, ..extent },
                _ => extent,
            };
            anchor.map(begins).or(names).or(mark)
        });
        Self { extents: extents.collect(), anchors, owned }
    }

    pub(crate) fn extent(&self, message: usize) -> Option<Extent> {
        self.extents[message]
    }

    /// Where the first of a message's bytes begins, and the last of them ends; names and ids of its calls
    /// aside.
    pub(crate) fn anchor(&self, message: usize) -> Option<Extent> {
        self.anchors[message]
    }

    /// The end of the last byte before `at` that another message, or a tool definition, owns.
    pub(crate) fn foreign_end_before(&self, at: u32, message: usize) -> u32 {
        let first = self.owned.partition_point(|run| run.end <= at);
        self.owned[..first]
            .iter()
            .rev()
            .find(|run| !run.is_empty() && run.is_foreign_to(message))
            .map_or(0, |run| run.end)
    }

    /// The start of the first byte from `at` on that another message owns.
    pub(crate) fn foreign_start_after(&self, at: u32, message: usize) -> Option<u32> {
        let first = self.owned.partition_point(|run| run.end <= at);
        self.owned[first..]
            .iter()
            .find(|run| !run.is_empty() && run.is_foreign_to(message))
            .map(|run| run.start)
    }

    /// The runs that overlap `start..end`.
    pub(crate) fn inside(&self, start: u32, end: u32) -> impl Iterator<Item = &Owned> {
        let first =
            self.owned.partition_point(|run| run.end <= start && !(run.is_empty() && run.end == start));
        self.owned[first..]
            .iter()
            .take_while(move |run| run.start < end || (run.is_empty() && run.start == end))
    }

    /// Whether the template wrote all of `start..end`.
    pub(crate) fn is_template(&self, start: u32, end: u32) -> bool {
        self.inside(start, end).all(Owned::is_empty)
    }

    /// The end of the last byte that anybody but the template owns.
    pub(crate) fn last_owned(printed: &Printed) -> u32 {
        let start_of = |place: usize| place.checked_sub(1).map_or(0, |before| printed.runs[before].end);
        let runs = printed.runs.iter().enumerate().rev();
        let mut owned =
            runs.filter(|(place, run)| run.owner != Owner::TEMPLATE && start_of(*place) < run.end);
        owned.next().map_or(0, |(_, run)| run.end)
    }
}

fn extents(owned: &[Owned], messages: usize, wanted: impl Fn(&Owned) -> bool) -> Vec<Option<Extent>> {
    let mut extents: Vec<Option<Extent>> = vec![None; messages];
    for run in owned.iter().filter(|run| run.field.part != Part::ToolDefinition && wanted(run)) {
        let extent = &mut extents[run.field.message as usize];
        extent.get_or_insert(Extent { first: run.start, last: run.end }).last = run.end;
    }
    extents
}

/// Where the names of a message's calls are printed for the first time.
fn first_names(owned: &[Owned], messages: usize) -> Vec<Option<Extent>> {
    let mut extents: Vec<Option<Extent>> = vec![None; messages];
    let mut next_call = vec![0; messages];
    for run in owned.iter().filter(|run| !run.is_empty() && run.field.part == Part::CallName) {
        let message = run.field.message as usize;
        if run.field.call == next_call[message] {
            next_call[message] += 1;
            extents[message].get_or_insert(Extent { first: run.start, last: run.end }).last = run.end;
        }
    }
    extents
}

impl Owned {
    /// Whether it says where this message lies.
    pub(crate) fn is_anchor_of(&self, message: usize) -> bool {
        self.is_anchor() && self.field.message as usize == message
    }

    fn is_foreign_to(&self, message: usize) -> bool {
        self.field.part == Part::ToolDefinition || self.field.message as usize != message
    }
}
