//! Moments, in milliseconds since 1970.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment in milliseconds since 1970-01-01T00:00:00Z. It is serialised as RFC 3339 with milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// 9999-12-31T23:59:59.999Z: the last moment that RFC 3339 can write.
const LAST_MS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The last moment that there is.
    pub const LAST: Self = Self(LAST_MS);

    /// A moment from milliseconds; what RFC 3339 cannot write is moved to the nearest moment that it can.
    #[must_use]
    pub fn from_ms(ms: i64) -> Self {
        Self(ms.clamp(0, LAST_MS))
    }

    /// A moment from seconds.
    #[must_use]
    pub fn from_secs(seconds: i64) -> Self {
        Self::from_ms(seconds.saturating_mul(1000))
    }

    /// A moment from a number that is in milliseconds if that is plausible (≥ 1e12), else in seconds: platforms mix them.
    #[must_use]
    pub fn guess(number: i64) -> Self {
        if number < 1_000_000_000_000 { Self::from_secs(number) } else { Self::from_ms(number) }
    }

    /// A moment from RFC 3339 text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(Self::from_ms)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub fn secs(self) -> i64 {
        self.0 / 1000
    }

    /// This moment and so many milliseconds more (or, negative, fewer).
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// RFC 3339 with milliseconds, in UTC; it sorts as time does.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let format = time::macros::format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
        );
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|it| it.format(&format).ok())
            .unwrap_or_default()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_milliseconds_are_told_apart() {
        assert_eq!(Timestamp::guess(1_795_000_000), Timestamp::guess(1_795_000_000_000));
    }

    #[test]
    fn text_round_trips_and_sorts_as_time() {
        let early = Timestamp::from_ms(1_795_000_000_001);
        let late = Timestamp::from_ms(1_795_000_000_020);
        assert_eq!(Timestamp::parse(&early.rfc3339()), Some(early));
        assert!(early.rfc3339() < late.rfc3339());
        assert_eq!(
            Timestamp::parse("2026-11-22T18:00:00+01:00").map(Timestamp::rfc3339),
            Some("2026-11-22T17:00:00.000Z".to_owned())
        );
    }

    #[test]
    fn what_cannot_be_written_is_moved_to_what_can() {
        assert_eq!(Timestamp::from_ms(i64::MAX).rfc3339(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_secs(i64::MIN).ms(), 0);
    }
}
