//! Zoom's authorization codes, access tokens and rotating refresh tokens.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngCore;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Seconds an authorization code may wait to be exchanged.
const CODE_SECONDS: i64 = 300;

/// Every code and grant the fake has given out. Times are Unix seconds.
#[derive(Default)]
pub struct Tokens {
    codes: HashMap<String, Code>,
    grants: Vec<Grant>,
}

/// What an authorization asked for, kept until its code is exchanged.
#[derive(Clone, Debug)]
pub struct Authorization {
    pub person: String,
    pub scopes: Vec<String>,
    pub redirect_uri: String,
    pub challenge: Option<Challenge>,
}

/// PKCE's challenge; Zoom knows both methods.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Challenge {
    Plain(String),
    S256(String),
}

/// A pair as the token endpoint gives it.
#[derive(Clone, Debug)]
pub struct Issued {
    pub person: String,
    pub scopes: Vec<String>,
    pub access_token: String,
    pub refresh_token: String,
}

/// Whom an access token speaks for, and what it may do.
#[derive(Clone, Debug)]
pub struct Bearer {
    pub person: String,
    pub scopes: Vec<String>,
    pub expired: bool,
}

struct Code {
    authorization: Authorization,
    expires_at: i64,
}

struct Grant {
    person: String,
    scopes: Vec<String>,
    access: Vec<Access>,
    /// The last is the only one that still refreshes.
    refresh: Vec<String>,
    ended: bool,
}

struct Access {
    token: String,
    expires_at: i64,
}

impl Tokens {
    /// A code for what the person allowed.
    pub fn authorize(&mut self, authorization: Authorization, now: i64) -> String {
        let code = random(24);
        let expires_at = now + CODE_SECONDS;
        self.codes.insert(
            code.clone(),
            Code {
                authorization,
                expires_at,
            },
        );
        code
    }

    /// Exchanges a code; it works once, for five minutes. The person's earlier grants end (error 4741).
    ///
    /// # Errors
    /// The token endpoint's `reason`.
    pub fn redeem(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: i64,
        seconds: i64,
    ) -> Result<Issued, String> {
        let refused = || format!("Invalid authorization code {code}");
        let Code {
            authorization,
            expires_at,
        } = self.codes.remove(code).ok_or_else(refused)?;
        if expires_at < now {
            return Err(refused());
        }
        if authorization.redirect_uri != redirect_uri {
            return Err("Redirect URI mismatch.".to_owned());
        }
        if !authorization
            .challenge
            .is_none_or(|challenge| challenge.is_met_by(verifier))
        {
            return Err("Invalid code verifier".to_owned());
        }
        for grant in &mut self.grants {
            grant.ended |= grant.person == authorization.person;
        }
        Ok(self.grant(&authorization.person, authorization.scopes, now, seconds))
    }

    /// A new grant without a consent page, beside those the person already has.
    pub fn grant(&mut self, person: &str, scopes: Vec<String>, now: i64, seconds: i64) -> Issued {
        let mut grant = Grant {
            person: person.to_owned(),
            scopes,
            access: Vec::new(),
            refresh: Vec::new(),
            ended: false,
        };
        let issued = grant.issue(now, seconds);
        self.grants.push(grant);
        issued
    }

    /// Exchanges the newest refresh token of a grant for the next pair; every older one is refused.
    ///
    /// # Errors
    /// The token endpoint's `reason`.
    pub fn refresh(
        &mut self,
        token: &str,
        now: i64,
        seconds: i64,
        ends_access: bool,
    ) -> Result<Issued, String> {
        let grant = self
            .grants
            .iter_mut()
            .find(|grant| {
                !grant.ended && grant.refresh.last().is_some_and(|newest| newest == token)
            })
            .ok_or_else(|| "Invalid Token!".to_owned())?;
        if ends_access {
            grant.access.clear();
        }
        Ok(grant.issue(now, seconds))
    }

    /// Ends the grant of an access or refresh token; tells whether there was one.
    pub fn revoke(&mut self, token: &str) -> bool {
        let grant = self.grants.iter_mut().find(|grant| {
            !grant.ended
                && (grant.access.iter().any(|access| access.token == token)
                    || grant.refresh.last().is_some_and(|newest| newest == token))
        });
        grant.is_some_and(|grant| {
            grant.ended = true;
            true
        })
    }

    /// Ends everything a person allowed, as removing the app on Zoom's side does.
    pub fn end(&mut self, person: &str) {
        for grant in &mut self.grants {
            grant.ended |= grant.person == person;
        }
    }

    /// Whether a person allows the app anything.
    pub fn allows(&self, person: &str) -> bool {
        let mut grants = self.grants.iter();
        grants.any(|grant| grant.person == person && !grant.ended)
    }

    /// Whom a living access token speaks for.
    pub fn bearer(&self, token: &str, now: i64) -> Option<Bearer> {
        self.grants
            .iter()
            .filter(|grant| !grant.ended)
            .find_map(|grant| {
                let access = grant.access.iter().find(|access| access.token == token)?;
                Some(Bearer {
                    person: grant.person.clone(),
                    scopes: grant.scopes.clone(),
                    expired: access.expires_at <= now,
                })
            })
    }

    /// Whose token this is or was, for the record of requests.
    pub fn owner(&self, token: &str) -> Option<String> {
        let code = self.codes.get(token).map(|code| &code.authorization.person);
        let held = || {
            let grant = self.grants.iter().find(|grant| {
                grant.refresh.iter().any(|refresh| refresh == token)
                    || grant.access.iter().any(|access| access.token == token)
            })?;
            Some(&grant.person)
        };
        code.or_else(held).cloned()
    }
}

impl Grant {
    fn issue(&mut self, now: i64, seconds: i64) -> Issued {
        let access_token = opaque();
        let refresh_token = opaque();
        self.access.push(Access {
            token: access_token.clone(),
            expires_at: now + seconds,
        });
        self.refresh.push(refresh_token.clone());
        Issued {
            person: self.person.clone(),
            scopes: self.scopes.clone(),
            access_token,
            refresh_token,
        }
    }
}

impl Challenge {
    /// Reads the authorize parameters; without a method Zoom takes `plain`.
    pub fn read(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, String> {
        match (challenge, method) {
            (None, _) => Ok(None),
            (Some(value), Some("S256")) => Ok(Some(Self::S256(value.to_owned()))),
            (Some(value), None | Some("plain")) => Ok(Some(Self::Plain(value.to_owned()))),
            (Some(_), Some(method)) => Err(format!("Invalid code challenge method {method}")),
        }
    }

    fn is_met_by(&self, verifier: Option<&str>) -> bool {
        verifier.is_some_and(|verifier| match self {
            Self::Plain(expected) => expected == verifier,
            Self::S256(expected) => *expected == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
        })
    }
}

/// A token that looks like Zoom's (a JWT) and means nothing: clients must not read it.
fn opaque() -> String {
    let header = json!({ "sv": "000002", "alg": "HS512", "v": "2.0", "kid": random(16) });
    format!(
        "{}.{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        random(180),
        random(64)
    )
}

/// Unguessable base64url text of this many random bytes.
pub fn random(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    rand::rng().fill_bytes(&mut buffer);
    URL_SAFE_NO_PAD.encode(buffer)
}

#[cfg(test)]
mod tests {
    use super::{Authorization, Challenge, Tokens};

    fn authorization(challenge: Option<Challenge>) -> Authorization {
        Authorization {
            person: "alice".into(),
            scopes: vec!["user:read:user".into()],
            redirect_uri: "http://127.0.0.1/oauth/zoom/callback".into(),
            challenge,
        }
    }

    #[test]
    fn a_refresh_token_works_once_and_ends_the_access_token() {
        let mut tokens = Tokens::default();
        let first = tokens.grant("alice", Vec::new(), 0, 3599);
        let second = tokens.refresh(&first.refresh_token, 1, 3599, true).unwrap();
        assert_eq!(
            tokens
                .refresh(&first.refresh_token, 2, 3599, true)
                .unwrap_err(),
            "Invalid Token!"
        );
        assert!(tokens.bearer(&first.access_token, 2).is_none());
        assert_eq!(
            tokens.bearer(&second.access_token, 2).unwrap().person,
            "alice"
        );
        assert_eq!(tokens.owner(&first.refresh_token).as_deref(), Some("alice"));
    }

    #[test]
    fn an_access_token_may_outlive_a_refresh_when_the_knob_says_so() {
        let mut tokens = Tokens::default();
        let first = tokens.grant("alice", Vec::new(), 0, 3599);
        tokens
            .refresh(&first.refresh_token, 1, 3599, false)
            .unwrap();
        assert!(!tokens.bearer(&first.access_token, 2).unwrap().expired);
        assert!(tokens.bearer(&first.access_token, 3599).unwrap().expired);
    }

    #[test]
    fn a_code_works_once_with_its_verifier_within_five_minutes() {
        // The pair of RFC 7636, appendix B.
        let challenge = Challenge::S256("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into());
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let redirect = "http://127.0.0.1/oauth/zoom/callback";
        let mut tokens = Tokens::default();

        let code = tokens.authorize(authorization(Some(challenge.clone())), 0);
        assert!(
            tokens
                .redeem(&code, redirect, Some(verifier), 299, 3599)
                .is_ok()
        );
        assert!(
            tokens
                .redeem(&code, redirect, Some(verifier), 299, 3599)
                .is_err()
        );

        let late = tokens.authorize(authorization(Some(challenge.clone())), 0);
        assert!(
            tokens
                .redeem(&late, redirect, Some(verifier), 301, 3599)
                .is_err()
        );

        let wrong = tokens.authorize(authorization(Some(challenge)), 0);
        assert!(
            tokens
                .redeem(&wrong, redirect, Some("other"), 1, 3599)
                .is_err()
        );
    }

    #[test]
    fn a_second_consent_ends_the_first() {
        let mut tokens = Tokens::default();
        let first = tokens.grant("alice", Vec::new(), 0, 3599);
        let other = tokens.grant("bob", Vec::new(), 0, 3599);
        let code = tokens.authorize(authorization(None), 0);
        tokens
            .redeem(&code, "http://127.0.0.1/oauth/zoom/callback", None, 1, 3599)
            .unwrap();
        assert!(tokens.bearer(&first.access_token, 2).is_none());
        assert!(tokens.bearer(&other.access_token, 2).is_some());
    }
}
