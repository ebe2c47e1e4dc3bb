//! Where change notifications come from, as a row of the table `watch` names it.

use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use crate::event::Personal;
use crate::id::{AccountId, EntraUser, GraphId, SiteId, TenantId};
use crate::store::{Error, Result};

/// Something that tells of changes while a subscription to it exists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// What is somebody's own in Microsoft 365: mails, calendar, or the tasks of one list.
    Personal(EntraUser, Personal, Option<GraphId>),
    /// A Teams chat, for all members of an Entra tenant together: Graph tells an app of each chat once.
    Chat(Uuid, GraphId),
    /// The issues of a Jira site, as an account that connected it sees them: its webhooks are each account's own.
    Site(SiteId, AccountId),
}

/// A row's columns that name its source.
pub(super) struct Columns {
    pub provider: &'static str,
    pub tenant: TenantId,
    pub owner: String,
    pub what: &'static str,
    pub object: String,
}

/// What `what` holds of a Jira site.
const ISSUES: &str = "issues";

impl Source {
    /// The id of its row: the same in every gateway, so that there is one row for all.
    pub fn id(&self) -> String {
        let it = self.columns();
        let mut digest = Sha256::new();
        let parts = [
            it.provider,
            it.tenant.as_str(),
            &it.owner,
            it.what,
            &it.object,
        ];
        for part in parts {
            digest.update(part.len().to_be_bytes());
            digest.update(part.as_bytes());
        }
        let digest: [u8; 32] = digest.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Builder::from_random_bytes(half).into_uuid().to_string()
    }

    pub(super) fn columns(&self) -> Columns {
        match self {
            Self::Personal(owner, what, object) => Columns {
                provider: "microsoft",
                tenant: TenantId::of_entra(owner.tid),
                owner: owner.oid.to_string(),
                what: what.as_str(),
                object: object.as_ref().map(ToString::to_string).unwrap_or_default(),
            },
            Self::Chat(tid, chat) => Columns {
                provider: "microsoft",
                tenant: TenantId::of_entra(*tid),
                owner: String::new(),
                what: Personal::Chats.as_str(),
                object: chat.to_string(),
            },
            Self::Site(site, account) => Columns {
                provider: "jira",
                tenant: TenantId::of_site(*site),
                owner: account.to_string(),
                what: ISSUES,
                object: String::new(),
            },
        }
    }

    /// What [`Self::columns`] wrote.
    pub(super) fn parse(tenant: &str, owner: &str, what: &str, object: &str) -> Result<Self> {
        let corrupt = || Error::Corrupt("watch.what");
        if what == ISSUES {
            let site = tenant.strip_prefix("site:").and_then(|it| it.parse().ok());
            let (Some(site), Ok(account)) = (site, owner.parse()) else {
                return Err(corrupt());
            };
            return Ok(Self::Site(site, account));
        }
        let tid = tenant.strip_prefix("entra:").and_then(|it| it.parse().ok());
        if what == Personal::Chats.as_str() {
            let (Some(tid), Ok(chat)) = (tid, object.parse()) else {
                return Err(corrupt());
            };
            return Ok(Self::Chat(tid, chat));
        }
        let all = [Personal::Mail, Personal::Calendar, Personal::Tasks];
        let what = all.into_iter().find(|it| it.as_str() == what);
        let (Some(what), Some(tid), Ok(oid)) = (what, tid, owner.parse()) else {
            return Err(corrupt());
        };
        let object = match object {
            "" => None,
            id => Some(id.parse().map_err(|_| corrupt())?),
        };
        Ok(Self::Personal(EntraUser { tid, oid }, what, object))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::Source;
    use crate::event::Personal;
    use crate::id::{EntraUser, SiteId};

    #[test]
    fn a_row_names_its_source_and_no_two_sources_share_one() {
        let owner = EntraUser {
            tid: Uuid::from_u128(1),
            oid: Uuid::from_u128(2),
        };
        let other = EntraUser {
            oid: Uuid::from_u128(3),
            ..owner
        };
        let site = SiteId::random();
        let sources = [
            Source::Personal(owner, Personal::Mail, None),
            Source::Personal(other, Personal::Mail, None),
            Source::Personal(owner, Personal::Calendar, None),
            Source::Personal(owner, Personal::Tasks, "AQMk=".parse().ok()),
            Source::Personal(owner, Personal::Tasks, "AQMl=".parse().ok()),
            Source::Chat(owner.tid, "19:a@thread.v2".parse().unwrap()),
            Source::Site(site, "5b10a2844c20165700ede21g".parse().unwrap()),
            Source::Site(site, "557058:1".parse().unwrap()),
        ];
        let mut ids: Vec<String> = sources.iter().map(Source::id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), sources.len());
        for source in &sources {
            let it = source.columns();
            let again = Source::parse(it.tenant.as_str(), &it.owner, it.what, &it.object);
            assert_eq!(again.unwrap(), *source);
        }
        assert!(Source::parse("site:x", "y", "mail", "").is_err());
    }
}
