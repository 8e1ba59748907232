//! The end of a page: opaque to the caller, and of use only with the query that gave it.

use aws::store::Position;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::event::digest;
use domain::time::Timestamp;

use crate::problem::{ApiProblem, CURSOR_INVALID};

/// Writes a position as text.
///
/// The check binds it to its query, so that a cursor that was cut or taken to another list is refused. It is no secret:
/// a forged position shows nothing that the query itself does not.
#[must_use]
pub(crate) fn write(query: &[&str], position: &Position) -> String {
    let place = format!("{}.{}", position.at, position.key);
    URL_SAFE_NO_PAD.encode(format!("{}.{place}", check(query, &place)))
}

/// Reads what [`write()`] wrote for the same query. Anybody can make a cursor, so nothing of it is taken as it is: its moment
/// is one that there is, and its key is one that a row of the list has.
pub(crate) fn read(
    query: &[&str],
    cursor: &str,
    is_key: impl Fn(&str) -> bool,
) -> Result<Position, ApiProblem> {
    let position = parse(query, cursor).filter(|it| is_key(&it.key));
    position.ok_or_else(|| ApiProblem::new(CURSOR_INVALID))
}

fn parse(query: &[&str], cursor: &str) -> Option<Position> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (shown, place) = text.split_once('.')?;
    if shown != check(query, place) {
        return None;
    }
    let (written, key) = place.split_once('.')?;
    let at = written.parse().ok()?;
    let is_moment = (0..=Timestamp::LAST.ms()).contains(&at) && at.to_string() == written;
    is_moment.then(|| Position { at, key: key.to_owned() })
}

fn check(query: &[&str], place: &str) -> String {
    let parts: Vec<_> = query.iter().copied().chain([place]).collect();
    let mut digest = digest(&parts);
    digest.truncate(16);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(_: &str) -> bool {
        true
    }

    #[test]
    fn a_cursor_is_read_by_its_own_query_only() {
        let position = Position { at: 1_795_000_000_001, key: "MSG#out#msg_1.x".to_owned() };
        let cursor = write(&["timeline", "thr_1"], &position);
        assert_eq!(read(&["timeline", "thr_1"], &cursor, any), Ok(position));
        assert!(read(&["timeline", "thr_2"], &cursor, any).is_err());
    }

    #[test]
    fn a_changed_cursor_is_refused_wherever_it_was_changed() {
        let position = Position { at: 5, key: "k".to_owned() };
        let cursor = write(&["q"], &position);
        for n in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[n] = if changed[n] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(read(&["q"], &changed, any).is_err(), "byte {n}");
        }
        for nonsense in ["", "x", "====", "é"] {
            assert!(read(&["q"], nonsense, any).is_err());
        }
    }

    #[test]
    fn a_moment_that_there_is_not_and_a_key_of_another_list_are_refused() {
        let made = |at, key: &str| write(&["q"], &Position { at, key: key.to_owned() });
        let is_key = |key: &str| key == "own";
        assert!(read(&["q"], &made(5, "own"), is_key).is_ok());
        assert!(read(&["q"], &made(5, "other"), is_key).is_err());
        for at in [-1, i64::MIN, i64::MAX, Timestamp::LAST.ms() + 1] {
            assert!(read(&["q"], &made(at, "own"), is_key).is_err(), "{at}");
        }
    }
}
