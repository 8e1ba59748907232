//! The capacity that whole streams consume when they are filed by the real code in an embedded table, indexes included.
//!
//! `STREAMS=a.jsonl,b.jsonl cargo test --workspace --test capacity -- --nocapture` measures others than the repository's own.

#[cfg(test)]
mod bill;
#[cfg(test)]
mod desk;

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use threads::stream::{contacts, lines};

    use crate::bill::Bill;
    use crate::desk::{Desk, Ours, SENT};

    /// Units that a filed message may consume on average. Here every fourth opens a thread, which is more than people do;
    /// and whoever answers or is answered moves the thread from one list to another, which is two writes of the index.
    const MOST_WRITE: f64 = 6.7;
    /// Units that a send may consume, from the request to its result.
    const MOST_SEND: f64 = 10.0;
    /// Bytes of a live thread, keys and names included.
    const MOST_BYTES: usize = 460;

    fn streams() -> Vec<PathBuf> {
        let named = aws::env_or("STREAMS", "");
        if named.is_empty() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/threads");
            return ["en", "fr", "mixed"].map(|it| folder.join(format!("{it}.jsonl"))).into();
        }
        named.split(',').map(PathBuf::from).collect()
    }

    /// Files all streams into one table.
    async fn file(ours: Ours) -> Bill {
        let desk = Desk::open(ours).await;
        let mut bill = Bill::default();
        for path in streams() {
            for contact in &contacts(lines(&path).unwrap()) {
                desk.file(contact, &mut bill).await;
            }
        }
        bill.weigh(&desk.cloud.items().await);
        bill
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[expect(clippy::print_stdout, reason = "the table is what a reader of the run wants to see")]
    async fn streams_stay_within_the_capacity_that_was_meant_for_them() {
        let (echoed, sent) = (file(Ours::Echoed), file(Ours::Sent));
        let (echoed, sent) = tokio::join!(tokio::spawn(echoed), tokio::spawn(sent));
        let (echoed, sent) = (echoed.unwrap(), sent.unwrap());
        println!("our words as a colleague writes them in another tool:\n{echoed}");
        println!("our words as the API sends them:\n{sent}");
        assert!(echoed.mean_write() <= MOST_WRITE, "{}", echoed.mean_write());
        assert!(sent.most_write(SENT) <= MOST_SEND, "{}", sent.most_write(SENT));
        assert!(echoed.largest().max(sent.largest()) <= MOST_BYTES);
    }
}
