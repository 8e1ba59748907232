//! Addresses that somebody outside names: whether our functions may call them.
//!
//! A function's network has addresses that tell its credentials, and neighbours that trust it. So an address of a message or of a
//! subscriber is called only if its host is known beforehand or every address of it is one of the public internet.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The addresses that a call may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the public internet, encrypted.
    Public,
    /// Those of this machine, too, without encryption: models of platforms live there.
    Loopback,
}

impl Reach {
    /// Whether a call may reach an address.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        is_public(address) || (self == Self::Loopback && address.to_canonical().is_loopback())
    }

    /// The address that a text names, if a call may go there: encrypted, on the usual port, without a name or a password in it, to
    /// one of these hosts. A host that begins with a dot stands for every host under it; `*` for any that has a name.
    pub fn target(self, text: &str, hosts: &[&str]) -> Result<Url, Refusal> {
        let url = Url::parse(text).map_err(|_| Refusal::Unreadable)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        if self == Self::Loopback && is_loopback(&url) {
            return Ok(url);
        }
        if url.scheme() != "https" {
            return Err(Refusal::Unencrypted);
        }
        if url.port().is_some() {
            return Err(Refusal::Port);
        }
        // A number in any spelling is one here: the parser has read it.
        let Some(Host::Domain(host)) = url.host() else { return Err(Refusal::Number) };
        let host = host.strip_suffix('.').unwrap_or(host);
        let is_known = |known: &&str| match known.strip_prefix('.') {
            Some(_) => host.ends_with(*known),
            None => *known == "*" || host == *known,
        };
        if hosts.iter().any(is_known) { Ok(url) } else { Err(Refusal::Host) }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(it)) => it.is_loopback(),
        Some(Host::Ipv6(it)) => it.is_loopback(),
        None => false,
    }
}

/// The reason for which an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no address.
    #[error("it is no address")]
    Unreadable,
    /// It is not https.
    #[error("it is not encrypted")]
    Unencrypted,
    /// It holds a name or a password.
    #[error("it holds a name or a password")]
    Credentials,
    /// It names a port.
    #[error("it names a port")]
    Port,
    /// Its host is a number.
    #[error("its host is a number and no name")]
    Number,
    /// Its host is none of those that are known.
    #[error("its host is not one of those that are known")]
    Host,
    /// An address of its host is not one of the public internet.
    #[error("its host has an address that is not public")]
    Private,
}

/// Whether an address is one of the public internet, as IANA's registries of special addresses have it.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(it) => is_public_v4(it),
        IpAddr::V6(it) => is_public_v6(it),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match a {
        // This network, private, loopback, multicast and what is reserved.
        0 | 10 | 127 | 224.. => true,
        // Shared by the customers of a carrier.
        100 => (64..128).contains(&b),
        // Link-local: the metadata of an instance.
        169 => b == 254,
        172 => (16..32).contains(&b),
        // Private, protocol assignments, documentation, 6to4 relays.
        192 => b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99),
        // Benchmarks, documentation.
        198 => b == 18 || b == 19 || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        _ => false,
    };
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Only this part is given out. It leaves out loopback, local and multicast addresses, and those of NAT64, which hold another.
    let [a, b, ..] = address.segments();
    let is_given_out = a & 0xe000 == 0x2000;
    let is_special = match a {
        // Teredo, benchmarks, ORCHID, documentation.
        0x2001 => b < 0x0200 || b == 0x0db8,
        // 6to4, which holds another address.
        0x2002 => true,
        // Documentation.
        0x3fff => b < 0x1000,
        _ => false,
    };
    is_given_out && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<Refusal> {
        Reach::Public.target(text, &["cdn.example.com", ".fbcdn.net"]).err()
    }

    #[test]
    fn an_address_must_be_encrypted_plain_and_of_a_known_host() {
        assert_eq!(refused("https://cdn.example.com/a?b=c"), None);
        assert_eq!(refused("https://scontent.xx.fbcdn.net/v/1.jpg"), None);
        for (text, reason) in [
            ("http://cdn.example.com/a", Refusal::Unencrypted),
            ("ftp://cdn.example.com/a", Refusal::Unencrypted),
            ("file:///etc/passwd", Refusal::Unencrypted),
            ("https://cdn.example.com:8443/a", Refusal::Port),
            ("https://ada@cdn.example.com/a", Refusal::Credentials),
            ("https://cdn.example.com@169.254.169.254/", Refusal::Credentials),
            ("https://cdn.example.com.evil.example/", Refusal::Host),
            ("https://evilfbcdn.net/", Refusal::Host),
            ("https://fbcdn.net/", Refusal::Host),
            ("https://localhost/", Refusal::Host),
            ("//cdn.example.com/a", Refusal::Unreadable),
            ("", Refusal::Unreadable),
        ] {
            assert_eq!(refused(text), Some(reason), "{text}");
        }
    }

    #[test]
    fn a_number_is_no_name_however_it_is_written() {
        for host in [
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "169.254.43518",
            "127.1",
            "0",
            "[::1]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[fd00:ec2::254]",
        ] {
            let any = Reach::Public.target(&format!("https://{host}/"), &["*"]);
            assert_eq!(any, Err(Refusal::Number), "{host}");
        }
        // Letters in a circle are letters to a resolver.
        assert_eq!(Reach::Public.target("https://①②⑦.0.0.①/", &["*"]), Err(Refusal::Number));
    }

    #[test]
    fn what_the_registries_call_special_is_not_public() {
        for special in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
        for public in [
            "1.1.1.1",
            "9.9.9.9",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2606:4700::1111",
            "2a03:2880::1",
            "2001:4860::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_model_on_this_machine_is_reached_where_that_is_said_and_its_neighbours_are_not() {
        for (host, is_ok) in [("127.0.0.1", true), ("localhost", true), ("10.0.0.1", false)] {
            let url = format!("http://{host}:4566/a");
            assert_eq!(Reach::Loopback.target(&url, &[]).is_ok(), is_ok, "{host}");
            assert!(Reach::Public.target(&url, &[]).is_err(), "{host}");
        }
        assert!(Reach::Loopback.allows("127.0.0.1".parse().unwrap()));
        assert!(!Reach::Loopback.allows("169.254.169.254".parse().unwrap()));
    }
}
