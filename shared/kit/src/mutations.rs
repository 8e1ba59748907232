//! Forgeries: nearly right proofs, made by rule and by repeatable chance. None may be believed.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use domain::inbound::Inbound;
use domain::webhook::{Encoding, Proof, sign};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::bench::{Bench, Case, SECRET};
use crate::failures::Failures;
use crate::scramble::Scramble;

/// Makes `n` forgeries of a channel's fixtures (other headers, bodies, encodings, cases, prefixes, algorithms, secrets,
/// doubled and cut proofs) and proves that none is believed; then signs `n` bodies rightly and proves that each is. Prints
/// both counts. The forgeries are the same on every run.
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
        let (what, forgery) = Forgery::make(&proof, case, i, &mut chance);
        let believed =
            bench.verify(&proof, &forgery.headers(), case.query(), &forgery.body).is_ok();
        failures.check(!believed, &case.name, format!("forgery {i} is believed: {what}"));
    }
    for i in 0..n {
        let mut case = chance.pick(&bench.cases).clone();
        for _ in 0..i % 4 {
            case.body = other_body(&case.body, &mut chance);
        }
        // A bare word may be a nonce, which proves nothing.
        case.body.push(b'\n');
        let headers = case.signed(&proof, chance.pick(&bench.secrets.signing));
        let believed = bench.verify(&proof, &headers, case.query(), &case.body).is_ok();
        failures.check(believed, &case.name, format!("true webhook {i} is refused"));
    }
    failures.finish("forgeries");
    #[expect(clippy::print_stdout, reason = "the counts are what a reader of the test run wants")]
    {
        println!("{}: {n} forgeries, 0 believed; {n} true webhooks, 0 refused", inbound.name);
    }
}

/// A webhook with a proof that is not its own.
#[derive(Clone, PartialEq)]
struct Forgery {
    header: String,
    values: Vec<Vec<u8>>,
    body: Vec<u8>,
}

impl Forgery {
    /// The `i`-th forgery of a case, and its fault in words.
    fn make(proof: &Proof, case: &Case, i: usize, chance: &mut Scramble) -> (&'static str, Self) {
        let (header, value) = sign(proof, &SECRET.into(), &case.body);
        let honest = Self {
            header: header.to_owned(),
            values: vec![value.into_bytes()],
            body: case.body.clone(),
        };
        let mut forged = honest.clone();
        let n_kinds = if matches!(proof, Proof::Token { .. }) { 4 } else { 9 };
        let what = match i % n_kinds {
            0 => forged.change_header(chance),
            1 => forged.change_text(chance),
            2 => forged.change_secret(proof, chance),
            3 => forged.surround(chance),
            4 => {
                forged.body = other_body(&forged.body, chance);
                "another body"
            }
            5 => forged.change_prefix(proof, chance),
            6 => forged.change_encoding(proof, chance),
            7 => forged.change_algorithm(proof, chance),
            _ => forged.change_mac(proof, chance),
        };
        if forged == honest {
            // This change left it as it was, say a case where there are only digits.
            forged.values[0].push(b'0');
            return ("a digit too many", forged);
        }
        (what, forged)
    }

    fn headers(&self) -> HeaderMap {
        let name = HeaderName::try_from(&self.header).unwrap();
        let value = |it: &Vec<u8>| (name.clone(), HeaderValue::from_bytes(it).unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in self.values.iter().map(value) {
            headers.append(name, value);
        }
        headers
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
    fn change_secret(&mut self, proof: &Proof, chance: &mut Scramble) -> &'static str {
        let cut = 1 + chance.below(SECRET.len() - 1);
        let secret = match chance.below(7) {
            0 => String::new(),
            1 => SECRET.chars().take(cut).collect(),
            2 => SECRET.to_uppercase(),
            3 => SECRET.to_lowercase(),
            4 => SECRET.chars().rev().collect(),
            5 => format!("{SECRET}\t"),
            _ => format!("{:x}", chance.next()),
        };
        self.values[0] = sign(proof, &secret.into(), &self.body).1.into_bytes();
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

    fn change_prefix(&mut self, proof: &Proof, chance: &mut Scramble) -> &'static str {
        let others =
            ["", "sha1=", "SHA256=", "sha256:", "sha512=", "sha256", "sha256= ", "v1=", "="];
        let (right, encoding) = hmac_parts(proof);
        let mac = mac::<Hmac<Sha256>>(SECRET.as_bytes(), &self.body);
        let twice = format!("{right}{right}");
        let other = if chance.below(8) == 0 { &twice } else { *chance.pick(&others) };
        if other != right {
            self.values[0] = format!("{other}{}", encode(encoding, &mac)).into_bytes();
        }
        "another prefix"
    }

    fn change_encoding(&mut self, proof: &Proof, chance: &mut Scramble) -> &'static str {
        let (prefix, encoding) = hmac_parts(proof);
        let mac = mac::<Hmac<Sha256>>(SECRET.as_bytes(), &self.body);
        let base64 = STANDARD.encode(&mac);
        let text = match (chance.below(6), encoding) {
            (0, Encoding::Hex) => base64,
            (0, Encoding::Base64) | (1, _) => hex::encode_upper(&mac),
            (2, _) => STANDARD_NO_PAD.encode(&mac),
            (3, _) => URL_SAFE.encode(hex::encode(&mac)),
            (4, _) => format!("0x{}", hex::encode(&mac)),
            (_, _) => mac.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        };
        self.values[0] = format!("{prefix}{text}").into_bytes();
        "another encoding"
    }

    fn change_algorithm(&mut self, proof: &Proof, chance: &mut Scramble) -> &'static str {
        let (secret, body) = (SECRET.as_bytes(), self.body.as_slice());
        let forged = match chance.below(8) {
            0 => mac::<Hmac<Sha512>>(secret, body),
            1 => mac::<Hmac<Sha384>>(secret, body),
            2 => mac::<Hmac<Sha224>>(secret, body),
            3 => Sha256::digest(body).to_vec(),
            4 => Sha256::digest([secret, body].concat()).to_vec(),
            5 => Sha256::digest([body, secret].concat()).to_vec(),
            6 => mac::<Hmac<Sha256>>(body, secret),
            _ => mac::<Hmac<Sha512>>(secret, body)[..32].to_vec(),
        };
        self.set_mac(proof, &forged);
        "another algorithm"
    }

    fn change_mac(&mut self, proof: &Proof, chance: &mut Scramble) -> &'static str {
        let mut forged = mac::<Hmac<Sha256>>(SECRET.as_bytes(), &self.body);
        match chance.below(5) {
            0 => forged.fill(0),
            1 => forged.reverse(),
            2 => forged.truncate(chance.below(32)),
            3 => forged.push(0),
            _ => forged[chance.below(32)] ^= 1 << chance.below(8),
        }
        self.set_mac(proof, &forged);
        "another MAC"
    }

    fn set_mac(&mut self, proof: &Proof, mac: &[u8]) {
        let (prefix, encoding) = hmac_parts(proof);
        self.values[0] = format!("{prefix}{}", encode(encoding, mac)).into_bytes();
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

fn hmac_parts(proof: &Proof) -> (&'static str, Encoding) {
    match *proof {
        Proof::Hmac { prefix, encoding, .. } => (prefix, encoding),
        Proof::Token { .. } => panic!("a token is no MAC"),
    }
}

fn encode(encoding: Encoding, mac: &[u8]) -> String {
    match encoding {
        Encoding::Hex => hex::encode(mac),
        Encoding::Base64 => STANDARD.encode(mac),
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
