//! The messages of a thread, in the order of the platforms' clocks.

use domain::content::{Content, Quote, Referral};
use domain::event::{Direction, Visibility};
use domain::id::{Channel, ThreadId};
use domain::status::Status;
use domain::threading::Evidence;
use domain::time::Timestamp;

use crate::store::item::{Item, get_flag, get_number, get_text, text};
use crate::store::messages::stored::Stored;
use crate::store::query::{Index, Page, Slice, Window};
use crate::store::schema::{
    ALONE, AT, AUTHOR, BY_THREAD, CONTENT_REF, DELETED, EVIDENCE, EXPIRES, PK, QUOTE, REFERRAL,
    REPLY_TO, SK, STATUS, THREAD, VISIBILITY,
};
use crate::store::views::Views;

/// A message as its thread shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The partition key of its item.
    pub key: String,
    /// The thread that it was filed in; its timeline may be that of a thread into which this one was merged.
    pub thread: Option<ThreadId>,
    /// When it was said.
    pub at: Timestamp,
    /// The side that said it.
    pub direction: Direction,
    /// The channel on which it was said.
    pub channel: Option<Channel>,
    /// The present content.
    pub content: Option<Content>,
    /// The name of the object that holds the whole of it, if that is an excerpt.
    pub whole: Option<String>,
    /// The status that it has reached, if it is ours.
    pub status: Option<Status>,
    /// The one who wrote it, where it is not the person.
    pub author: Option<String>,
    /// The partition key of the message that it quotes.
    pub reply_to: Option<String>,
    /// The words that it quotes, where the platform gives them. The index does not hold them: see [`Views::spell_out`].
    pub quote: Option<Quote>,
    /// The ad, link or product page that brought the person to write. The index does not hold it either.
    pub referral: Option<Referral>,
    /// Whether its item may have more about what it refers to than the index.
    refers: bool,
    /// The people who can read it.
    pub visibility: Visibility,
    /// Whether it was changed.
    pub edited: bool,
    /// Whether it was taken back.
    pub deleted: bool,
    /// The reasons for which it is in this thread.
    pub evidence: Vec<Evidence>,
    /// The confidence that it belongs there.
    pub confidence: Option<f32>,
}

/// The index of the messages of a thread, by the moment at which they were said.
pub(in crate::store) const SAID: Index =
    Index { name: BY_THREAD, partition: THREAD, sort: AT, key: key_of };

fn key_of(item: &Item) -> Option<String> {
    get_text(item, PK).map(str::to_owned)
}

/// Whether an item has run out: the table removes it when it gets to it, and until then it is not shown.
#[must_use]
pub fn is_expired(item: &Item, now: Timestamp) -> bool {
    get_number::<i64>(item, EXPIRES).is_some_and(|it| it <= now.secs())
}

impl Row {
    /// The row of an item of the table or the index; `None` for what is no message.
    #[must_use]
    pub fn of(item: &Item) -> Option<Self> {
        let stored = Some(Stored::of(item)).filter(Stored::is_said)?;
        let evidence = get_text(item, EVIDENCE).map(serde_json::from_str);
        let quoted = get_text(item, REPLY_TO);
        Some(Self {
            key: key_of(item)?,
            thread: stored.thread,
            at: stored.at,
            direction: stored.direction,
            channel: stored.channel,
            content: stored.content.filter(|_| !stored.deleted),
            whole: get_text(item, CONTENT_REF)
                .filter(|it| !it.is_empty() && !stored.deleted)
                .map(str::to_owned),
            status: get_number(item, STATUS).and_then(Status::from_rank),
            author: get_text(item, AUTHOR).map(str::to_owned),
            reply_to: quoted.filter(|it| !it.is_empty()).map(str::to_owned),
            quote: get_text(item, QUOTE).and_then(|it| serde_json::from_str(it).ok()),
            referral: get_text(item, REFERRAL).and_then(|it| serde_json::from_str(it).ok()),
            refers: quoted.is_some(),
            visibility: match get_text(item, VISIBILITY) {
                Some("public") => Visibility::Public,
                Some(_) | None => Visibility::Private,
            },
            edited: 0 < stored.edited,
            deleted: get_flag(item, DELETED),
            // What another version wrote is left out, not a reason to hide the message.
            evidence: evidence.and_then(Result::ok).unwrap_or_default(),
            confidence: stored.confidence,
        })
    }
}

impl Views<'_> {
    /// The messages of these threads: one, and those that were merged into it.
    pub async fn view_timeline(
        self,
        threads: &[ThreadId],
        window: &Window,
        now: Timestamp,
    ) -> anyhow::Result<Page<Row>> {
        let slices = threads.iter().map(|it| Slice::whole(it.as_str().to_owned())).collect();
        let page = self.store.page(SAID, slices, window, |_| true).await?;
        let kept = page.rows.iter().filter(|it| !is_expired(it, now));
        Ok(Page { rows: kept.filter_map(Row::of).collect(), next: page.next })
    }
    /// Adds to rows of the index what only their items hold: what they refer to, in words. Rows that refer to nothing cost
    /// nothing.
    pub async fn spell_out(self, rows: &mut [Row]) -> anyhow::Result<()> {
        let key = |row: &Row| {
            Item::from([(PK.to_owned(), text(&*row.key)), (SK.to_owned(), text(ALONE))])
        };
        let keys = rows.iter().filter(|it| it.refers).map(key).collect();
        for whole in self.store.items(keys, false).await?.iter().filter_map(Row::of) {
            if let Some(row) = rows.iter_mut().find(|it| it.key == whole.key) {
                row.quote = whole.quote;
                row.referral = whole.referral;
            }
        }
        Ok(())
    }
}
