//! What happened to an issue, told from how it was and how it is: changed fields, comments, properties.

use serde_json::{Value, json};

use crate::jira::{
    access::Site,
    adf,
    model::{Comment, Issue, PRIORITIES},
    people, screen,
};

/// One thing Jira has a webhook for.
pub(crate) struct Happening {
    /// `jira:issue_updated` and the like.
    pub(crate) event: &'static str,
    /// The issue as it is now, or as it was when it was deleted.
    pub(crate) issue: Issue,
    pub(crate) detail: Detail,
}

/// What goes with it.
pub(crate) enum Detail {
    /// Something of the issue itself: the event's older name, and what changed.
    Issue(&'static str, Vec<Change>),
    Comment(Comment),
    Property(String, Value),
}

/// A changed field.
pub(crate) struct Change {
    /// The name in the changelog.
    pub(crate) field: String,
    /// The field's id, where the changed thing is a field.
    pub(crate) id: String,
    pub(crate) custom: bool,
    /// Id and text before.
    pub(crate) from: (Option<String>, Option<String>),
    /// Id and text after.
    pub(crate) to: (Option<String>, Option<String>),
}

impl Happening {
    /// A new issue.
    pub(crate) fn created(issue: &Issue) -> Self {
        Self {
            event: "jira:issue_created",
            issue: issue.clone(),
            detail: Detail::Issue("issue_created", Vec::new()),
        }
    }

    /// An issue that is no more.
    pub(crate) fn deleted(issue: &Issue) -> Self {
        Self {
            event: "jira:issue_deleted",
            issue: issue.clone(),
            detail: Detail::Issue("issue_deleted", Vec::new()),
        }
    }

    /// What lies between two states of an issue. Jira tells comments with events of their own only.
    pub(crate) fn between(site: &Site, before: &Issue, after: &Issue) -> Vec<Self> {
        let mut happened = Vec::new();
        let changes = changes(site, before, after);
        if !changes.is_empty() {
            let named = |name: &str| changes.iter().all(|change| change.id == name);
            let name = match () {
                () if named("assignee") => "issue_assigned",
                () if changes.iter().any(|change| change.id == "status") => "issue_generic",
                () if named("timespent") => "issue_worklogged",
                () => "issue_updated",
            };
            happened.push(Self {
                event: "jira:issue_updated",
                issue: after.clone(),
                detail: Detail::Issue(name, changes),
            });
        }
        let mut comment = |event, comment: &Comment| {
            happened.push(Self {
                event,
                issue: after.clone(),
                detail: Detail::Comment(comment.clone()),
            });
        };
        for now in &after.comments {
            match before.comments.iter().find(|it| it.id == now.id) {
                None => comment("comment_created", now),
                Some(then) if then.body != now.body => comment("comment_updated", now),
                Some(_) => {}
            }
        }
        for then in &before.comments {
            if !after.comments.iter().any(|it| it.id == then.id) {
                comment("comment_deleted", then);
            }
        }
        let mut property = |event, key: &str, value: &Value| {
            happened.push(Self {
                event,
                issue: after.clone(),
                detail: Detail::Property(key.to_owned(), value.clone()),
            });
        };
        for (key, value) in &after.properties {
            if before.properties.get(key) != Some(value) {
                property("issue_property_set", key, value);
            }
        }
        for (key, value) in &before.properties {
            if !after.properties.contains_key(key) {
                property("issue_property_deleted", key, value);
            }
        }
        happened
    }

    /// The ids of the fields that changed.
    pub(crate) fn fields(&self) -> Vec<&str> {
        match &self.detail {
            Detail::Issue(_, changes) => changes.iter().map(|change| change.id.as_str()).collect(),
            _ => Vec::new(),
        }
    }
}

impl Change {
    /// As a changelog has it.
    pub(crate) fn shown(&self) -> Value {
        json!({
            "field": self.field,
            "fieldtype": if self.custom { "custom" } else { "jira" },
            "fieldId": self.id,
            "from": self.from.0,
            "fromString": self.from.1,
            "to": self.to.0,
            "toString": self.to.1,
        })
    }
}

type Side = (Option<String>, Option<String>);

fn changes(site: &Site, before: &Issue, after: &Issue) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut field = |name: &str, id: &str, custom, from: Side, to: Side| {
        if from != to {
            changes.push(Change {
                field: name.to_owned(),
                id: id.to_owned(),
                custom,
                from,
                to,
            });
        }
    };
    let person = |account: &str| {
        let shown = people::user(site, account);
        let name = shown["displayName"].as_str().map(str::to_owned);
        (Some(account.to_owned()), name)
    };
    let mut both = |id: &str, side: &dyn Fn(&Issue) -> Side| {
        field(id, id, false, side(before), side(after));
    };
    both("summary", &|it| (None, Some(it.summary.clone())));
    both("description", &|it| (None, text(&it.description)));
    both("status", &|it| named(it.status.id, it.status.name));
    both("priority", &|it| {
        named(&(it.priority + 1).to_string(), PRIORITIES[it.priority])
    });
    both("assignee", &|it| {
        it.assignee.as_deref().map_or((None, None), person)
    });
    both("reporter", &|it| person(&it.reporter));
    both("labels", &|it| (None, Some(it.labels.join(" "))));
    both("duedate", &|it| (it.due.clone(), it.due.clone()));
    both("timespent", &|it| {
        let seconds: u64 = it.worklogs.iter().map(|worklog| worklog.seconds).sum();
        let seconds = (seconds > 0).then(|| seconds.to_string());
        (seconds.clone(), seconds)
    });
    let ids = before.more.keys().chain(after.more.keys());
    let ids: std::collections::BTreeSet<_> = ids.collect();
    for id in ids {
        let name = screen::by_id(id).map_or(*id, |field| field.name);
        let of = |it: &Issue| it.more.get(id).map_or((None, None), told);
        let custom = id.starts_with("customfield_");
        field(name, id, custom, of(before), of(after));
    }
    for file in &after.attachments {
        if !before.attachments.iter().any(|it| it.id == file.id) {
            let to = named(&file.id.to_string(), &file.filename);
            field("Attachment", "attachment", false, (None, None), to);
        }
    }
    for file in &before.attachments {
        if !after.attachments.iter().any(|it| it.id == file.id) {
            let from = named(&file.id.to_string(), &file.filename);
            field("Attachment", "attachment", false, from, (None, None));
        }
    }
    changes
}

fn named(id: &str, name: &str) -> Side {
    (Some(id.to_owned()), Some(name.to_owned()))
}

fn text(document: &Value) -> Option<String> {
    (!document.is_null()).then(|| adf::plain(document).trim_end().to_owned())
}

/// A field's value as a changelog tells it: an id where it has one, and a text.
fn told(value: &Value) -> Side {
    let one = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(_) if value["type"] == "doc" => text(value),
        Value::Object(_) => ["value", "name", "displayName", "key"]
            .iter()
            .find_map(|name| value[*name].as_str().map(str::to_owned)),
        other => Some(other.to_string()),
    };
    match value {
        Value::Array(values) => {
            let texts: Vec<_> = values.iter().filter_map(one).collect();
            (None, Some(texts.join(", ")))
        }
        value => (value["id"].as_str().map(str::to_owned), one(value)),
    }
}
