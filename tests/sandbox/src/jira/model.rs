//! What a Jira site holds: projects, issues and what hangs on them.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::Value;
use time::OffsetDateTime;

use super::screen::Scheme;

/// The content of one site.
#[derive(Default)]
pub(crate) struct Content {
    pub(crate) projects: Vec<Project>,
    pub(crate) issues: BTreeMap<u64, Issue>,
    /// The number the next comment, attachment, worklog or link gets.
    pub(crate) next_id: u64,
}

impl Content {
    /// The issue of this id or key (in any case), whoever asks.
    pub(crate) fn issue(&self, id_or_key: &str) -> Option<&Issue> {
        if let Ok(id) = id_or_key.parse() {
            return self.issues.get(&id);
        }
        self.issues
            .values()
            .find(|issue| issue.key().eq_ignore_ascii_case(id_or_key))
    }

    /// A number not given before.
    pub(crate) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// The number the next issue of a project gets.
    pub(crate) fn next_number(&self, project: &str) -> u64 {
        let in_project = self.issues.values().filter(|it| it.project == project);
        in_project.map(|it| it.number).max().unwrap_or_default() + 1
    }

    /// The project of this id or key.
    pub(crate) fn project(&self, id_or_key: &str) -> Option<&Project> {
        self.projects
            .iter()
            .find(|project| project.id == id_or_key || project.key.eq_ignore_ascii_case(id_or_key))
    }
}

/// A project and who may see it.
#[derive(Clone)]
pub(crate) struct Project {
    pub(crate) id: &'static str,
    pub(crate) key: &'static str,
    pub(crate) name: String,
    /// Handles of the people who may browse it.
    pub(crate) members: Vec<&'static str>,
    /// The id of issue number 0: numbers count up from it.
    pub(crate) first_id: u64,
    /// Who gets issues that are nobody's.
    pub(crate) lead: Option<&'static str>,
    pub(crate) scheme: Scheme,
    /// Ids and names.
    pub(crate) components: Vec<(String, String)>,
    /// Ids and names.
    pub(crate) versions: Vec<(String, String)>,
}

impl Project {
    /// The types an issue here may have.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static Kind> + use<> {
        let subtasks = self.scheme == Scheme::RollOut;
        KINDS.iter().chain(subtasks.then_some(&SUBTASK))
    }

    /// Whether its members may create and change issues.
    pub(crate) fn takes_issues(&self) -> bool {
        self.scheme != Scheme::ReadOnly
    }
}

/// An issue with all that hangs on it.
#[derive(Clone)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) project: &'static str,
    pub(crate) number: u64,
    pub(crate) kind: &'static Kind,
    pub(crate) status: &'static Status,
    pub(crate) priority: usize,
    pub(crate) summary: String,
    pub(crate) description: Value,
    pub(crate) assignee: Option<String>,
    pub(crate) reporter: String,
    pub(crate) creator: String,
    pub(crate) labels: Vec<String>,
    pub(crate) due: Option<String>,
    /// All other fields that were set, by id, as they are shown.
    pub(crate) more: BTreeMap<&'static str, Value>,
    pub(crate) created: OffsetDateTime,
    pub(crate) updated: OffsetDateTime,
    /// From when searches find it.
    pub(crate) searchable: OffsetDateTime,
    pub(crate) comments: Vec<Comment>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) worklogs: Vec<Worklog>,
    pub(crate) links: Vec<RemoteLink>,
    /// Account ids.
    pub(crate) watchers: BTreeSet<String>,
    pub(crate) properties: BTreeMap<String, Value>,
}

impl Issue {
    /// A new issue in which nothing is filled in yet, by this account.
    pub(crate) fn blank(
        project: &Project,
        kind: &'static Kind,
        number: u64,
        account: &str,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id: project.first_id + number,
            project: project.key,
            number,
            kind,
            status: &STATUSES[0],
            priority: 2,
            summary: String::new(),
            description: Value::Null,
            assignee: None,
            reporter: account.to_owned(),
            creator: account.to_owned(),
            labels: Vec::new(),
            due: None,
            more: BTreeMap::new(),
            created: now,
            updated: now,
            searchable: now,
            comments: Vec::new(),
            attachments: Vec::new(),
            worklogs: Vec::new(),
            links: Vec::new(),
            watchers: BTreeSet::from([account.to_owned()]),
            properties: BTreeMap::new(),
        }
    }

    /// `DEMO-42`.
    pub(crate) fn key(&self) -> String {
        format!("{}-{}", self.project, self.number)
    }
}

/// A comment; people are account ids.
#[derive(Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) body: Value,
    pub(crate) created: OffsetDateTime,
    pub(crate) updated: OffsetDateTime,
    pub(crate) properties: BTreeMap<String, Value>,
}

/// A file on an issue. Large files are measured and not kept.
#[derive(Clone)]
pub(crate) struct Attachment {
    pub(crate) id: u64,
    pub(crate) filename: String,
    pub(crate) mime_type: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    pub(crate) author: String,
    pub(crate) created: OffsetDateTime,
    pub(crate) content: Option<Bytes>,
}

/// Time spent.
#[derive(Clone)]
pub(crate) struct Worklog {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) comment: Option<Value>,
    pub(crate) started: String,
    pub(crate) seconds: u64,
    pub(crate) created: OffsetDateTime,
}

/// A link to something elsewhere, as the caller described it.
#[derive(Clone)]
pub(crate) struct RemoteLink {
    pub(crate) id: u64,
    pub(crate) global_id: Option<String>,
    pub(crate) body: Value,
}

/// An issue type.
pub(crate) struct Kind {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) subtask: bool,
}

/// The type of issues that belong to another.
pub(crate) static SUBTASK: Kind = Kind {
    id: "10004",
    name: "Sub-task",
    description: "A small piece of work that's part of a larger task.",
    subtask: true,
};

/// The issue types of every project.
pub(crate) static KINDS: [Kind; 3] = [
    Kind {
        id: "10001",
        name: "Task",
        description: "A small, distinct piece of work.",
        subtask: false,
    },
    Kind {
        id: "10002",
        name: "Bug",
        description: "A problem or error.",
        subtask: false,
    },
    Kind {
        id: "10003",
        name: "Story",
        description: "Functionality or a feature expressed as a user goal.",
        subtask: false,
    },
];

/// A status; its transition leads to it from everywhere.
pub(crate) struct Status {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) category: (u64, &'static str, &'static str, &'static str),
    pub(crate) transition: &'static str,
}

/// The statuses of every project, in the order of the board.
pub(crate) static STATUSES: [Status; 4] = [
    Status {
        id: "10000",
        name: "To Do",
        category: (2, "new", "blue-gray", "To Do"),
        transition: "11",
    },
    Status {
        id: "10001",
        name: "In Progress",
        category: (4, "indeterminate", "yellow", "In Progress"),
        transition: "21",
    },
    Status {
        id: "10002",
        name: "In Review",
        category: (4, "indeterminate", "yellow", "In Progress"),
        transition: "31",
    },
    Status {
        id: "10003",
        name: "Done",
        category: (3, "done", "green", "Done"),
        transition: "41",
    },
];

/// The names of the priorities; the id is the place counted from 1.
pub(crate) static PRIORITIES: [&str; 5] = ["Highest", "High", "Medium", "Low", "Lowest"];

/// `2021-01-17T12:34:00.000+0000`: Jira writes the offset without a colon.
pub(crate) fn timestamp(at: OffsetDateTime) -> String {
    let form = time::macros::format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000"
    );
    at.format(form)
        .expect("a time of this century has Jira's form")
}
