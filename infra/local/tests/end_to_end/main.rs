//! The real template with the real functions on the local cloud, against strict models of the platforms: one deployment, and each
//! scenario a test of its own name.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is not as expected fails the test"
)]

mod asking;
mod callers;
mod kept;
mod life;
mod readme;
mod rethreading;
mod rights;
mod rotating;
mod telling;
mod world;

use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use local::story;

use crate::world::World;

/// A scenario as it is played. It panics at the first thing that is not as expected.
type Play<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Names each function as the built-in harness would, and makes a test of it.
macro_rules! scenarios {
    ($world:expr; $($scenario:path,)*) => {
        [$(scenario($world, stringify!($scenario).to_owned(), |it| Box::pin($scenario(it)))),*]
    };
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They share log lines, secrets and the inbox: one after the other.
    arguments.test_threads = Some(1);
    let world = Arc::new(World::new());
    let conclusion = libtest_mimic::run(&arguments, all(&world));
    // Ends the cloud, whatever failed.
    drop(world);
    conclusion.exit_code()
}

/// Every scenario. Two rely on their places: before the first Ada did not write, and the last puts another stack in place of one.
fn all(world: &Arc<World>) -> Vec<Trial> {
    let mut all = Vec::from(scenarios![world; telling::ada_has_a_conversation_by_whatsapp,]);
    all.extend(story::both_ways().map(|channel| {
        let name = format!("telling::ada_writes_by_{channel}_and_reads_our_answer");
        scenario(world, name, move |it| Box::pin(telling::an_exchange_happens(it, channel)))
    }));
    all.extend(scenarios![world;
        telling::two_topics_stay_apart_and_are_corrected,
        callers::a_caller_without_a_good_token_learns_nothing,
        callers::a_long_message_is_read_whole,
        callers::an_account_without_a_token_is_refused_at_once,
        readme::a_token_of_the_script_is_listed_and_revoked,
        readme::a_token_is_made_by_a_profile_alone,
        readme::the_readmes_commands_deploy_from_an_empty_home,
        kept::a_parked_webhook_is_replayed_once,
        kept::an_unknown_item_is_kept_and_replayed_once_per_parser,
        kept::an_entry_that_was_put_aside_goes_back,
        asking::nobody_is_asked_by_default,
        asking::a_customer_is_asked_and_the_answer_files_what_was_in_doubt,
        asking::something_new_becomes_a_thread_of_its_own,
        asking::nobody_is_asked_on_a_channel_that_is_not_named,
        rethreading::another_model_is_tried_applied_and_taken_back,
        rights::each_function_may_make_the_calls_that_it_links_and_no_other,
        rotating::a_flood_of_forgeries_costs_a_few_lines,
        rotating::a_webhook_secret_is_replaced_under_load,
        life::the_core_deploys_without_a_channel,
        life::a_channel_that_is_unnamed_keeps_its_secrets,
        life::a_stack_is_made_again_around_what_a_deleted_one_left,
    ]);
    all
}

fn scenario(
    world: &Arc<World>,
    name: String,
    play: impl for<'a> FnOnce(&'a World) -> Play<'a> + Send + 'static,
) -> Trial {
    let world = Arc::clone(world);
    Trial::test(name, move || {
        world.play(play(&world));
        Ok(())
    })
}
