//! A person as a provider names them.

use async_graphql::SimpleObject;

use super::scalar::Url;
use crate::upstream::jira::model::User;
use crate::upstream::microsoft::chat::{Identity, Member};
use crate::upstream::microsoft::{EmailAddress, Recipient};

/// A person as the provider names them. What they hide, or the provider does not tell, is null.
#[derive(Debug, Clone, SimpleObject)]
pub struct Person {
    /// Their name.
    name: Option<String>,
    /// Their mail address.
    email: Option<String>,
    /// Their picture.
    avatar_url: Option<Url>,
    /// The provider's id of them.
    account_id: Option<String>,
}

impl From<&User> for Person {
    fn from(user: &User) -> Self {
        let avatar = user
            .avatar_urls
            .get("48x48")
            .or_else(|| user.avatar_urls.values().next());
        Self {
            name: user.display_name.clone(),
            email: user.email_address.clone(),
            avatar_url: avatar.and_then(|url| Url::parse(url)),
            account_id: user.account_id.clone(),
        }
    }
}

impl From<&EmailAddress> for Person {
    fn from(address: &EmailAddress) -> Self {
        Self {
            name: address.name.clone(),
            email: address.address.clone(),
            avatar_url: None,
            account_id: None,
        }
    }
}

impl Person {
    /// From a mail's or event's recipient, when it has an address.
    pub fn from_recipient(recipient: &Recipient) -> Option<Self> {
        recipient.email_address.as_ref().map(Self::from)
    }

    /// Someone known only by their address.
    pub fn from_email(email: &str) -> Self {
        Self {
            name: None,
            email: Some(email.to_owned()),
            avatar_url: None,
            account_id: None,
        }
    }
}

impl From<&Member> for Person {
    fn from(member: &Member) -> Self {
        Self {
            name: member.display_name.clone(),
            email: member.email.clone(),
            avatar_url: None,
            account_id: member.user_id.clone(),
        }
    }
}

impl From<&Identity> for Person {
    fn from(identity: &Identity) -> Self {
        Self {
            name: identity.display_name.clone(),
            email: None,
            avatar_url: None,
            account_id: identity.id.clone(),
        }
    }
}
