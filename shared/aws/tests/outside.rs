//! Fetches from addresses that somebody outside names: what must not be reached is not, and what has no end is cut.
#![expect(clippy::expect_used, reason = "test support: a failure here is a failed test")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws::outside::{Caps, FetchError, Outside, Wanted};
use domain::outside::{Reach, Refusal};
use http::HeaderValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CAPS: Caps = Caps {
    connect: Duration::from_millis(300),
    total: Duration::from_secs(2),
    bytes: 1024 * 1024,
    redirects: 3,
};

fn wanted<'a>(url: &'a str, hosts: &'a [&'a str]) -> Wanted<'a> {
    let authorization = Some(HeaderValue::from_static("Bearer hush"));
    Wanted { url, hosts, next_hosts: hosts, authorization }
}

/// The bytes of a body, or why it was not read to its end.
async fn read(outside: &Outside, wanted: &Wanted<'_>) -> Result<usize, FetchError> {
    let mut fetched = outside.fetch(wanted).await?;
    let mut n = 0;
    while let Some(piece) = fetched.next().await? {
        n += piece.len();
    }
    Ok(n)
}

/// A server that answers each connection with this, and keeps what it was asked.
async fn server(answer: &str) -> (String, Arc<std::sync::Mutex<Vec<String>>>) {
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (kept, answer) = (Arc::clone(&asked), answer.to_owned());
    let address = serve(move |mut stream, head| {
        kept.lock().expect("no poison").push(head);
        let answer = answer.clone();
        async move {
            // Whoever asked may be gone.
            stream.write_all(answer.as_bytes()).await.ok();
        }
    })
    .await;
    (address, asked)
}

async fn serve<F: Future<Output = ()> + Send + 'static>(
    acts: impl Fn(TcpStream, String) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let n = stream.read(&mut head).await.unwrap_or(0);
            head.truncate(n);
            tokio::spawn(acts(stream, String::from_utf8_lossy(&head).into_owned()));
        }
    });
    address
}

/// Fetches over a resolver that gives every name these addresses, and counts how often it was asked.
fn over(reach: Reach, addresses: &[&str]) -> (Outside, Arc<AtomicUsize>) {
    let found: Vec<SocketAddr> =
        addresses.iter().map(|it| SocketAddr::new(it.parse().expect("an address"), 0)).collect();
    let n_asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&n_asked);
    let lookup = Arc::new(move |_: &str| {
        counted.fetch_add(1, Ordering::Relaxed);
        found.clone()
    });
    (Outside::over(reach, CAPS, lookup).expect("a client"), n_asked)
}

/// Addresses that must not be reached, by what they are.
const CORPUS: &[(&str, &[&str])] = &[
    ("loopback", &["127.0.0.1", "127.255.255.254", "::1"]),
    ("unspecified", &["0.0.0.0", "::"]),
    ("private", &["10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "fd00::1", "fc00::1"]),
    ("link-local", &["169.254.169.254", "169.254.170.2", "fe80::1", "fd00:ec2::254"]),
    ("carrier", &["100.64.0.1", "100.127.255.254"]),
    ("mapped", &["::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1"]),
    ("NAT64", &["64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "64:ff9b::7f00:1"]),
    ("tunnels", &["2002:a9fe:a9fe::1", "2002:7f00:1::", "2001::a9fe:a9fe"]),
    (
        "special",
        &["192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1"],
    ),
];

#[tokio::test]
async fn no_address_of_the_corpus_is_reached_by_a_name_or_a_number() {
    let (mut n_tried, mut n_fetched) = (0, 0);
    let mut take = |result: Result<usize, FetchError>, what: &str| {
        n_tried += 1;
        match result {
            Ok(_) => n_fetched += 1,
            Err(error) => {
                let is_refused = matches!(error, FetchError::Refused(_));
                assert!(is_refused && !error.is_for_now(), "{what}: {error}");
            }
        }
    };
    for (kind, addresses) in CORPUS {
        for address in *addresses {
            let what = format!("{kind} {address}");
            // By a name that has this address, alone and behind a good one.
            for all in [&[*address][..], &["1.1.1.1", *address]] {
                let (outside, _) = over(Reach::Public, all);
                let hosts = ["files.example.com"];
                let by_name = wanted("https://files.example.com/a.jpg", &hosts);
                take(read(&outside, &by_name).await, &what);
            }
            // By itself.
            let host =
                if address.contains(':') { format!("[{address}]") } else { (*address).to_owned() };
            let (outside, _) = over(Reach::Public, &["1.1.1.1"]);
            for scheme in ["https", "http"] {
                let url = format!("{scheme}://{host}/latest/meta-data");
                take(read(&outside, &wanted(&url, &["*"])).await, &what);
            }
            // By a redirect of a host that is good.
            let (from, _) = server(&format!(
                "HTTP/1.1 302 Found\r\nlocation: http://{host}:80/\r\ncontent-length: 0\r\n\r\n"
            ))
            .await;
            // On this machine a model may be reached, as it is here, and only that.
            if !matches!(*kind, "loopback") && *address != "::ffff:127.0.0.1" {
                let (outside, _) = over(Reach::Loopback, &["1.1.1.1"]);
                take(read(&outside, &wanted(&from, &["*"])).await, &what);
            }
        }
    }
    let written = [
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://0xa9.0xfe.0xa9.0xfe/",
        "https://0251.0376.0251.0376/",
        "https://169.254.43518/",
        "https://127.1/",
        "https://①②⑦.0.0.1/",
        "https://files.example.com@127.0.0.1/",
        "https://127.0.0.1:443/",
        "gopher://127.0.0.1/",
        "file:///etc/passwd",
    ];
    for url in written {
        let (outside, _) = over(Reach::Public, &["1.1.1.1"]);
        take(read(&outside, &wanted(url, &["*"])).await, url);
    }
    assert_eq!((n_fetched, n_tried), (0, 172));
}

/// A name that is looked up twice may be another place the second time.
#[tokio::test]
async fn a_name_is_looked_up_once_for_a_connection_and_checked_each_time() {
    let n = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&n);
    let (first, second) = ("127.0.0.1:0", "169.254.169.254:0");
    let lookup = Arc::new(move |_: &str| {
        let now = if counted.fetch_add(1, Ordering::Relaxed) == 0 { first } else { second };
        vec![now.parse().expect("an address")]
    });
    let outside = Outside::over(Reach::Loopback, CAPS, lookup).expect("a client");
    let hosts = ["files.example.com"];
    let url = wanted("https://files.example.com/a.jpg", &hosts);
    // The first address may be reached: it is tried, and nobody is there.
    let error = read(&outside, &url).await.expect_err("nobody answers");
    assert!(matches!(error, FetchError::Unreachable(_)) && error.is_for_now(), "{error}");
    assert_eq!(n.load(Ordering::Relaxed), 1, "one look for one connection");
    let error = read(&outside, &url).await.expect_err("it moved");
    assert!(matches!(error, FetchError::Refused(Refusal::Private)), "{error}");
}

#[tokio::test]
async fn a_redirect_is_followed_without_the_credentials_of_another_host_and_not_for_ever() {
    let (last, asked_last) =
        server("HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 4\r\n\r\nlamp").await;
    let (first, asked_first) = server(&format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {last}/a\r\ncontent-length: 0\r\n\r\n"
    ))
    .await;
    let outside = Outside::new(Reach::Loopback, CAPS).expect("a client");
    let fetched = outside.fetch(&wanted(&first, &[])).await.expect("a file");
    assert_eq!(fetched.media_type.as_deref(), Some("image/png"));
    assert_eq!(read(&outside, &wanted(&first, &[])).await.expect("a file"), 4);
    let all = |asked: &std::sync::Mutex<Vec<String>>| {
        asked.lock().expect("no poison").join("\n").to_lowercase()
    };
    assert!(all(&asked_first).contains("authorization: bearer hush"));
    assert!(!all(&asked_last).contains("hush"), "{}", all(&asked_last));
    let (round, asked) =
        server("HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n").await;
    let error = read(&outside, &wanted(&round, &[])).await.expect_err("no end");
    assert!(matches!(error, FetchError::Redirects), "{error}");
    assert_eq!(asked.lock().expect("no poison").len(), 1 + CAPS.redirects);
}

#[tokio::test]
async fn a_body_is_cut_at_its_cap_whether_it_says_its_length_or_not() {
    let outside = Outside::new(Reach::Loopback, CAPS).expect("a client");
    let (said, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\nbegin").await;
    let error = read(&outside, &wanted(&said, &[])).await.expect_err("100 MB");
    assert!(matches!(error, FetchError::TooLarge(_)), "{error}");
    assert_eq!(asked.lock().expect("no poison").len(), 1);
    let n_written = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&n_written);
    let endless = serve(move |mut stream, _| {
        let counted = Arc::clone(&counted);
        async move {
            let piece = vec![b'x'; 64 * 1024];
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let mut is_open = stream.write_all(head).await.is_ok();
            while is_open {
                let chunk = [b"10000\r\n".as_slice(), &piece, b"\r\n"].concat();
                is_open = stream.write_all(&chunk).await.is_ok();
                counted.fetch_add(piece.len(), Ordering::Relaxed);
            }
        }
    })
    .await;
    let error = read(&outside, &wanted(&endless, &[])).await.expect_err("no end");
    assert!(matches!(error, FetchError::TooLarge(_)) && !error.is_for_now(), "{error}");
    // What lies in the sockets between us was written, and no more.
    let n_written = n_written.load(Ordering::Relaxed);
    assert!(n_written < 16 * 1024 * 1024, "{n_written} bytes were taken of an endless body");
}

#[tokio::test]
async fn a_host_that_hangs_or_says_no_has_its_reason() {
    let outside = Outside::new(Reach::Loopback, CAPS).expect("a client");
    let hangs = serve(|stream, _| async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        drop(stream);
    })
    .await;
    let error = read(&outside, &wanted(&hangs, &[])).await.expect_err("no answer");
    assert!(matches!(&error, FetchError::Unreachable(it) if it.contains("too late")), "{error}");
    assert!(!error.to_string().contains("127.0.0.1"), "{error}");
    for (status, is_for_now) in [(404, false), (403, false), (410, false), (429, true), (503, true)]
    {
        let (host, _) = server(&format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n")).await;
        let error = read(&outside, &wanted(&host, &[])).await.expect_err("no");
        assert!(matches!(error, FetchError::Status(it) if it == status), "{error}");
        assert_eq!(error.is_for_now(), is_for_now, "{status}");
    }
}
