//! Forms as browsers and some platforms write them: `application/x-www-form-urlencoded`.

use percent_encoding::percent_decode;

/// The fields of a form, in order, each name and value as bytes: a proof is over what was meant, not over how it was written.
/// What is empty between two `&` is no field.
#[must_use]
pub fn fields(body: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs = body.split(|it| *it == b'&').filter(|it| !it.is_empty());
    let field = |pair: &[u8]| {
        let at = pair.iter().position(|it| *it == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at(at);
        (decoded(name), decoded(value.get(1..).unwrap_or_default()))
    };
    pairs.map(field).collect()
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<_> = text.iter().map(|it| if *it == b'+' { b' ' } else { *it }).collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_were_meant() {
        let text = |it: Vec<u8>| String::from_utf8_lossy(&it).into_owned();
        let read = |form: &str| {
            let fields = fields(form.as_bytes()).into_iter();
            fields
                .map(|(name, value)| format!("{}→{}", text(name), text(value)))
                .collect::<Vec<_>>()
        };
        assert_eq!(read("a=1&b=&c&d=x%3Dy"), ["a→1", "b→", "c→", "d→x=y"]);
        assert_eq!(read("a+b=c%2Bd+e&a+b=%C3%B9"), ["a b→c+d e", "a b→ù"]);
        assert_eq!(read("a=b=c&&=x&"), ["a→b=c", "→x"]);
        assert_eq!(read(""), [""; 0]);
        assert_eq!(fields(b"a=%FF%zz"), [(b"a".to_vec(), b"\xff%zz".to_vec())]);
    }
}
