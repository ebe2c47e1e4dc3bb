//! Webhooks of a site: to the modules of the installed Connect app, and to the webhooks apps registered themselves.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/webhooks/> and
//! <https://developer.atlassian.com/cloud/jira/platform/modules/webhook/>

pub(crate) mod admin;
mod body;
pub(crate) mod cause;
pub(crate) mod dynamic;
pub(crate) mod happening;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use self::{
    dynamic::{Owner, Registration},
    happening::{Detail, Happening},
};
use super::{
    State,
    access::Site,
    connect::{self, Installation},
    jql::{Query, View},
    model::{Content, Issue},
    oauth, token,
};
use crate::courier::{Manners, Parcel, Stamp, milliseconds};

/// Up to five more tries, 5 to 15 minutes apart, of what may pass. The 20 seconds are this fake's.
static MANNERS: Manners = Manners {
    patience: Duration::from_secs(20),
    patience_later: Duration::from_secs(20),
    waits: &[300, 420, 600, 780, 900],
    settles: |status| !matches!(status, 0 | 408 | 409 | 425 | 429 | 500..),
};

/// Who did something, and when by the webhook's own words.
#[derive(Clone, Copy)]
pub(crate) struct Act<'a> {
    /// The account.
    pub(crate) by: &'a str,
    /// What the caller wants to find again in the webhooks.
    pub(crate) trace: Option<&'a str>,
    /// Seconds by which it lies in the past.
    pub(crate) age: i64,
}

/// The webhooks to be sent about what happened.
pub(crate) fn parcels(
    site: &Site,
    state: &State,
    act: Act<'_>,
    happened: &[Happening],
) -> Vec<Parcel> {
    let Some(content) = state.contents.get(site.name) else {
        return Vec::new();
    };
    let installation = state.installations.get(site.name).filter(|it| it.enabled);
    let mut parcels = Vec::new();
    for happening in happened {
        let teller = Teller {
            site,
            state,
            content,
            act,
            happening,
        };
        if let Some(installation) = installation {
            teller.to_modules(installation, &mut parcels);
        }
        teller.to_registered(installation, &mut parcels);
        parcels.extend(admin::parcels(&teller));
    }
    parcels
}

/// One thing that happened, about to be told.
struct Teller<'t> {
    site: &'t Site,
    state: &'t State,
    content: &'t Content,
    act: Act<'t>,
    happening: &'t Happening,
}

impl Teller<'_> {
    fn to_modules(&self, installation: &Installation, parcels: &mut Vec<Parcel>) {
        let modules = installation.descriptor["modules"]["webhooks"].as_array();
        for module in modules.into_iter().flatten() {
            let Some(url) = module["url"].as_str() else {
                continue;
            };
            let filter = module["filter"].as_str().map(Query::parse);
            let passes = match filter {
                None => true,
                Some(Ok(filter)) => fits(self.site, self.content, &filter, &self.happening.issue),
                // Jira refuses such a descriptor; here the module stays silent.
                Some(Err(_)) => false,
            };
            let keys = module["propertyKeys"].as_array().map(|keys| {
                let keys = keys.iter().filter_map(Value::as_str);
                keys.map(str::to_owned).collect::<Vec<_>>()
            });
            if module["event"] != self.happening.event || !passes || !self.has_key(keys.as_deref())
            {
                continue;
            }
            let path = substituted(url, self.content, self.happening);
            let body = (module["excludeBody"] != true).then(|| self.body());
            parcels.push(self.by_app(installation, &path, body));
        }
    }

    /// One delivery for each app and person, which names all their webhooks that fit.
    fn to_registered(&self, installation: Option<&Installation>, parcels: &mut Vec<Parcel>) {
        let mut matched: BTreeMap<(&Owner, &str), Vec<u64>> = BTreeMap::new();
        for registration in self.state.webhooks.iter().filter(|it| self.concerns(it)) {
            let to = (&registration.owner, registration.url.as_str());
            matched.entry(to).or_default().push(registration.id);
        }
        for ((owner, url), ids) in matched {
            let mut body = self.body();
            body.insert("matchedWebhookIds".to_owned(), json!(ids));
            match (owner, installation) {
                (Owner::App, Some(installation)) => {
                    let path = url.strip_prefix(&installation.app_url).unwrap_or(url);
                    parcels.push(self.by_app(installation, path, Some(body)));
                }
                (Owner::App, None) => {}
                (Owner::Person(_), _) => {
                    parcels.push(self.parcel(url.to_owned(), Some(body), Arc::new(bearer)));
                }
            }
        }
    }

    fn concerns(&self, registration: &Registration) -> bool {
        let issue = &self.happening.issue;
        let alive = registration.site == self.site.name
            && registration.expires > self.site.world.now()
            && registration
                .events
                .iter()
                .any(|it| it == self.happening.event);
        let sees = match &registration.owner {
            Owner::App => true,
            // A person's webhooks tell what the person may see.
            Owner::Person(handle) => {
                let person = self.site.world.person(handle);
                let project = self.content.project(issue.project);
                oauth::sites(self.state, &person).contains(&self.site.name)
                    && project.is_some_and(|it| it.members.contains(handle))
            }
        };
        let fields = self.happening.fields();
        let changed = match &registration.fields {
            Some(wanted) if self.happening.event == "jira:issue_updated" => {
                wanted.iter().any(|it| fields.contains(&it.as_str()))
            }
            _ => true,
        };
        alive
            && sees
            && changed
            && self.has_key(registration.property_keys.as_deref())
            && fits(self.site, self.content, &registration.filter, issue)
    }

    /// Whether it is about one of these property keys, where it is about a property at all.
    fn has_key(&self, keys: Option<&[String]>) -> bool {
        match (&self.happening.detail, keys) {
            (Detail::Property(key, _), Some(keys)) => keys.contains(key),
            _ => true,
        }
    }

    fn body(&self) -> Map<String, Value> {
        let at = milliseconds() - self.act.age * 1_000;
        body::of(self.site, self.content, self.act.by, self.happening, at)
    }

    /// A delivery signed with the secret the app shares with the site, for this address only.
    fn by_app(
        &self,
        installation: &Installation,
        path: &str,
        body: Option<Map<String, Value>>,
    ) -> Parcel {
        let (client_key, secret) = (
            installation.client_key.clone(),
            installation.shared_secret.clone(),
        );
        let hash = token::query_string_hash("POST", path, "");
        let authorization = move |stamp: Stamp| {
            let at = issued(stamp);
            let claims = json!({"iss": client_key, "iat": at, "exp": at + 180, "qsh": hash});
            let secret = if stamp.forged {
                "another secret"
            } else {
                &secret
            };
            format!("JWT {}", token::sign(&claims, secret))
        };
        let url = format!("{}{path}", installation.reached_at);
        self.parcel(url, body, Arc::new(authorization))
    }

    fn parcel(
        &self,
        url: String,
        body: Option<Map<String, Value>>,
        authorization: Arc<dyn Fn(Stamp) -> String + Send + Sync>,
    ) -> Parcel {
        let id = uuid::Uuid::new_v4().to_string();
        let (identifier, trace) = (id.clone(), self.act.trace.map(str::to_owned));
        Parcel {
            provider: "jira",
            tenant: self.site.name.to_owned(),
            kind: self.happening.event.to_owned(),
            id,
            url,
            body: body.map_or_else(Bytes::new, |body| Value::Object(body).to_string().into()),
            seal: Arc::new(move |stamp| {
                let mut headers = vec![
                    ("authorization", authorization(stamp)),
                    ("user-agent", "Atlassian Webhook HTTP Client".to_owned()),
                    ("x-atlassian-webhook-identifier", identifier.clone()),
                    ("x-atlassian-webhook-flow", "Primary".to_owned()),
                ];
                if let Some(trace) = &trace {
                    headers.push(("x-atlassian-webhook-trace", trace.clone()));
                }
                if stamp.retry > 0 {
                    headers.push(("x-atlassian-webhook-retry", stamp.retry.to_string()));
                }
                headers
            }),
            forge: Bytes::clone,
            manners: &MANNERS,
            age: self.act.age,
            forged: false,
        }
    }
}

/// What signs webhooks of a 3LO app: its client secret. Atlassian does not say which claims there are; these are
/// this fake's.
fn bearer(stamp: Stamp) -> String {
    let at = issued(stamp);
    let claims = json!({"iss": oauth::CLIENT_ID, "iat": at, "exp": at + 180});
    let secret = if stamp.forged {
        "another secret"
    } else {
        oauth::CLIENT_SECRET
    };
    format!("Bearer {}", token::sign(&claims, secret))
}

fn issued(stamp: Stamp) -> i64 {
    i64::try_from(connect::seconds()).unwrap_or_default() - stamp.age
}

/// Whether an issue fits a webhook's filter, which looks at everything.
fn fits(site: &Site, content: &Content, filter: &Query, issue: &Issue) -> bool {
    let account = |name: &str| {
        let person = site.world.find(|it| it.name == name || it.email == name)?;
        Some(person.account_id)
    };
    let view = View {
        content,
        account: String::new(),
        browses: &|_| true,
        accounts: &account,
        is_account: &|id| site.world.find(|it| it.account_id == id).is_some(),
    };
    filter.holds(issue, &view)
}

/// The address of a module with what its variables stand for.
fn substituted(url: &str, content: &Content, happening: &Happening) -> String {
    let issue = &happening.issue;
    let project = content.project(issue.project);
    let comment = match &happening.detail {
        Detail::Comment(comment) => comment.id.to_string(),
        _ => String::new(),
    };
    let values = [
        ("{issue.id}", issue.id.to_string()),
        ("{issue.key}", issue.key()),
        (
            "{project.id}",
            project.map_or(String::new(), |it| it.id.to_owned()),
        ),
        (
            "{project.key}",
            project.map_or(String::new(), |it| it.key.to_owned()),
        ),
        ("{comment.id}", comment),
    ];
    values.iter().fold(url.to_owned(), |url, (name, value)| {
        let value = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        url.replace(name, &value)
    })
}
