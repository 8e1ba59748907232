//! The conditions that the protocol rests on, each of which can be taken away to see that something breaks.

/// A condition of a write, or an order of reads, that the protocol cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A message is put only if it has no thread: `write_message`.
    MessageAbsent,
    /// A message is put only if it was not taken back: `write_message`.
    NotTakenBack,
    /// A thread is opened with the edit in it that the message has: `Filing::open`.
    EditSeen,
    /// A thread is folded into only at the version that was read, so only if it is there: `Threads::fold_into`.
    FoldVersion,
    /// Threads come among the live ones only if the head is at the version that was read: `next_head`.
    HeadVersion,
    /// A thread makes room only at the version that was read: `add_room`.
    RoomVersion,
    /// A thread is brought back only at the version that was read: `Threads::move_in`.
    BackVersion,
    /// An address becomes a person's only if it is whose it was: `add_claims`.
    AddressOwner,
    /// A fold reads the thread first and its message second: `Threads::fold_at`.
    ThreadReadFirst,
    /// A fold into a thread that another one went into reads last whether it is still so: `Threads::pass`.
    MergeReadLast,
    /// A message that is folded through a merged thread is noted there: `Threads::pass`.
    LateNoted,
    /// The revert of a merge reads the live thread before what was noted: `Corrections::read_merged`.
    RevertReadsFirst,
    /// A merge reads the head before what was merged into both threads: `Corrections::pair`.
    HeadReadFirst,
    /// A move begins at the version of the head that was read, and completes first what is under way: `Corrections::ground_of`.
    OthersCompleted,
    /// A rebuild looks after the live thread whether its thread is a part of it still: `Corrections::rebuild`.
    RebuildLooksAgain,
    /// A correction changes a live thread only at the version that was read.
    CorrectionVersion,
    /// A correction writes the threads that messages left and came to, even those in which it sees nothing to change.
    CorrectionWrites,
    /// A correction reads a thread before the messages that it makes it anew of.
    CorrectionReadsFirst,
}

/// The guards that are in force.
#[derive(Clone, Copy, Debug)]
pub struct Guards {
    off: Option<Guard>,
}

impl Guards {
    /// All of them, as in the code.
    pub const ALL: Self = Self { off: None };

    /// All but one.
    #[must_use]
    pub const fn without(guard: Guard) -> Self {
        Self { off: Some(guard) }
    }

    /// Whether this one is in force.
    #[must_use]
    pub fn hold(self, guard: Guard) -> bool {
        self.off != Some(guard)
    }
}
