//! The reasons that a message is not sent, in our words and the platform's.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reason that a message was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "class", rename_all = "snake_case")]
pub enum SendError {
    /// Not now: the same call may succeed later.
    #[error("not now: {failure}")]
    Retry {
        /// The time to wait, if the platform says it. Milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_ms: Option<u64>,
        /// The number of attempts at which to give up, if before the message's deadline.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<u32>,
        /// The reason, in our words and the platform's.
        failure: Failure,
    },
    /// Never this way: the address, the content or the account is refused.
    #[error("refused: {0}")]
    Refused(Failure),
    /// The platform's or the person's rules forbid it now: window closed, opted out, template not approved.
    #[error("forbidden: {0}")]
    Policy(Failure),
    /// Our own set-up is wrong: token, permission, account state. Somebody must look.
    #[error("misconfigured: {0}")]
    Config(Failure),
}

impl SendError {
    /// The reason, in our words and the platform's.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        match self {
            Self::Retry { failure, .. }
            | Self::Refused(failure)
            | Self::Policy(failure)
            | Self::Config(failure) => failure,
        }
    }
}

/// The reason that a message failed, in our words and the platform's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Our word, which is also the last part of a problem's type: `window-closed`, `recipient-opted-out` …
    pub problem: SendProblem,
    /// The platform's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The platform's words: for the API, never for a log, since platforms quote addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The platform's trace id, for its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

impl Failure {
    /// A failure that no platform spoke about.
    #[must_use]
    pub fn ours(problem: SendProblem) -> Self {
        Self { problem, code: None, message: None, trace_id: None }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({self})")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem.slug())?;
        if let Some(code) = &self.code {
            write!(f, " (code {code})")?;
        }
        Ok(())
    }
}

/// The reason that a message cannot be sent: the stable types of the API's problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SendProblem {
    /// The time in which we may write freely is over.
    WindowClosed,
    /// No such approved template in that locale.
    TemplateNotApproved,
    /// The template's variables do not fit it.
    TemplateParameterInvalid,
    /// The person does not want it.
    RecipientOptedOut,
    /// The person cannot be reached on this channel.
    RecipientUnreachable,
    /// The address is not one.
    AddressInvalid,
    /// Our own account, token or permission is wrong.
    ChannelMisconfigured,
    /// The platform does not answer, or does not work.
    ChannelUnavailable,
    /// The platform takes no more for now.
    RateLimited,
    /// The file is too large.
    MediaTooLarge,
    /// The platform does not take this type of file.
    MediaTypeUnsupported,
    /// The platform could not fetch the file.
    MediaNotReachable,
    /// The platform's policy forbids the content or the account.
    PolicyRejected,
    /// Its time ran out.
    Expired,
    /// No channel is left to try.
    NoChannelLeft,
    /// The identity is only claimed.
    IdentityUnverified,
    /// The thread is closed.
    ThreadClosed,
    /// The same idempotency key came with another body.
    IdempotencyMismatch,
    /// The content does not fit the channel: too long, too many options, a kind that it has not.
    ContentUnsupported,
    /// A call was begun and its result never learned.
    Unconfirmed,
}

impl SendProblem {
    /// Every problem.
    pub const ALL: [Self; 20] = [
        Self::WindowClosed,
        Self::TemplateNotApproved,
        Self::TemplateParameterInvalid,
        Self::RecipientOptedOut,
        Self::RecipientUnreachable,
        Self::AddressInvalid,
        Self::ChannelMisconfigured,
        Self::ChannelUnavailable,
        Self::RateLimited,
        Self::MediaTooLarge,
        Self::MediaTypeUnsupported,
        Self::MediaNotReachable,
        Self::PolicyRejected,
        Self::Expired,
        Self::NoChannelLeft,
        Self::IdentityUnverified,
        Self::ThreadClosed,
        Self::IdempotencyMismatch,
        Self::ContentUnsupported,
        Self::Unconfirmed,
    ];

    /// The last part of its type URI, and its name in items.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::WindowClosed => "window-closed",
            Self::TemplateNotApproved => "template-not-approved",
            Self::TemplateParameterInvalid => "template-parameter-invalid",
            Self::RecipientOptedOut => "recipient-opted-out",
            Self::RecipientUnreachable => "recipient-unreachable",
            Self::AddressInvalid => "address-invalid",
            Self::ChannelMisconfigured => "channel-misconfigured",
            Self::ChannelUnavailable => "channel-unavailable",
            Self::RateLimited => "rate-limited",
            Self::MediaTooLarge => "media-too-large",
            Self::MediaTypeUnsupported => "media-type-unsupported",
            Self::MediaNotReachable => "media-not-reachable",
            Self::PolicyRejected => "policy-rejected",
            Self::Expired => "expired",
            Self::NoChannelLeft => "no-channel-left",
            Self::IdentityUnverified => "identity-unverified",
            Self::ThreadClosed => "thread-closed",
            Self::IdempotencyMismatch => "idempotency-mismatch",
            Self::ContentUnsupported => "content-unsupported",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}
