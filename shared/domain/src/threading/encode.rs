//! A profile as bytes: deterministic, so that replicas compare equal, and at most [`Profile::MOST_BYTES`].

use super::profile::{Kept, OURS, Profile, SaidWords, THEIRS, WITH_IDS, WITH_SUBJECT, join};
use super::reading::{MOST_STEMS, Vector};

/// The layout that is written. A reader refuses others, so that a profile is never read as what it is not.
const LAYOUT: u8 = 1;
/// Bits that say how many parts an item has.
const PART_BITS: u32 = 2;

/// Bytes that are no profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored profile cannot be read")]
pub struct Corrupt;

impl Profile {
    /// The most bytes that a profile takes, whatever is folded into it.
    pub const MOST_BYTES: usize = 310;

    /// The profile as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        let base = self.newest();
        out.push(LAYOUT);
        varint(&mut out, base);
        varint(&mut out, self.resolved.map_or(0, |it| 1 + base.saturating_sub(it)));
        put_list(&mut out, base, &self.theirs, |_| 0, put_said);
        put_list(&mut out, base, &self.ours, |_| 0, put_said);
        put_list(
            &mut out,
            base,
            &self.ids,
            |it| u32::try_from(it.len()).unwrap_or(0),
            |out, ids| {
                out.extend(ids.iter().flat_map(|it| it.to_le_bytes()));
            },
        );
        put_list(
            &mut out,
            base,
            &self.subjects,
            |it| u32::from(it.is_some()),
            |out, subject| {
                out.extend(subject.iter().flat_map(|it| it.to_le_bytes()));
            },
        );
        out
    }

    /// The profile that these bytes are.
    pub fn decode(bytes: &[u8]) -> Result<Self, Corrupt> {
        let mut bytes = Bytes(bytes);
        if bytes.byte()? != LAYOUT {
            return Err(Corrupt);
        }
        let base = bytes.varint()?;
        let resolved = match bytes.varint()? {
            0 => None,
            before => Some(base.checked_sub(before - 1).ok_or(Corrupt)?),
        };
        let profile = Self {
            resolved,
            theirs: bytes.list(base, THEIRS, |bytes, _| bytes.said())?,
            ours: bytes.list(base, OURS, |bytes, _| bytes.said())?,
            ids: bytes.list(base, WITH_IDS, |bytes, n| (0..n).map(|_| bytes.word()).collect())?,
            subjects: bytes
                .list(base, WITH_SUBJECT, |bytes, n| (n > 0).then(|| bytes.word()).transpose())?,
        };
        if bytes.0.is_empty() { Ok(profile) } else { Err(Corrupt) }
    }

    fn newest(&self) -> u32 {
        let said = self.theirs.iter().chain(&self.ours).map(|it| it.at);
        let noted = self.ids.iter().map(|it| it.at).chain(self.subjects.iter().map(|it| it.at));
        said.chain(noted).chain(self.resolved).max().unwrap_or(0)
    }
}

/// Writes a list. How many parts an item has shares a number with its edit.
fn put_list<T>(
    out: &mut Vec<u8>,
    base: u32,
    list: &[Kept<T>],
    parts: impl Fn(&T) -> u32,
    put: impl Fn(&mut Vec<u8>, &T),
) {
    out.push(u8::try_from(list.len()).unwrap_or(0));
    for item in list {
        varint(out, base - item.at);
        out.extend(item.key.to_le_bytes());
        // A deletion is the highest edit: it wraps to the shortest form.
        varint(out, u32::from(item.edit.wrapping_add(1)) << PART_BITS | parts(&item.what));
        put(out, &item.what);
    }
}

/// The flags share a byte with the number of stems.
fn put_said(out: &mut Vec<u8>, said: &SaidWords) {
    let flags = u8::from(said.asks) << 7 | u8::from(said.closes) << 6 | u8::from(said.goodbye) << 5;
    out.push(flags | u8::try_from(said.vector.0.len()).unwrap_or(0));
    out.extend(said.channel.to_le_bytes());
    for (stem, weight) in &said.vector.0 {
        out.extend(stem.to_le_bytes());
        out.push(*weight);
    }
}

fn varint(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Bytes that are read from the front.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Corrupt> {
        let (first, rest) = self.0.split_first_chunk().ok_or(Corrupt)?;
        self.0 = rest;
        Ok(*first)
    }

    fn byte(&mut self) -> Result<u8, Corrupt> {
        self.take::<1>().map(|[it]| it)
    }

    fn half(&mut self) -> Result<u16, Corrupt> {
        self.take().map(u16::from_le_bytes)
    }

    fn word(&mut self) -> Result<u32, Corrupt> {
        self.take().map(u32::from_le_bytes)
    }

    fn varint(&mut self) -> Result<u32, Corrupt> {
        let mut number = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(number).map_err(|_| Corrupt);
            }
        }
        Err(Corrupt)
    }

    fn list<T: Ord>(
        &mut self,
        base: u32,
        most: usize,
        what: impl Fn(&mut Self, usize) -> Result<T, Corrupt>,
    ) -> Result<Vec<Kept<T>>, Corrupt> {
        let n = usize::from(self.byte()?);
        let mut list = Vec::with_capacity(n.min(most));
        for _ in 0..n {
            let at = base.checked_sub(self.varint()?).ok_or(Corrupt)?;
            let key = self.half()?;
            let packed = self.varint()?;
            let edit = u16::try_from(packed >> PART_BITS).map_err(|_| Corrupt)?.wrapping_sub(1);
            let parts = usize::try_from(packed & ((1 << PART_BITS) - 1)).unwrap_or(0);
            let what = what(self, parts)?;
            join(&mut list, Kept { at, key, edit, what }, most);
        }
        if list.len() == n { Ok(list) } else { Err(Corrupt) }
    }

    fn said(&mut self) -> Result<SaidWords, Corrupt> {
        let flags = self.byte()?;
        let channel = self.half()?;
        let n = usize::from(flags & 0x1f);
        if n > MOST_STEMS {
            return Err(Corrupt);
        }
        let stems = (0..n).map(|_| Ok((self.half()?, self.byte()?)));
        let vector = Vector(stems.collect::<Result<_, Corrupt>>()?);
        Ok(SaidWords {
            channel,
            asks: flags & 0x80 != 0,
            closes: flags & 0x40 != 0,
            goodbye: flags & 0x20 != 0,
            vector,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{ProfileEntry, Reading};
    use super::*;
    use crate::event::Direction;
    use crate::id::Channel;
    use crate::time::Timestamp;

    fn entry(key: u32, at: i64, edit: u64, text: &str) -> ProfileEntry {
        ProfileEntry {
            key,
            edit,
            at: Timestamp::from_secs(at),
            direction: if key.is_multiple_of(3) { Direction::Out } else { Direction::In },
            channel: Channel::from_static("email"),
            reading: Some(Reading::of(text, Some(&format!("Subject {key}")))),
        }
    }

    #[test]
    fn the_largest_profile_fits() {
        let words = "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar \
                     papa quebec romeo A-100123 B-200345 C-300567";
        let times = [0, 1, 9_999_999_999];
        let edits = [0, 8_000, 16_000, 4_102_444_800_000, u64::MAX - 1];
        let mut most = 0;
        for (base, edit) in times.iter().flat_map(|at| edits.map(|edit| (*at, edit))) {
            let mut profile = Profile::default();
            for key in 0..40 {
                // Old and new messages in turn, as far apart as can be.
                profile.fold(&entry(
                    key,
                    if key < 30 { i64::from(key) } else { base },
                    edit,
                    words,
                ));
                profile.resolve(Timestamp::from_secs(1));
                most = most.max(profile.encode().len());
                assert_eq!(Profile::decode(&profile.encode()), Ok(profile.clone()));
            }
        }
        assert!((280..=Profile::MOST_BYTES).contains(&most), "{most}");
    }

    #[test]
    fn an_empty_profile_and_a_resolved_one_come_back() {
        let mut profile = Profile::default();
        assert_eq!(Profile::decode(&profile.encode()), Ok(profile.clone()));
        profile.resolve(Timestamp::from_secs(1_800_000_000));
        assert_eq!(Profile::decode(&profile.encode()), Ok(profile));
    }

    #[test]
    fn another_layout_and_bytes_left_over_are_refused() {
        let bytes = Profile::of(&[entry(1, 5, 0, "a lamp")]).encode();
        let mut other = bytes.clone();
        other[0] = 2;
        assert_eq!(Profile::decode(&other), Err(Corrupt));
        assert_eq!(Profile::decode(&[&bytes[..], &[0]].concat()), Err(Corrupt));
        assert_eq!(Profile::decode(&bytes[..bytes.len() - 1]), Err(Corrupt));
        assert_eq!(Profile::decode(&[]), Err(Corrupt));
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_come_back_bounded(mut bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Some(first) = bytes.first_mut() {
                *first = LAYOUT;
            }
            if let Ok(profile) = Profile::decode(&bytes) {
                prop_assert!(profile.encode().len() <= Profile::MOST_BYTES + 20);
            }
        }
    }
}
