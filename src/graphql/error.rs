//! Every code a client can meet, in one match.

use async_graphql::{ErrorExtensionValues, Name, Value};

use crate::auth::Membership;
use crate::id::{Malformed, NodeId};
use crate::store;
use crate::upstream::{self, Kind, Provider};

/// What a field answers instead of its value. It deliberately has no `Display`: the engine would otherwise turn any
/// error into an answer, with whatever words it holds.
#[derive(Debug, Clone)]
pub struct Error {
    code: &'static str,
    message: String,
    provider: Option<Provider>,
    retry_after: Option<u64>,
    sites: Vec<(String, String)>,
}

impl Error {
    /// The caller asked wrongly: what was wrong and what would be right.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self {
            code: "BAD_USER_INPUT",
            message: message.into(),
            provider: None,
            retry_after: None,
            sites: Vec::new(),
        }
    }

    /// Several sites could be meant; `extensions.sites` lists their ids and addresses.
    pub fn ambiguous<'a>(sites: impl IntoIterator<Item = &'a Membership>) -> Self {
        let sites = sites.into_iter().map(|it| {
            let id = NodeId::Site(it.site.id).to_string();
            (id, it.site.base_url.to_string())
        });
        Self {
            sites: sites.collect(),
            ..Self::bad_input("Say which `site` you mean: it could be any of `extensions.sites`.")
        }
    }

    /// The caller may not.
    pub fn forbidden(message: &'static str) -> Self {
        Self {
            code: "FORBIDDEN",
            message: message.to_owned(),
            provider: None,
            retry_after: None,
            sites: Vec::new(),
        }
    }

    /// The administrators of the site have it switched off.
    pub fn switched_off() -> Self {
        Self {
            code: "NOT_CONFIGURED",
            message: "The administrators of your site have this switched off.".to_owned(),
            provider: None,
            retry_after: None,
            sites: Vec::new(),
        }
    }

    /// Our own failure; the cause goes to the log and not to the client.
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = cause, "an operation failed");
        Self {
            code: "INTERNAL",
            message: "Something went wrong here. Quote the correlation id when you report it."
                .to_owned(),
            provider: None,
            retry_after: None,
            sites: Vec::new(),
        }
    }

    /// Work of ours broke off; it has logged why.
    pub fn broken() -> Self {
        Self {
            code: "INTERNAL",
            message: "Something went wrong here. Quote the correlation id when you report it."
                .to_owned(),
            provider: None,
            retry_after: None,
            sites: Vec::new(),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// One sentence for people.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The code of a provider's failure, and one sentence of our own for people.
fn of_kind(kind: &Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::NotConfigured => (
            "NOT_CONFIGURED",
            "This gateway is not set up for that provider.",
        ),
        Kind::NotConnected => ("NOT_CONNECTED", "Connect your account first."),
        Kind::ConsentRequired { .. } => (
            "CONSENT_REQUIRED",
            "Agree to the missing permissions first.",
        ),
        Kind::AdminConsentRequired { .. } => (
            "CONSENT_REQUIRED",
            "An administrator has to agree to the missing permissions first.",
        ),
        Kind::InteractionRequired { .. } => (
            "REAUTH_REQUIRED",
            "Sign in again: the provider wants to see you.",
        ),
        Kind::ReauthRequired | Kind::TokenRefused { .. } => {
            ("REAUTH_REQUIRED", "Connect your account again.")
        }
        Kind::AccessBlocked => ("FORBIDDEN", "Your organisation's policy blocks this."),
        Kind::Forbidden => ("FORBIDDEN", "The provider does not let you do that."),
        Kind::NotFound => (
            "BAD_USER_INPUT",
            "There is nothing with that id that you can see.",
        ),
        Kind::RateLimited { .. } => ("RATE_LIMITED", "The provider asks to wait."),
        Kind::TimedOut => ("UPSTREAM_TIMEOUT", "The provider did not answer in time."),
        Kind::Unavailable { .. } => ("UPSTREAM_UNAVAILABLE", "The provider cannot be reached."),
        Kind::Invalid => (
            "UPSTREAM_INVALID",
            "The provider's answer could not be read.",
        ),
        Kind::Refused => ("BAD_USER_INPUT", "The provider refused what was asked."),
    }
}

impl From<upstream::Error> for Error {
    fn from(error: upstream::Error) -> Self {
        let (code, message) = of_kind(&error.kind);
        let retry_after = match &error.kind {
            Kind::RateLimited { retry_after } | Kind::Unavailable { retry_after } => {
                retry_after.map(|wait| wait.as_secs())
            }
            _ => None,
        };
        Self {
            code,
            message: message.to_owned(),
            provider: Some(error.provider),
            retry_after,
            sites: Vec::new(),
        }
    }
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::bad_input(format!("Expected {}.", malformed.expected))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", error.code);
        if let Some(provider) = error.provider {
            extensions.set("provider", provider.name().to_uppercase());
        }
        if let Some(seconds) = error.retry_after {
            extensions.set("retryAfter", seconds);
        }
        if !error.sites.is_empty() {
            let sites = error.sites.into_iter().map(|(id, url)| {
                let pairs = [("id", id), ("url", url)];
                let pairs = pairs.map(|(name, value)| (Name::new(name), Value::String(value)));
                Value::Object(pairs.into_iter().collect())
            });
            extensions.set("sites", Value::List(sites.collect()));
        }
        let mut answer = Self::new(error.message);
        answer.extensions = Some(extensions);
        answer
    }
}
