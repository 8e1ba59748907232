//! The API as one value: what it rests on, and the way that every request takes.

use aws::objects::Objects;
use aws::queue::Queue;
use aws::sending::Sending;
use aws::store::{Rules, Store};
use domain::plan::{Offer, Senders};
use domain::time::Timestamp;
use http::header::{ALLOW, WWW_AUTHENTICATE};
use serde_json::json;

use crate::auth::{Auth, Caller};
use crate::call::{ApiAnswer, ApiCall, Body, MAX_BODY, Query, Request};
use crate::problem::{ApiProblem, BODY_TOO_LARGE, FORBIDDEN, METHOD_NOT_ALLOWED, UNAUTHENTICATED};
use crate::routes::{self, Access, Route};

/// The means of the API: the table, the queue, the bucket, and the settings.
pub struct Api {
    /// The table.
    pub store: Store,
    /// The queue of messages that were promised.
    pub queue: Queue,
    /// The bucket of large things.
    pub objects: Objects,
    /// The means by which callers prove their identity.
    pub auth: Auth,
    /// The channels of this deployment.
    pub offers: Vec<Offer>,
    /// Our accounts that send; none if the deployment does not say. Their tokens are not known here.
    pub accounts: Senders,
    /// The rules that threads are kept and corrected by.
    pub rules: Rules,
}

/// The note of a call for the log, whatever becomes of it: no address, no query, no token.
#[derive(Default)]
struct Audit {
    route: Option<&'static Route>,
    caller: Option<String>,
    /// The reason for which nobody is proven.
    reason: Option<&'static str>,
}

impl Audit {
    /// One line a call.
    fn write(&self, request: &Request, status: u16) {
        let route = self.route.map(Route::key);
        let (route, caller, reason) = (route.as_deref(), self.caller.as_deref(), self.reason);
        tracing::info!(request.id, route, caller.id = caller, status, reason, "answered a call");
    }
}

impl Api {
    /// The means of a send.
    pub(crate) fn sending(&self) -> Sending<'_> {
        let Self { store, offers, accounts, rules, .. } = self;
        Sending { store, offers, senders: accounts, rules }
    }

    /// Does what a request asks for, or says why not. It never fails.
    pub async fn answer(&self, request: &Request, now: Timestamp) -> (ApiAnswer, &'static str) {
        let mut audit = Audit::default();
        let (answer, media_type) = match self.work(request, now, &mut audit).await {
            Ok(answer) => (answer, "application/json"),
            Err((problem, scope)) => {
                (self.refusal(request, &problem, scope), "application/problem+json")
            }
        };
        audit.write(request, answer.status);
        (answer, media_type)
    }

    async fn work(
        &self,
        request: &Request,
        now: Timestamp,
        audit: &mut Audit,
    ) -> Result<ApiAnswer, (ApiProblem, Option<&'static str>)> {
        let bare = |problem| (problem, None);
        let (route, segments) = match self.auth {
            Auth::Iam => routes::taken(request.route_key.as_deref(), &request.path),
            Auth::Tokens | Auth::Jwt(..) => routes::find(&request.method, &request.path),
        }
        .map_err(bare)?;
        audit.route = Some(route);
        let caller = match route.access {
            Access::Public => Caller::nobody(),
            Access::Scope(scope) => {
                let found = self.auth.caller(request, route, &self.store, now).await;
                let caller = found.map_err(bare)?.map_err(|reason| {
                    audit.reason = Some(reason);
                    bare(ApiProblem::new(UNAUTHENTICATED))
                })?;
                audit.caller = Some(caller.logged());
                if !caller.may(scope) {
                    return Err((ApiProblem::new(FORBIDDEN), Some(scope)));
                }
                caller
            }
        };
        if MAX_BODY < request.body.len() {
            let rule = format!("at most {MAX_BODY} bytes are read");
            return Err(bare(ApiProblem::because(BODY_TOO_LARGE, rule)));
        }
        let query = Query::read(&request.query, route.doc.parameters).map_err(bare)?;
        let call = ApiCall { request, segments, query, caller, now };
        (route.handler)(self, &call).await.map_err(bare)
    }

    fn refusal(&self, request: &Request, problem: &ApiProblem, scope: Option<&str>) -> ApiAnswer {
        let mut headers = Vec::new();
        if problem.kind == UNAUTHENTICATED {
            headers.push((WWW_AUTHENTICATE, self.auth.challenge().to_owned()));
        }
        if let Some(scope) = scope {
            let missing = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
            headers.push((WWW_AUTHENTICATE, missing));
        }
        if problem.kind == METHOD_NOT_ALLOWED {
            let methods: Vec<_> =
                routes::methods(&request.path).iter().map(|it| it.as_str().to_owned()).collect();
            headers.push((ALLOW, methods.join(", ")));
        }
        let body = Body::Json(json!(problem.body(&request.id)));
        ApiAnswer { status: problem.kind.status, headers, body }
    }
}
