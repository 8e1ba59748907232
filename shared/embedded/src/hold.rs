//! Holding calls back, so that a test chooses what happens between them.

use std::fmt;

use aws_sdk_dynamodb::config::SharedInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// An interceptor that waits for one function before a call leaves, which is shown the call, and for another when it took effect
/// and its answer is not read yet.
pub fn hold(
    leaves: impl Fn(&HttpRequest) + Send + Sync + 'static,
    answered: impl Fn() + Send + Sync + 'static,
) -> SharedInterceptor {
    let leaves = move |call: &HttpRequest| {
        leaves(call);
        Ok(())
    };
    let answered = move || {
        answered();
        Ok(())
    };
    hold_or_stop(leaves, answered)
}

/// The same with functions that may end the call.
pub(crate) fn hold_or_stop(
    leaves: impl Fn(&HttpRequest) -> Result<(), BoxError> + Send + Sync + 'static,
    answered: impl Fn() -> Result<(), BoxError> + Send + Sync + 'static,
) -> SharedInterceptor {
    SharedInterceptor::new(Hold { leaves: Box::new(leaves), answered: Box::new(answered) })
}

struct Hold {
    leaves: Box<dyn Fn(&HttpRequest) -> Result<(), BoxError> + Send + Sync>,
    answered: Box<dyn Fn() -> Result<(), BoxError> + Send + Sync>,
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hold")
    }
}

impl Intercept for Hold {
    fn name(&self) -> &'static str {
        "Hold"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        (self.leaves)(context.request())
    }

    fn modify_before_deserialization(
        &self,
        _: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        (self.answered)()
    }
}
