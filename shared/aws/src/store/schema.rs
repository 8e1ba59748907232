//! The table's definition: its keys and indexes, which the template repeats and a test compares, and the name of every
//! attribute.

/// Partition key: what an item belongs to.
pub const PK: &str = "pk";
/// Sort key: which of its items; `0` where there is one.
pub const SK: &str = "sk";
/// The sort key of an item that stands alone.
pub const ALONE: &str = "0";

/// The index of a thread's messages by time. What an index holds of an item can never be changed, so it holds one attribute
/// that nothing uses yet: a map, for all that a row will show one day.
pub const BY_THREAD: &str = "by-thread-2";
/// Its partition key: the thread's id.
pub const THREAD: &str = "thread";
/// Its sort key: the platform's time in milliseconds.
pub const AT: &str = "at";
/// The attributes that a timeline row shows, beside the keys. They change seldom: each change is a write of the index.
pub const BY_THREAD_INCLUDES: [&str; 15] = [
    KIND,
    CHANNEL,
    DIRECTION,
    CONTENT,
    CONTENT_REF,
    STATUS,
    EVIDENCE,
    CONFIDENCE,
    AUTHOR,
    EDITED,
    DELETED,
    REPLY_TO,
    VISIBILITY,
    EXPIRES,
    "more",
];

/// The index of threads by what is to be done with them.
pub const INBOX: &str = "inbox-2";
/// Its partition key: `<inbox, open or closed>#<assignee or ->#<shard>`.
pub const LIST: &str = "list";
/// Its sort key, in milliseconds: in the inbox since when a thread waits or until when it is snoozed, else the day of its last
/// message.
pub const LIST_AT: &str = "list_at";
/// The side whose turn it is in a thread.
pub const STATE: &str = "state";
/// Whether a message in a thread may belong elsewhere.
pub const UNSURE: &str = "unsure";
/// The attributes that decide, beside the keys, whether a row of it is wanted.
pub const INBOX_INCLUDES: [&str; 2] = [STATE, UNSURE];

/// When an item may be removed, in seconds since 1970. Readers filter what has expired.
pub const EXPIRES: &str = "expires";
/// The kind of an item.
pub const KIND: &str = "kind";
/// The number of times that an item was written. Whoever decides by what it read writes on the condition that this is the same.
pub const VERSION: &str = "v";
/// When an item was written last, in milliseconds, by the clock of its writer.
pub const CHANGED: &str = "changed";

/// The platform's id that holds a number.
pub(in crate::store) const HOLDER: &str = "holder";
/// The other addresses that an address came with.
pub(in crate::store) const ALIASES: &str = "aliases";
/// The name that a person chose; the name of a token.
pub(in crate::store) const NAME: &str = "name";
/// Whether the address was another person's before.
pub(in crate::store) const RECYCLED: &str = "recycled";
/// Before the name of an account of ours: the moment at which the person last wrote to it.
pub(in crate::store) const INBOUND: &str = "inbound:";
/// Before the name of a purpose: the person's word on it.
pub(in crate::store) const CONSENT: &str = "consent:";
/// The thread of another person that a code was shown for, whom it was with, the code and when that was.
pub(in crate::store) const CLAIMED_THREAD: &str = "claimed:thread";
pub(in crate::store) const CLAIMED_CONTACT: &str = "claimed:contact";
pub(in crate::store) const CLAIMED_CODE: &str = "claimed:code";
pub(in crate::store) const CLAIMED_AT: &str = "claimed:at";
/// On a head: every address of the person.
pub(in crate::store) const IDENTITIES: &str = "identities";

/// The channels that a person prefers, best first.
pub(in crate::store) const CHANNELS: &str = "channels";
/// The language that a person wants.
pub(in crate::store) const LOCALE: &str = "locale";
/// The groups that we count a person among.
pub(in crate::store) const SEGMENTS: &str = "segments";

/// On a head that is left: with whom its person was made one.
pub(in crate::store) const LINKED_INTO: &str = "linked_into";

/// The change that a correction makes: merge, split, move, link or unlink.
pub(in crate::store) const CHANGE: &str = "change";
/// The thread or the person from which it takes.
pub(in crate::store) const FROM: &str = "from";
/// The thread or the person to which it gives; on a leg, the addresses.
pub(in crate::store) const TO: &str = "to";
/// The address that somebody wrote from; of a link, the one that its order names.
pub(in crate::store) const IDENTITY: &str = "identity";
/// The proof that a link is right.
pub(in crate::store) const PROOF: &str = "proof";
/// The one of us who wrote or did something.
pub(in crate::store) const AUTHOR: &str = "author";
/// The reason that its author gave, or the platform for the status of a template.
pub(in crate::store) const REASON: &str = "reason";
/// When a correction was made.
pub(in crate::store) const MADE: &str = "made";
/// The correction that it takes back.
pub(in crate::store) const REVERTS: &str = "reverts";
/// The correction that takes it back.
pub(in crate::store) const REVERTED_BY: &str = "reverted_by";
/// The number of messages that it moved.
pub(in crate::store) const N_MESSAGES: &str = "n_messages";

/// On a message: the correction that put it where it is; absent where it was filed.
pub(in crate::store) const PLACED_BY: &str = "placed_by";
/// On a message: the correction that last decided about it. No two decisions leave the same stamp, so that a program that
/// was stopped long ago cannot do again what was undone since.
pub(in crate::store) const STAMP: &str = "stamp";
/// The messages of a move, each with where it was, as JSON.
pub(in crate::store) const MESSAGES: &str = "messages";
/// Of the revert of a move, and of the revert of that: the move.
pub(in crate::store) const ROOT: &str = "root";
/// The one who decided it, as JSON; absent if one of us did.
pub(in crate::store) const DECIDER: &str = "decider";
/// Whether it puts messages back.
pub(in crate::store) const BACKWARD: &str = "backward";
/// Of a merge: both threads as they were before.
pub(in crate::store) const SOURCE_BEFORE: &str = "source_before";
pub(in crate::store) const TARGET_BEFORE: &str = "target_before";

/// The thread that a code stands for.
pub(in crate::store) const JOINS: &str = "joins";
/// From when on a code, or an answer to a question, counts for nothing.
pub(in crate::store) const UNTIL: &str = "until";
/// The message that showed the code first.
pub(in crate::store) const REDEEMED_BY: &str = "redeemed_by";
/// When that message was sent.
pub(in crate::store) const REDEEMED_AT: &str = "redeemed_at";

/// On what is kept outside of threads: the event, as JSON, or what came instead of one.
pub(in crate::store) const EVENT: &str = "event";

/// On a question: our message that asks.
pub(in crate::store) const ASKS: &str = "asks";
/// The partition key of the message that is in doubt.
pub(in crate::store) const ABOUT: &str = "about";
/// The thread where that message was filed.
pub(in crate::store) const FILED: &str = "filed";
/// When a thread was opened; on a question, whether the message in doubt opened its thread.
pub(in crate::store) const OPENED: &str = "opened";
/// The thread that "something new" means.
pub(in crate::store) const NEW: &str = "new";
/// When a question was asked.
pub(in crate::store) const ASKED: &str = "asked";

/// The threads that go over with a link.
pub(in crate::store) const THREADS: &str = "threads";
/// When the first message of an address may have come to a thread of the other person.
pub(in crate::store) const SINCE: &str = "since";
/// The parts that are split off, as JSON: each is recorded before it is done.
pub(in crate::store) const SPLITS: &str = "splits";

/// On a link: what it lent, as JSON. On the undoing of one: that it was taken back.
pub(in crate::store) const LENT: &str = "lent";

/// On a message: the partition keys of items that repeat its words.
pub(in crate::store) const COPIES: &str = "copies";

/// The words of the message, as JSON.
pub(in crate::store) const CONTENT: &str = "content";
/// The name of the object that holds the whole of it; empty when an edit is whole and the message was not.
pub(in crate::store) const CONTENT_REF: &str = "content_ref";
/// The number of the edit that is kept.
pub(in crate::store) const EDITED: &str = "edited";
/// Whether it was taken back.
pub(in crate::store) const DELETED: &str = "deleted";
/// When the platform says that it was said, where that is not believed.
pub(in crate::store) const SAID_AT: &str = "said_at";
/// The evidence for its thread, as JSON.
pub(in crate::store) const EVIDENCE: &str = "evidence";
/// The evidence for the thread where it was filed, once a correction put it elsewhere. It quotes what was said, so it stays with
/// that: no correction repeats it.
pub(in crate::store) const EVIDENCE_FILED: &str = "evidence_filed";
/// The ad, link or product page that brought the person to write, as JSON.
pub(in crate::store) const REFERRAL: &str = "referral";
/// The words that it quotes, as JSON.
pub(in crate::store) const QUOTE: &str = "quote";
/// The place at the person's address where it was said.
pub(in crate::store) const PLACE: &str = "place";
/// The partition key of the message that it quotes. Empty if that is none of ours and the item has more about it than the
/// index holds: quoted words, what brought the person to write.
pub(in crate::store) const REPLY_TO: &str = "reply_to";
/// The threshold of the week when it was filed, where the usual one would say otherwise.
pub(in crate::store) const UNSURE_BELOW: &str = "unsure_below";
/// On a pointer: our own id of the message that has this id at the platform.
pub(in crate::store) const OUT: &str = "out";
/// On a pointer: which leg of its message has this id.
pub(in crate::store) const LEG: &str = "leg";

/// The hash of the request that made the message.
pub(in crate::store) const HASH: &str = "hash";
/// The content that goes to the person, as JSON. Absent for plain words, which are the content: an item that stays within a
/// kilobyte costs half.
pub(in crate::store) const SEND: &str = "send";
/// The channel on which something was said; of a message of ours, the channel of its last leg.
pub(in crate::store) const CHANNEL: &str = "channel";
pub(in crate::store) const CLIENT_REF: &str = "client_ref";
/// The ways that were judged and not taken, as JSON; absent if there were none.
pub(in crate::store) const PASSED: &str = "passed";
/// Until when a message may be sent, or a token be used.
pub(in crate::store) const EXPIRES_AT: &str = "expires_at";

/// The legs of a message, first to last.
pub(in crate::store) const LEGS: &str = "legs";
/// The platform's id of the message.
pub(in crate::store) const PROVIDER: &str = "provider";
/// The reason of the failure, as JSON.
pub(in crate::store) const FAILURE: &str = "failure";
/// Each receipt, as JSON.
pub(in crate::store) const RECEIPTS: &str = "receipts";
/// The number of the last attempt that was begun; absent before the first.
pub(in crate::store) const ATTEMPT: &str = "attempt";
/// When the call of that attempt was begun, while its result is not known.
pub(in crate::store) const INTENT: &str = "intent";
/// When the next attempt is due.
pub(in crate::store) const RETRY_AT: &str = "retry_at";
/// Whether it was sent again though it may have arrived.
pub(in crate::store) const POSSIBLE_DUPLICATE: &str = "possible_duplicate";
/// The result of each attempt, as JSON.
pub(in crate::store) const RESULTS: &str = "attempts";
/// Our account at the platform.
pub(in crate::store) const ACCOUNT: &str = "account";
/// The time between the person's last message to that account and the send, in milliseconds.
pub(in crate::store) const SINCE_INBOUND: &str = "since_inbound_ms";
/// The verdict of the planner, as JSON; absent if it had nothing to say.
pub(in crate::store) const VERDICT: &str = "verdict";
/// The number of ways that stood before it; absent if none did.
pub(in crate::store) const RANK: &str = "rank";

/// On a pointer whose message is not known yet: the receipt that waits for it, as JSON.
pub(in crate::store) const RECEIPT: &str = "receipt";

/// The rank of the message's status, as its legs say. What waits for a message has one, too.
pub(in crate::store) const STATUS: &str = "status";

/// On a case: the thread that is about it. Not `thread`, which would put it into that thread's index.
pub(in crate::store) const ABOUT_IT: &str = "in_thread";

/// The profile of a live thread, as bytes.
pub(in crate::store) const PROFILE: &str = "profile";
/// The milliseconds of its last message, if it has some.
pub(in crate::store) const MS: &str = "ms";
/// When a person of ours confirmed that its messages belong there.
pub(in crate::store) const CONFIRMED: &str = "confirmed";
/// The colleague in charge of it, where no list says so: in what a correction keeps of it.
pub(in crate::store) const ASSIGNEE: &str = "assignee";
/// False on a thread that the next message names that says something.
pub(in crate::store) const NAMED: &str = "named";
/// The owner of a thread or an address.
pub(in crate::store) const CONTACT: &str = "contact";
/// The thread that a merged one went into.
pub(in crate::store) const MERGED_INTO: &str = "merged_into";
/// The threads that were merged into one.
pub(in crate::store) const SOURCES: &str = "sources";
/// On a merged thread: messages that were folded through it into the one that it went into.
pub(in crate::store) const LATE: &str = "late";
/// The people who showed a code of a thread that is another person's.
pub(in crate::store) const CLAIMANTS: &str = "claimants";
/// The name that people call a thread by.
pub(in crate::store) const SUBJECT: &str = "subject";
/// The edit of the message whose words the subject is; not there once a person of ours named the thread.
pub(in crate::store) const SUBJECT_EDIT: &str = "subject_edit";
/// When those words run out, in seconds: with their message.
pub(in crate::store) const SUBJECT_UNTIL: &str = "subject_until";
/// Words that people of ours put to it.
pub(in crate::store) const TAGS: &str = "tags";
/// The cases of other systems that it is about, by kind.
pub(in crate::store) const CRM: &str = "crm";

/// On a message: the threads that are called by its words.
pub(in crate::store) const NAMES: &str = "names";

/// The side that said a message: `in` for the person, `out` for us.
pub(in crate::store) const DIRECTION: &str = "direction";
/// `public` on what everybody can read.
pub(in crate::store) const VISIBILITY: &str = "visibility";
/// The confidence with which a message is filed, in thousandths of one.
pub(in crate::store) const CONFIDENCE: &str = "confidence";
/// The platform's id of a message; our id of a token.
pub(in crate::store) const ID: &str = "id";
/// The last reaction of the person.
pub(in crate::store) const REACTION_IN: &str = "reaction_in";
/// Our last reaction.
pub(in crate::store) const REACTION_OUT: &str = "reaction_out";
/// When something was kept or put aside.
pub(in crate::store) const KEPT: &str = "kept";
/// A queue entry, whole.
pub(in crate::store) const ENTRY: &str = "entry";
/// The queue that an entry goes back to.
pub(in crate::store) const QUEUE: &str = "queue";
/// The message group that it had.
pub(in crate::store) const GROUP: &str = "group";
/// The reason for putting it aside.
pub(in crate::store) const WHY: &str = "why";
/// The purpose of a link code.
pub(in crate::store) const PURPOSE: &str = "purpose";
/// The platform's id of a template.
pub(in crate::store) const TEMPLATE: &str = "template";
/// The uses that a token allows.
pub(in crate::store) const SCOPES: &str = "scopes";
/// When a token was made.
pub(in crate::store) const CREATED: &str = "created";
/// The last characters of a token, by which people tell tokens apart.
pub(in crate::store) const LAST_FOUR: &str = "last_four";
/// When a token was taken back.
pub(in crate::store) const REVOKED_AT: &str = "revoked_at";
/// When the status of a template was said.
pub(in crate::store) const STATUS_AT: &str = "status_at";
/// When something else of a template, or of an address, was said.
pub(in crate::store) const CHANGED_AT: &str = "changed_at";
/// The platform's own words about the status.
pub(in crate::store) const STATUS_RAW: &str = "status_raw";
/// The platform's own words about something else.
pub(in crate::store) const CHANGED_RAW: &str = "changed_raw";
/// The reason why an address changed, in the platform's words.
pub(in crate::store) const ADDRESS_CHANGED: &str = "address_changed";
/// Before the name of a thing: the last that a platform said of it about our account.
pub(in crate::store) const ACCOUNT_SAID: &str = "is:";
/// Behind that name: when it was said.
pub(in crate::store) const ACCOUNT_SAID_AT: &str = ":at";
