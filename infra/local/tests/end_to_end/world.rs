//! One deployment for all scenarios, and what several of them rest on. Each of it is made for the scenario that asks first, so
//! that any of them can be run alone.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use local::deploy::Stack;
use local::report::Report;
use local::stage::Stage;
use local::story::{self, Conversation, Exchange};
use tokio::runtime::{Builder, Runtime};

use crate::asking::{self, Doubt};
use crate::life;

/// Something that several scenarios rest on. Where it could not be made, those that come later say so and do not try again.
struct Shared<T> {
    what: String,
    began: AtomicBool,
    made: OnceLock<T>,
}

impl<T> Shared<T> {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), began: AtomicBool::new(false), made: OnceLock::new() }
    }

    async fn get(&self, making: impl Future<Output = T>) -> &T {
        if let Some(made) = self.made.get() {
            return made;
        }
        let failed = self.began.swap(true, Ordering::Relaxed);
        assert!(!failed, "not tried: it rests on {}, which failed before", self.what);
        let made = making.await;
        self.made.get_or_init(|| made)
    }
}

/// Everything that is shared. Dropping it ends the cloud.
pub(crate) struct World {
    stage: Shared<Stage>,
    conversation: Shared<Conversation>,
    exchanges: BTreeMap<&'static str, Shared<Exchange>>,
    unasked: Shared<Doubt>,
    asked: Shared<Doubt>,
    core: Shared<Stack>,
    /// The channels on which customers are asked now.
    asks_on: Mutex<&'static str>,
    runtime: Runtime,
}

impl World {
    pub(crate) fn new() -> Self {
        let exchange = |it| (it, Shared::new(format!("the exchange by {it}")));
        Self {
            stage: Shared::new("the deployment"),
            conversation: Shared::new("the conversation by WhatsApp"),
            exchanges: story::both_ways().map(exchange).collect(),
            unasked: Shared::new("a doubt that nobody was asked about"),
            asked: Shared::new("a doubt that a customer ended"),
            core: Shared::new("the stack without a channel"),
            asks_on: Mutex::new(""),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
        }
    }

    /// Plays a scenario. The models of the platforms go on in the next one.
    pub(crate) fn play(&self, scenario: impl Future<Output = ()>) {
        self.runtime.block_on(scenario);
    }

    /// The template with every channel, and the platforms around it.
    pub(crate) async fn stage(&self) -> &Stage {
        self.stage.get(async { Stage::set(&Report::quiet()).await.unwrap() }).await
    }

    /// Ada's first conversation.
    pub(crate) async fn conversation(&self) -> &Conversation {
        let stage = self.stage().await;
        let told = async { story::tell_conversation(stage, &Report::quiet()).await.unwrap() };
        self.conversation.get(told).await
    }

    /// Ada's question by a channel, and our answer.
    pub(crate) async fn exchange(&self, channel: &'static str) -> &Exchange {
        let stage = self.stage().await;
        let told = async { story::tell_exchange(stage, &Report::quiet(), channel).await.unwrap() };
        self.exchanges[channel].get(told).await
    }

    /// A doubt where no customer is asked.
    pub(crate) async fn unasked(&self) -> &Doubt {
        self.unasked.get(asking::doubt_that_nobody_is_asked_about(self)).await
    }

    /// A doubt that a customer was asked about and ended.
    pub(crate) async fn asked(&self) -> &Doubt {
        self.asked.get(asking::doubt_that_a_customer_ends(self)).await
    }

    /// A stack that was deployed without a channel.
    pub(crate) async fn core(&self) -> &Stack {
        let stage = self.stage().await;
        self.core.get(life::without_a_channel(stage)).await
    }

    /// The deployment, once it asks customers on just these channels.
    pub(crate) async fn stage_that_asks_on(&self, channels: &'static str) -> &Stage {
        let stage = self.stage().await;
        let now = *self.asks_on.lock().unwrap();
        if now != channels {
            stage.stack.change(&[&format!("AskCustomerOn={channels}")]).await.unwrap();
            *self.asks_on.lock().unwrap() = channels;
        }
        stage
    }
}
