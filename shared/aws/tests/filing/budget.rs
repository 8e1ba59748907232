//! The share of messages that may be shown as unsure: the threshold follows the weeks before, and a message that comes
//! again is what it was when it was filed.

use aws::store::item::Item;
use aws::store::{Budget, Fresh, Rules};
use domain::threading::budget::UNSURE_BELOW;
use domain::time::Timestamp;
use embedded::Cloud;
use embedded::events::says;
use embedded::tables::{file, of_kind, rules, table, text};

const WEEK: i64 = 7 * 24 * 3_600;
/// A Thursday, on which weeks begin.
const THURSDAY: i64 = 2_975 * WEEK;

fn week(n: i64) -> Timestamp {
    Timestamp::from_secs(THURSDAY + n * WEEK)
}

fn weeks(items: &[Item]) -> Vec<String> {
    items.iter().filter(|it| text(it, "pk") == "CNF").map(|it| text(it, "sk")).collect()
}

#[tokio::test]
async fn the_threshold_of_a_week_follows_the_weeks_before_it() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let (budget, rules) = (Budget::percent(5.0), rules());
    assert!(
        (table.filing().within(&budget, &rules, week(0)).await.this_week.unwrap() - UNSURE_BELOW)
            .abs()
            < 1e-6
    );
    for n in 0..4_000 {
        // A tenth is below 0.9, evenly: a twentieth is below 0.45.
        let low = f32::from(u8::try_from(n / 10 % 100).unwrap()) * 0.009;
        rules.tally.note(if n % 10 == 0 { low } else { 0.97 });
    }
    table.filing().write_tally(&rules.tally, week(0)).await;
    let known = table.filing().within(&budget, &rules, week(0)).await.this_week.unwrap();
    assert!((known - UNSURE_BELOW).abs() < 1e-6, "it stays for the week");
    let next = table.filing().within(&budget, &rules, week(1)).await.this_week.unwrap();
    assert!((0.44..0.5).contains(&next), "{next}");
    let more =
        table.filing().within(&Budget::percent(9.0), &rules, week(1)).await.this_week.unwrap();
    assert!(more > next + 0.2, "who looks at more is shown more: {more}");
    let long_after = table.filing().within(&budget, &rules, week(6)).await.this_week.unwrap();
    assert!(
        (long_after - UNSURE_BELOW).abs() < 1e-6,
        "what is archived than four weeks is forgotten"
    );
    let none =
        table.filing().within(&Budget::percent(0.0), &rules, week(1)).await.this_week.unwrap();
    assert!(none <= 0.0, "{none}");
}

#[tokio::test]
async fn each_message_is_counted_once_and_written_with_many_others() {
    let cloud = Cloud::start().await;
    let process = cloud.process();
    let table = table(&process);
    let rules = rules();
    let said: Vec<_> =
        (0..60).map(|n| says(&n.to_string(), n * 30, "where is my parcel?")).collect();
    for event in &said {
        table.filing().file(event, &Fresh::ids(), &rules).await.unwrap();
        table.filing().file(event, &Fresh::ids(), &rules).await.unwrap();
        table.filing().write_tally(&rules.tally, week(0)).await;
    }
    let items = cloud.items().await;
    assert_eq!(weeks(&items), ["00002975"]);
    let counts = items.iter().find(|it| text(it, "pk") == "CNF").unwrap();
    let bins = counts.iter().filter(|it| it.0.starts_with('b'));
    let total: u32 = bins.map(|it| it.1.as_n().unwrap().parse::<u32>().unwrap()).sum();
    assert_eq!(total, 50, "one write for fifty messages, and a repeat counts for nothing");
    assert!(counts.contains_key("expires"));
}

#[tokio::test]
async fn a_message_that_comes_again_under_another_threshold_is_what_it_was() {
    let doubting = Rules { this_week: Some(2.0), ..rules() };
    let trusting = Rules { this_week: Some(0.0), ..rules() };
    for (first, again, is_unsure) in [(&doubting, &trusting, true), (&trusting, &doubting, false)] {
        let cloud = Cloud::start().await;
        let table = table(&cloud.process());
        file(&table, &says("a", 0, "Hello, I would like to return my lamp")).await.unwrap();
        let event = says("b", 60, "it is the green one");
        for rules in [first, again, again] {
            table.filing().file(&event, &Fresh::ids(), rules).await.unwrap();
        }
        let items = cloud.items().await;
        let live = of_kind(&items, "CON#", "1#")[0];
        assert_eq!(live.contains_key("unsure"), is_unsure);
    }
}
