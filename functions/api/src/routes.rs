//! Every route, once: dispatch, the check of scopes, the OpenAPI document and the template's routes are made of this one list.

use http::Method;

use crate::problem::{ApiProblem, METHOD_NOT_ALLOWED, NOT_FOUND};
pub use crate::route::{Access, Route};
use crate::{
    contacts, corrections, links, message, messages, openapi, thread_patch, threads, timeline,
    whole,
};

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
    messages::ACCEPT,
    messages::PLAN,
    message::GET,
    whole::GET,
    threads::LIST,
    threads::GET,
    timeline::GET,
    thread_patch::PATCH,
    corrections::MERGE,
    corrections::SPLIT,
    corrections::MOVE,
    contacts::FIND,
    contacts::GET,
    contacts::PATCH,
    links::LINK,
    links::UNLINK,
    corrections::LIST,
    corrections::REVERT,
    openapi::GET,
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
    let found = on_path(path);
    if found.is_empty() {
        return Err(ApiProblem::new(NOT_FOUND));
    }
    let of_method = found.into_iter().find(|(route, _)| route.method == *method);
    of_method.ok_or_else(|| ApiProblem::new(METHOD_NOT_ALLOWED))
}

/// The methods that a path has.
#[must_use]
pub fn methods(path: &str) -> Vec<Method> {
    on_path(path).into_iter().map(|(route, _)| route.method.clone()).collect()
}

/// The routes of a path. What is spelled out in one path is not what a name stands for in another.
fn on_path(path: &str) -> Vec<(&'static Route, Vec<&str>)> {
    let found = ROUTES.iter().filter_map(|it| Some((it, segments(it.path, path)?)));
    let mut found: Vec<_> = found.collect();
    let fewest = found.iter().map(|(_, named)| named.len()).min();
    found.retain(|(_, named)| Some(named.len()) == fewest);
    found
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
        assert_eq!(path(&Method::GET, "/v1/messages/plan"), Err("method-not-allowed"));
        assert_eq!(methods("/v1/messages/plan"), [Method::POST]);
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
