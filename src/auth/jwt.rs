//! The part of token verification that every door shares: form, algorithm, signature and time.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, dangerous, decode, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// Why a token is refused. A fixed word for the audit log; the client learns only that it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is refused: {}", self.word())]
pub enum Refusal {
    /// It is no token, or its claims are not of their types.
    Malformed,
    /// Its algorithm is not the one this door takes.
    Algorithm,
    /// Its signature is not by the right key.
    Signature,
    /// Nobody knows the key it names.
    UnknownKey,
    /// The keys could not be fetched, or the store did not answer: not the token's fault.
    Unavailable,
    /// It has ended.
    Expired,
    /// It does not count yet, or was issued in the future.
    NotYetValid,
    /// It is from somebody else.
    Issuer,
    /// It is for somebody else.
    Audience,
    /// It is for another request, or of a kind that this door does not take.
    QueryHash,
    /// No site installed with this client key, or it was removed.
    UnknownSite,
    /// The site has the app switched off.
    SiteDisabled,
    /// Nobody is signed in.
    Anonymous,
    /// Its Entra tenant may not come in.
    Tenant,
    /// It is not meant for this interface.
    Scope,
    /// It was used before.
    Replay,
    /// What it came with does not fit it.
    Body,
}

impl Refusal {
    /// The fixed word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::UnknownKey => "unknown-key",
            Self::Unavailable => "unavailable",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::QueryHash => "query-hash",
            Self::UnknownSite => "unknown-site",
            Self::SiteDisabled => "site-disabled",
            Self::Anonymous => "anonymous",
            Self::Tenant => "tenant",
            Self::Scope => "scope",
            Self::Replay => "replay",
            Self::Body => "body",
        }
    }
}

/// `aud`: one or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// A single audience.
    One(String),
    /// A list.
    Many(Vec<String>),
}

impl Audience {
    /// Whether it names `wanted`.
    pub fn names(&self, wanted: &str) -> bool {
        match self {
            Self::One(one) => one == wanted,
            Self::Many(many) => many.iter().any(|one| one == wanted),
        }
    }

    /// The first one named.
    pub fn first(&self) -> Option<&str> {
        match self {
            Self::One(one) => Some(one),
            Self::Many(many) => many.first().map(String::as_str),
        }
    }
}

/// The claims that bound a token in time, in Unix seconds.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// When it ends.
    pub exp: i64,
    /// When it begins to count.
    pub nbf: Option<i64>,
    /// When it was issued.
    pub iat: Option<i64>,
}

/// The header of a token that has the form of one. Says nothing about who made it.
pub fn header(token: &str) -> Result<Header, Refusal> {
    if token.len() > LONGEST {
        return Err(Refusal::Malformed);
    }
    let header = decode_header(token).map_err(|_| Refusal::Malformed)?;
    // RFC 7515 4.1.11: an extension we do not know must be refused, and we know none.
    if header.crit.is_some() {
        return Err(Refusal::Malformed);
    }
    Ok(header)
}

/// The claims of a token that nobody has verified: only to find out which key would verify it.
pub fn unverified<T: DeserializeOwned>(token: &str) -> Result<T, Refusal> {
    header(token)?;
    dangerous::insecure_decode_claims(token).map_err(|_| Refusal::Malformed)
}

/// The claims of a token whose signature is by `key` with `algorithm`, and no other. Times are left to [`timely`].
pub fn verified<T: DeserializeOwned>(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
) -> Result<T, Refusal> {
    if header(token)?.alg != algorithm {
        return Err(Refusal::Algorithm);
    }
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    match decode(token, key, &validation) {
        Ok(data) => Ok(data.claims),
        Err(error) => Err(match error.kind() {
            ErrorKind::InvalidSignature => Refusal::Signature,
            ErrorKind::InvalidAlgorithm => Refusal::Algorithm,
            _ => Refusal::Malformed,
        }),
    }
}

/// Refuses a token outside its time, with `leeway` seconds for clocks that differ.
pub fn timely(times: Times, now: i64, leeway: i64) -> Result<(), Refusal> {
    if times.exp.saturating_add(leeway) <= now {
        return Err(Refusal::Expired);
    }
    let latest = now.saturating_add(leeway);
    if times.nbf.is_some_and(|nbf| nbf > latest) || times.iat.is_some_and(|iat| iat > latest) {
        return Err(Refusal::NotYetValid);
    }
    Ok(())
}
