//! Forgeries: nearly right proofs, made by rule and by repeatable chance. None may be believed.

mod address;
mod body_token;
mod jwt;
mod mac;

use domain::inbound::Inbound;
use domain::webhook::Proof;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use crate::bench::{Bench, Case, SECRET, Sent};
use crate::failures::Failures;
use crate::scramble::Scramble;

/// Makes `n` forgeries of a channel's fixtures (other headers, bodies, addresses, encodings, cases, prefixes, algorithms,
/// secrets, claims, doubled and cut proofs) and proves that none is believed; then signs `n` bodies rightly and proves that
/// each is. Prints both counts. The forgeries are the same on every run.
///
/// A channel whose events the shell vouches for has nothing to forge: it fails here, so that nobody calls this for it and
/// believes it tested.
///
/// # Panics
/// With every forgery that is believed and every true webhook that is not.
pub fn check_mutations(inbound: &Inbound, manifest_dir: &str, n: usize) {
    let bench = Bench::open(inbound, manifest_dir);
    let proof = bench.proof().unwrap_or_else(|| panic!("{} has no proof to forge", inbound.name));
    let mut chance = Scramble::new(26);
    let mut failures = Failures::default();
    for i in 0..n {
        let case = chance.pick(&bench.cases);
        let (what, forgery) = forge(&bench, &proof, case, i, &mut chance);
        let believed = bench.verify(&proof, &forgery).is_ok();
        failures.check(!believed, &case.name, format!("forgery {i} is believed: {what}"));
    }
    for i in 0..n {
        let case = true_case(&bench, &proof, i, &mut chance);
        let sent = bench.signed(&case, chance.pick(&bench.secrets.signing));
        let believed = bench.verify(&proof, &sent).is_ok();
        failures.check(believed, &case.name, format!("true webhook {i} is refused"));
    }
    failures.finish("forgeries");
    #[expect(clippy::print_stdout, reason = "the counts are what a reader of the test run wants")]
    {
        println!("{}: {n} forgeries, 0 believed; {n} true webhooks, 0 refused", inbound.name);
    }
}

/// The `i`-th forgery of a case, and its fault in words.
fn forge(
    bench: &Bench<'_>,
    proof: &Proof,
    case: &Case,
    i: usize,
    chance: &mut Scramble,
) -> (&'static str, Sent) {
    if let Proof::BodyToken { field } = proof {
        return body_token::forge(field, case, chance);
    }
    let honest = Forgery::honest(bench, proof, case);
    let mut forged = honest.clone();
    let what = match (i % 4, proof) {
        (0, _) => forged.change_header(chance),
        (1, _) => forged.change_text(chance),
        (2, _) => forged.surround(chance),
        (_, Proof::Token { .. }) => forged.change_secret(bench, case, chance),
        (_, Proof::Hmac { prefix, encoding, .. }) => {
            mac::change(&mut forged, (prefix, *encoding), bench, case, chance)
        }
        (_, Proof::Address(it)) => address::change(&mut forged, it, bench, case, chance),
        (_, Proof::Jwt(it)) => jwt::change(&mut forged, it, bench, case, chance),
        (_, Proof::BodyToken { .. }) => "nothing",
    };
    if forged == honest {
        // This change left it as it was, say a case where there are only digits.
        forged.values[0].push(b'0');
        return ("a digit too many", forged.sent());
    }
    (what, forged.sent())
}

/// A case with another body that is to be proven.
fn true_case(bench: &Bench<'_>, proof: &Proof, i: usize, chance: &mut Scramble) -> Case {
    let mut case = chance.pick(&bench.cases).clone();
    if let Proof::BodyToken { .. } = proof {
        // Only in an object there is room for a token.
        let mut body: Map<String, Value> = serde_json::from_slice(&case.body).unwrap_or_default();
        body.insert("n".to_owned(), i.into());
        case.body = Value::from(body).to_string().into_bytes();
        return case;
    }
    for _ in 0..i % 4 {
        case.body = other_body(&case.body, chance);
    }
    // A bare word may be a nonce, which proves nothing.
    case.body.push(b'\n');
    case
}

/// A webhook with a proof in a header that is not its own.
#[derive(Clone, PartialEq)]
struct Forgery {
    /// The request without its proof.
    bare: Sent,
    header: String,
    values: Vec<Vec<u8>>,
}

impl Forgery {
    fn honest(bench: &Bench<'_>, proof: &Proof, case: &Case) -> Self {
        let header = proof.header().unwrap();
        let mut bare = bench.signed(case, &SECRET.into());
        let value = bare.headers.remove(header).unwrap().as_bytes().to_vec();
        Self { bare, header: header.to_owned(), values: vec![value] }
    }

    fn sent(self) -> Sent {
        let name = HeaderName::try_from(&self.header).unwrap();
        let mut sent = self.bare;
        for value in &self.values {
            sent.headers.append(name.clone(), HeaderValue::from_bytes(value).unwrap());
        }
        sent
    }

    fn change_header(&mut self, chance: &mut Scramble) -> &'static str {
        let value = self.values[0].clone();
        match chance.below(6) {
            0 => {
                self.values.clear();
                "no proof"
            }
            1 => {
                self.values.push(value);
                "the proof twice"
            }
            2 => {
                self.values.insert(0, b"sha256=00".to_vec());
                "a wrong proof before the right one"
            }
            3 => {
                self.values.push(b"sha256=00".to_vec());
                "a wrong proof after the right one"
            }
            4 => {
                let others = ["authorization", "x-signature", "x-hub-signature", "x-secret"];
                self.header = String::from(*chance.pick(&others));
                "the proof in another header"
            }
            _ => {
                self.values[0].clear();
                "an empty proof"
            }
        }
    }

    fn change_text(&mut self, chance: &mut Scramble) -> &'static str {
        let value = &mut self.values[0];
        let at = chance.below(value.len());
        match chance.below(5) {
            0 => {
                value[at] = *chance.pick(b"0123456789abcdefABCDEF=+/-_ ");
                "another character"
            }
            1 => {
                value[at] ^= if value[at].is_ascii_alphabetic() { 0x20 } else { 1 };
                "another case"
            }
            2 => {
                value.truncate(at);
                "a cut proof"
            }
            3 => {
                value.insert(at, *chance.pick(b"0af =,"));
                "a character too many"
            }
            _ => {
                value.rotate_left(at);
                "a turned proof"
            }
        }
    }

    /// Signs with a secret that is close to the right one. A zero byte at its end would be no change: HMAC fills keys up
    /// with zeros.
    fn change_secret(
        &mut self,
        bench: &Bench<'_>,
        case: &Case,
        chance: &mut Scramble,
    ) -> &'static str {
        let signed = bench.signed(case, &near_secret(chance).into());
        self.values[0] = signed.headers[self.header.as_str()].as_bytes().to_vec();
        "another secret"
    }

    fn surround(&mut self, chance: &mut Scramble) -> &'static str {
        let value = String::from_utf8_lossy(&self.values[0]).into_owned();
        let around = match chance.below(7) {
            0 => format!(" {value}"),
            1 => format!("{value} "),
            2 => format!("\"{value}\""),
            3 => format!("{value},{value}"),
            4 => format!("{value}; v=1"),
            5 => format!("Bearer {value}"),
            _ => format!("{value}\t"),
        };
        self.values[0] = around.into_bytes();
        "something around the proof"
    }
}

/// A secret that is close to the right one.
fn near_secret(chance: &mut Scramble) -> String {
    let cut = 1 + chance.below(SECRET.len() - 1);
    match chance.below(7) {
        0 => String::new(),
        1 => SECRET.chars().take(cut).collect(),
        2 => SECRET.to_uppercase(),
        3 => SECRET.to_lowercase(),
        4 => SECRET.chars().rev().collect(),
        5 => format!("{SECRET}\t"),
        _ => format!("{:x}", chance.next()),
    }
}

/// A body that is not this one.
fn other_body(body: &[u8], chance: &mut Scramble) -> Vec<u8> {
    let mut other = body.to_vec();
    let at = chance.below(body.len());
    match chance.below(7) {
        0 if !body.is_empty() => other[at] ^= 1 << chance.below(8),
        1 => other.insert(at, b' '),
        2 if !body.is_empty() => drop(other.remove(at)),
        3 => other.truncate(at),
        4 => other.extend_from_slice(b"\n"),
        5 => other.extend_from_slice(body),
        _ => other.rotate_left(at),
    }
    if other == body {
        other.push(b'0');
    }
    other
}
