//! Jira's webhooks: what a delivery says, in ids. Who sent it is for `auth` to verify, but for Data Center's signature.
//!
//! Atlassian documentation, "Webhooks" of Jira Cloud, and "Webhook payload signature" of Jira Data Center.

use secrecy::SecretString;
use serde::Deserialize;
use url::{Url, form_urlencoded};

use crate::event::{IssueChange, What};
use crate::id::{EventId, IssueId, JiraId, SiteId};
use crate::upstream::signature;
use crate::upstream::word::Word;

/// The delivery cannot be read, or contradicts itself. Its text is not kept: it may hold anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the delivery cannot be read")]
pub struct Unreadable;

/// Where Jira says that an issue is: how a delivery that comes for all sites of an OAuth 2.0 app tells its site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The site with this cloud id.
    Cloud(String),
    /// The site at this address.
    Address(Url),
}

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What happened, and to which id; `None` when it is nothing we tell of.
    pub about: Option<About>,
    /// Where.
    pub place: Option<Place>,
    /// When, in Unix milliseconds.
    pub at: Option<i64>,
}

/// What happened to an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    event: String,
    change: IssueChange,
    issue: IssueId,
    project: Option<JiraId>,
    comment: Option<JiraId>,
}

/// Whether a Data Center site signed these bytes: `X-Hub-Signature` is `sha256=` and their HMAC-SHA256.
pub fn is_signed(secret: &SecretString, signature: &[u8], body: &[u8]) -> bool {
    signature::matches(signature, "sha256=", secret, &[body])
}

impl About {
    /// The same, as it is told on.
    pub fn what(&self, site: SiteId) -> What {
        What::Issue {
            site,
            issue: self.issue,
            project: self.project.clone(),
            change: self.change,
            comment: self.comment.clone(),
        }
    }

    /// The id of it: the same when Jira tries again, which keeps `X-Atlassian-Webhook-Identifier`. Without one, what
    /// happened and when tell it from others.
    pub fn id(&self, site: SiteId, identifier: Option<&str>, at: i64) -> EventId {
        let at = at.to_string();
        let (kind, named) = match identifier {
            Some(identifier) => ("identifier", identifier),
            None => ("time", at.as_str()),
        };
        EventId::of(&[
            "jira",
            &site.to_string(),
            kind,
            named,
            &self.event,
            &self.issue.to_string(),
            self.comment.as_ref().map_or("", JiraId::as_str),
        ])
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    timestamp: Word,
    webhook_event: Word,
    issue: Option<Thing>,
    comment: Option<Thing>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Thing {
    id: Word,
    #[serde(rename = "self")]
    address: Word,
    fields: Option<Fields>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    project: Option<Project>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Project {
    id: Word,
}

/// What the address says, where it is one of our Connect modules': it is covered by the token, and there may be no body.
#[derive(Default)]
struct Address {
    event: Option<String>,
    issue: Option<IssueId>,
    project: Option<JiraId>,
    comment: Option<JiraId>,
}

/// Reads a delivery: its body, and the query of the address it was sent to, as our modules write it.
pub fn read(query: &str, body: &[u8]) -> Result<Told, Unreadable> {
    let address = Address::of(query);
    let body: Body = if body.is_empty() {
        Body::default()
    } else {
        serde_json::from_slice(body).map_err(|_| Unreadable)?
    };
    let issue = body.issue.as_ref();
    let comment = body.comment.as_ref();
    let told = issue.and_then(|it| it.id.to());
    if let (Some(signed), Some(told)) = (address.issue, told)
        && signed != told
    {
        return Err(Unreadable);
    }
    let event = address
        .event
        .unwrap_or_else(|| body.webhook_event.as_str().to_owned());
    let project = issue.and_then(|it| it.fields.as_ref()?.project.as_ref()?.id.to());
    let issue_id = address
        .issue
        .or(told)
        .or_else(|| comment.and_then(|it| issue_in(it.address.as_str())));
    let about = change(&event).zip(issue_id).map(|(change, issue)| About {
        event: event.trim_start_matches("jira:").to_owned(),
        change,
        issue,
        project: address.project.or(project),
        comment: address.comment.or_else(|| comment?.id.to()),
    });
    let mut addresses = [issue, comment]
        .into_iter()
        .flatten()
        .map(|it| it.address.as_str());
    Ok(Told {
        about,
        place: addresses.find_map(place),
        at: body.timestamp.to(),
    })
}

impl Address {
    fn of(query: &str) -> Self {
        let mut address = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "event" => address.event = Some(value.into_owned()),
                "issue" => address.issue = value.parse().ok(),
                "project" => address.project = value.parse().ok(),
                "comment" => address.comment = value.parse().ok(),
                _ => {}
            }
        }
        address
    }
}

fn change(event: &str) -> Option<IssueChange> {
    Some(match event.trim_start_matches("jira:") {
        "issue_created" => IssueChange::Created,
        "issue_updated" => IssueChange::Updated,
        "issue_deleted" => IssueChange::Deleted,
        "comment_created" => IssueChange::Commented,
        "comment_updated" => IssueChange::CommentUpdated,
        "comment_deleted" => IssueChange::CommentDeleted,
        _ => return None,
    })
}

/// The issue in a comment's own address, `…/rest/api/2/issue/{issue}/comment/{comment}`: its delivery need not name it
/// otherwise.
fn issue_in(address: &str) -> Option<IssueId> {
    let (_, rest) = address.split_once("/issue/")?;
    rest.split('/').next()?.parse().ok()
}

/// The site in an address: by the cloud id of `https://api.atlassian.com/ex/jira/{cloud id}/rest/…`, else by its own.
fn place(address: &str) -> Option<Place> {
    let mut url = Url::parse(address).ok()?;
    let before = url.path().split_once("/rest/").map(|(before, _)| before)?;
    if let Some(cloud) = before.strip_prefix("/ex/jira/") {
        return Some(Place::Cloud(cloud.to_owned()));
    }
    let site = format!("{before}/");
    url.set_path(&site);
    url.set_query(None);
    url.set_fragment(None);
    Some(Place::Address(url))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Place, Unreadable, read};
    use crate::event::{IssueChange, What};
    use crate::id::SiteId;

    fn told(query: &str, body: &Value) -> super::Told {
        read(query, body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_issues_delivery_is_read_to_its_ids() {
        let body = json!({
            "timestamp": 1_732_222_222_000_i64,
            "webhookEvent": "jira:issue_updated",
            "user": { "displayName": "Somebody" },
            "issue": {
                "id": "10042", "key": "DEMO-42",
                "self": "https://acme.atlassian.net/rest/api/2/issue/10042",
                "fields": { "summary": "A title", "project": { "id": "10000", "key": "DEMO" } },
            },
        });
        let told = told("", &body);
        assert_eq!(told.at, Some(1_732_222_222_000));
        let home = "https://acme.atlassian.net/".parse().unwrap();
        assert_eq!(told.place, Some(Place::Address(home)));
        let (about, site) = (told.about.unwrap(), SiteId::random());
        assert_eq!(
            about.what(site),
            What::Issue {
                site,
                issue: "10042".parse().unwrap(),
                project: Some("10000".parse().unwrap()),
                change: IssueChange::Updated,
                comment: None,
            }
        );
        // The same when it is tried again, and another for another site, delivery or moment.
        let id = about.id(site, Some("a"), 1);
        assert_eq!(id, about.id(site, Some("a"), 2));
        assert_ne!(id, about.id(site, Some("b"), 1));
        assert_ne!(id, about.id(SiteId::random(), Some("a"), 1));
        assert_ne!(about.id(site, None, 1), about.id(site, None, 2));
        assert_eq!(about.id(site, None, 1), about.id(site, None, 1));
    }

    #[test]
    fn a_comments_delivery_need_not_name_its_issue() {
        let body = json!({
            "webhookEvent": "comment_created",
            "comment": {
                "id": 31, "body": "Words",
                "self": "https://api.atlassian.com/ex/jira/cloud-1/rest/api/2/issue/10042/comment/31",
            },
        });
        let told = told("", &body);
        assert_eq!(told.place, Some(Place::Cloud("cloud-1".to_owned())));
        let about = told.about.unwrap();
        assert_eq!(about.issue.to_string(), "10042");
        assert_eq!(about.comment.unwrap().as_str(), "31");
    }

    #[test]
    fn an_address_says_it_without_a_body_and_is_not_contradicted() {
        let query = "event=issue_updated&issue=10042&jwt=a.b.c";
        let about = read(query, b"").unwrap().about.unwrap();
        assert_eq!(about.issue.to_string(), "10042");
        assert_eq!(about.change, IssueChange::Updated);
        let other = json!({ "webhookEvent": "jira:issue_updated", "issue": { "id": "10043" } });
        let bytes = other.to_string();
        assert_eq!(read(query, bytes.as_bytes()), Err(Unreadable));
        // A variable that Jira does not know stays as it is, and says nothing.
        let unknown = "event=comment_created&issue=%7Bissue.id%7D";
        assert_eq!(
            told(unknown, &other).about.unwrap().issue.to_string(),
            "10043"
        );
    }

    #[test]
    fn what_we_do_not_tell_of_is_nothing_and_what_is_no_delivery_is_refused() {
        assert_eq!(
            told("", &json!({ "webhookEvent": "jira:version_moved" })).about,
            None
        );
        assert_eq!(
            told("", &json!({ "webhookEvent": ["jira:issue_created"] })).about,
            None
        );
        let nowhere =
            json!({ "webhookEvent": "jira:issue_created", "issue": { "id": "1 OR 1=1" } });
        assert_eq!(told("", &nowhere).about, None);
        for bytes in [&b"7"[..], b"{", b"\xff\xfe", b"{\"issue\":7}", b"null"] {
            assert_eq!(read("", bytes), Err(Unreadable));
        }
        // However deep, what is not read costs no stack.
        let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let _ = read("", deep.as_bytes());
    }
}
