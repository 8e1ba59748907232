//! Every route, once: dispatch, the check of scopes and the check of the OpenAPI document read this one list.

use std::future::Future;
use std::pin::Pin;

use http::Method;

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall};
use crate::problem::{ApiProblem, METHOD_NOT_ALLOWED, NOT_FOUND};
use crate::{
    contacts, corrections, links, message, messages, openapi, thread_patch, threads, timeline,
    whole,
};

/// The work of a route.
pub type Handler = for<'a> fn(&'a Api, &'a ApiCall<'a>) -> Work<'a>;

/// The work of a route.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<ApiAnswer, ApiProblem>> + Send + 'a>>;

/// One route.
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path; `{name}` stands for one whole segment.
    pub path: &'static str,
    /// The callers that may take it.
    pub access: Access,
    /// The work that it does.
    pub handler: Handler,
}

impl Route {
    /// The name of it for the gateway and the log.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// The callers that may take a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: it tells nothing that is not published.
    Public,
    /// Anybody with this scope.
    Scope(&'static str),
}

/// May send messages and ask how they would go.
pub const MESSAGES_SEND: &str = "messages:send";
/// May read what a message says, and what became of it.
pub const MESSAGES_READ: &str = "messages:read";
/// May read threads and what was said in them.
pub const THREADS_READ: &str = "threads:read";

/// May change threads, correct them and take corrections back.
pub const THREADS_WRITE: &str = "threads:write";
/// May read people: their addresses, what they allowed and what they prefer.
pub const CONTACTS_READ: &str = "contacts:read";
/// May change what is kept of people, and say who is who.
pub const CONTACTS_WRITE: &str = "contacts:write";

/// Every scope that a credential may have.
pub const SCOPES: [&str; 6] =
    [MESSAGES_SEND, MESSAGES_READ, THREADS_READ, THREADS_WRITE, CONTACTS_READ, CONTACTS_WRITE];

/// Every route.
pub static ROUTES: [Route; 19] = [
    Route {
        method: Method::POST,
        path: "/v1/messages",
        access: Access::Scope(MESSAGES_SEND),
        handler: |api, call| Box::pin(messages::accept(api, call)),
    },
    Route {
        method: Method::POST,
        path: "/v1/messages/plan",
        access: Access::Scope(MESSAGES_SEND),
        handler: |api, call| Box::pin(messages::plan(api, call)),
    },
    Route {
        method: Method::GET,
        path: "/v1/messages/{id}",
        access: Access::Scope(MESSAGES_READ),
        handler: |api, call| Box::pin(message::get(api, call)),
    },
    Route {
        method: Method::GET,
        path: "/v1/messages/{id}/content",
        access: Access::Scope(MESSAGES_READ),
        handler: |api, call| Box::pin(whole::get(api, call)),
    },
    Route {
        method: Method::GET,
        path: "/v1/threads",
        access: Access::Scope(THREADS_READ),
        handler: |api, call| Box::pin(threads::list(api, call)),
    },
    Route {
        method: Method::GET,
        path: "/v1/threads/{id}",
        access: Access::Scope(THREADS_READ),
        handler: |api, call| Box::pin(threads::get(api, call)),
    },
    Route {
        method: Method::GET,
        path: "/v1/threads/{id}/timeline",
        access: Access::Scope(THREADS_READ),
        handler: |api, call| Box::pin(timeline::get(api, call)),
    },
    Route {
        method: Method::PATCH,
        path: "/v1/threads/{id}",
        access: Access::Scope(THREADS_WRITE),
        handler: |api, call| Box::pin(thread_patch::patch(api, call)),
    },
    Route {
        method: Method::POST,
        path: "/v1/threads/{id}/merge",
        access: Access::Scope(THREADS_WRITE),
        handler: |api, call| Box::pin(corrections::merge(api, call)),
    },
    Route {
        method: Method::POST,
        path: "/v1/threads/{id}/split",
        access: Access::Scope(THREADS_WRITE),
        handler: |api, call| Box::pin(corrections::split(api, call)),
    },
    Route {
        method: Method::POST,
        path: "/v1/threads/{id}/move",
        access: Access::Scope(THREADS_WRITE),
        handler: |api, call| Box::pin(corrections::move_messages(api, call)),
    },
    Route {
        method: Method::GET,
        path: "/v1/contacts",
        access: Access::Scope(CONTACTS_READ),
        handler: |api, call| Box::pin(contacts::list(api, call)),
    },
    Route {
        method: Method::GET,
        path: "/v1/contacts/{id}",
        access: Access::Scope(CONTACTS_READ),
        handler: |api, call| Box::pin(contacts::get(api, call)),
    },
    Route {
        method: Method::PATCH,
        path: "/v1/contacts/{id}",
        access: Access::Scope(CONTACTS_WRITE),
        handler: |api, call| Box::pin(contacts::patch(api, call)),
    },
    Route {
        method: Method::POST,
        path: "/v1/contacts/{id}/identities",
        access: Access::Scope(CONTACTS_WRITE),
        handler: |api, call| Box::pin(links::link(api, call)),
    },
    Route {
        method: Method::DELETE,
        path: "/v1/contacts/{id}/identities/{identity}",
        access: Access::Scope(CONTACTS_WRITE),
        handler: |api, call| Box::pin(links::unlink(api, call)),
    },
    Route {
        method: Method::GET,
        path: "/v1/contacts/{id}/corrections",
        access: Access::Scope(THREADS_READ),
        handler: |api, call| Box::pin(corrections::list(api, call)),
    },
    Route {
        method: Method::POST,
        path: "/v1/contacts/{id}/corrections/{correction}/revert",
        access: Access::Scope(THREADS_WRITE),
        handler: |api, call| Box::pin(corrections::revert(api, call)),
    },
    Route {
        method: Method::GET,
        path: "/v1/openapi.json",
        access: Access::Public,
        handler: |_, _| Box::pin(std::future::ready(Ok(openapi::get()))),
    },
];

/// The route that the gateway took a request for, by its key, and the segments that its path's names stand for. A gateway that
/// authorises takes `%2F` for no slash and shows the path with one: what it did not authorise is not found by the path.
pub fn taken<'a>(
    key: Option<&str>,
    path: &'a str,
) -> Result<(&'static Route, Vec<&'a str>), ApiProblem> {
    let route = ROUTES.iter().find(|it| key == Some(&*it.key()));
    let found = route.and_then(|it| Some((it, segments(it.path, path)?)));
    found.ok_or_else(|| ApiProblem::new(NOT_FOUND))
}

/// The route of a request and the segments that its path's names stand for.
pub fn find<'a>(
    method: &Method,
    path: &'a str,
) -> Result<(&'static Route, Vec<&'a str>), ApiProblem> {
    let on_path = || ROUTES.iter().filter_map(|it| Some((it, segments(it.path, path)?)));
    match on_path().find(|(route, _)| route.method == *method) {
        Some(found) => Ok(found),
        None if on_path().next().is_some() => Err(ApiProblem::new(METHOD_NOT_ALLOWED)),
        None => Err(ApiProblem::new(NOT_FOUND)),
    }
}

/// The methods that a path has.
#[must_use]
pub fn methods(path: &str) -> Vec<Method> {
    let on_path = ROUTES.iter().filter(|it| segments(it.path, path).is_some());
    on_path.map(|it| it.method.clone()).collect()
}

fn segments<'a>(template: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    let mut found = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(name), Some(segment)) if name.starts_with('{') => {
                // An id holds none of the characters that a path would encode.
                let plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-');
                if segment.is_empty() || 200 < segment.len() || !segment.bytes().all(plain) {
                    return None;
                }
                found.push(segment);
            }
            (Some(name), Some(segment)) if name == segment => {}
            (Some(_) | None, Some(_)) | (Some(_), None) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(method: &Method, path: &str) -> Result<&'static str, &'static str> {
        find(method, path).map(|it| it.0.path).map_err(|it| it.kind.slug)
    }

    #[test]
    fn a_path_parameter_is_one_whole_segment() {
        let timeline = "/v1/threads/{id}/timeline";
        assert_eq!(path(&Method::GET, "/v1/threads/thr_1/timeline"), Ok(timeline));
        assert_eq!(path(&Method::GET, "/v1/threads"), Ok("/v1/threads"));
        for none in [
            "/v1/threads/",
            "/v1/threads//timeline",
            "/v1/threads/a%2Fb",
            "/v1/threads/a/b",
            "/",
            "",
        ] {
            assert_eq!(path(&Method::GET, none), Err("not-found"), "{none}");
        }
    }

    #[test]
    fn a_literal_segment_is_not_taken_for_a_parameter() {
        assert_eq!(path(&Method::POST, "/v1/messages/plan"), Ok("/v1/messages/plan"));
        assert_eq!(path(&Method::DELETE, "/v1/messages/msg_1"), Err("method-not-allowed"));
    }

    #[test]
    fn a_route_that_was_not_authorised_is_not_found_by_its_path() {
        let taken = |key, path| taken(key, path).map(|it| it.0.path).map_err(|it| it.kind.slug);
        let one = Some("GET /v1/contacts/{id}");
        assert_eq!(taken(one, "/v1/contacts/con_1"), Ok("/v1/contacts/{id}"));
        for path in
            ["/v1/contacts/con_1/corrections", "/v1/contacts/con_1%2Fcorrections", "/v1/threads"]
        {
            assert_eq!(taken(one, path), Err("not-found"), "{path}");
        }
        for key in [None, Some("$default"), Some("GET /v1/contacts"), Some("PATCH /v1/contacts")] {
            assert_eq!(taken(key, "/v1/contacts/con_1"), Err("not-found"), "{key:?}");
        }
    }

    #[test]
    fn every_route_but_the_published_document_needs_a_known_scope() {
        for route in &ROUTES {
            match route.access {
                Access::Public => assert_eq!(route.path, "/v1/openapi.json"),
                Access::Scope(scope) => assert!(SCOPES.contains(&scope), "{}", route.path),
            }
        }
    }
}
