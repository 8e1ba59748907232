//! The API as one value: what it rests on, and the way that every request takes.

use aws::queue::Queue;
use aws::table::{Rules, Table};
use domain::plan::Offer;
use domain::time::Timestamp;
use http::header::{ALLOW, WWW_AUTHENTICATE};

use crate::auth::{Auth, Caller};
use crate::call::{Answer, Body, Call, MAX_BODY, Request};
use crate::problem::{BODY_TOO_LARGE, FORBIDDEN, METHOD_NOT_ALLOWED, Problem, UNAUTHENTICATED};
use crate::routes::{self, Access};

/// What the API rests on.
pub struct Api {
    /// The table.
    pub table: Table,
    /// Where messages go that were promised.
    pub queue: Queue,
    /// How callers prove who they are.
    pub auth: Auth,
    /// The channels of this deployment.
    pub offers: Vec<Offer>,
    /// What threads are kept and corrected by.
    pub rules: Rules,
}

impl Api {
    /// Does what a request asks for, or says why not. It never fails.
    pub async fn answer(&self, request: &Request, now: Timestamp) -> (Answer, &'static str) {
        match self.work(request, now).await {
            Ok(answer) => (answer, "application/json"),
            Err((problem, scope)) => {
                (self.refusal(request, &problem, scope), "application/problem+json")
            }
        }
    }

    async fn work(
        &self,
        request: &Request,
        now: Timestamp,
    ) -> Result<Answer, (Problem, Option<&'static str>)> {
        let bare = |problem| (problem, None);
        let (route, segments) = routes::find(&request.method, &request.path).map_err(bare)?;
        let caller = match route.access {
            Access::Public => Caller::nobody(),
            Access::Scope(scope) => {
                let caller = self.auth.caller(request, &self.table, now).await.map_err(bare)?;
                if !caller.may(scope) {
                    return Err((Problem::new(FORBIDDEN), Some(scope)));
                }
                caller
            }
        };
        if MAX_BODY < request.body.len() {
            let rule = format!("at most {MAX_BODY} bytes are read");
            return Err(bare(Problem::because(BODY_TOO_LARGE, rule)));
        }
        let call = Call { request, segments, caller, now };
        (route.handler)(self, &call).await.map_err(bare)
    }

    fn refusal(&self, request: &Request, problem: &Problem, scope: Option<&str>) -> Answer {
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
        let body = Body::Json(problem.body(&request.id));
        Answer { status: problem.kind.status, headers, body }
    }
}
