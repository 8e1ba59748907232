//! The table's definition: names that the template and the tests repeat and a test compares.

/// Partition key: what an item belongs to.
pub const PK: &str = "pk";
/// Sort key: which of its items; `0` where there is one.
pub const SK: &str = "sk";
/// The sort key of an item that stands alone.
pub const ALONE: &str = "0";

/// The index of a thread's messages by time.
pub const BY_THREAD: &str = "by-thread";
/// Its partition key: the thread's id.
pub const THREAD: &str = "thread";
/// Its sort key: the platform's time in milliseconds.
pub const AT: &str = "at";
/// What a timeline row shows, beside the keys. It changes seldom: each change is a write of the index.
pub const BY_THREAD_INCLUDES: [&str; 13] = [
    "channel",
    "direction",
    "content",
    "content_ref",
    "status",
    "evidence",
    "confidence",
    "author",
    "edited",
    "deleted",
    "reply_to",
    "visibility",
    "expires",
];

/// The index of threads that wait for us, are snoozed or unsure.
pub const INBOX: &str = "inbox";
/// Its partition key: `<state>#<assignee or ->#<shard 0–15>`. Only items that have it are in the index.
pub const INBOX_KEY: &str = "inbox";
/// Its sort key: the time of the message that made it wait, in milliseconds.
pub const WAITING_SINCE: &str = "waiting_since";

/// When an item may be removed, in seconds since 1970. Readers filter what has expired.
pub const EXPIRES: &str = "expires";
/// The version of an item that several writers change.
pub const VERSION: &str = "v";
