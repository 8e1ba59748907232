//! The ways in which the shell authorises a call.

use crate::jwt::Algorithm;

/// The way that the shell authorises a call. The codec never sees the token.
#[derive(Clone, Copy, Debug)]
pub enum Auth {
    /// `Authorization: Bearer <token>`.
    Bearer,
    /// The same, or, if the account has the four keys of OAuth 1.0a, a signature of the call with them
    /// ([`oauth1`](crate::oauth1)). No call of such a channel may carry a form: that would have to be signed, too.
    BearerOrOAuth1,
    /// `{token}` in the path is replaced.
    PathToken,
    /// `Authorization: Basic` with the account's user and password.
    Basic,
    /// A signature by the function's own role for a service of AWS, in the region that it runs in. The account has no token.
    SigV4 {
        /// The service, as signatures name it.
        service: &'static str,
    },
    /// A JWT that is made for the call, as bearer.
    Jwt(&'static JwtAuth),
}

/// A JWT that is made for each call: who calls, when, and what the platform asks for beside.
#[derive(Clone, Copy, Debug)]
pub struct JwtAuth {
    /// The way in which it is signed.
    pub algorithm: Algorithm,
    /// The claim that names us.
    pub issuer: &'static str,
    /// The time for which it is good, in seconds, if it says one.
    pub life_s: Option<i64>,
    /// Whether it bears an id of its own.
    pub with_id: bool,
}
