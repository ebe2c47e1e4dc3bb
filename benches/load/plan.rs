//! What the hand-written join knows from its start: its viewers, their tokens and their links.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use trefoil::id::NodeId;
use trefoil::store::link::{Link, Target};

use super::people;

/// Everything it knows.
#[derive(Serialize, Deserialize)]
pub struct Plan {
    /// The canned vendors' origin.
    pub upstream: String,
    /// Viewers by their `Authorization` header.
    pub viewers: HashMap<String, Viewer>,
}

/// One viewer.
#[derive(Serialize, Deserialize)]
pub struct Viewer {
    /// Our id of them.
    pub person: String,
    /// Their issue.
    pub issue: String,
    /// Their `Authorization` for Jira.
    pub jira: String,
    /// For Graph.
    pub microsoft: String,
    /// For Zoom.
    pub zoom: String,
    /// What is linked to the issue, newest first.
    pub links: Vec<Planned>,
}

/// A link.
#[derive(Serialize, Deserialize)]
pub struct Planned {
    /// Its id in answers.
    pub id: String,
    /// What it leads to.
    pub kind: Kind,
    /// The other end.
    pub target: String,
    /// A task's list, else empty.
    pub list: String,
}

/// What a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Mail,
    Event,
    Chat,
    Task,
    Recording,
}

impl Plan {
    /// For the people whom the gateway knows.
    pub fn new(upstream: &str, viewers: &[people::Viewer]) -> Self {
        let planned = |viewer: &people::Viewer| {
            let planned = Viewer {
                person: viewer.person.to_string(),
                issue: viewer.issue.to_string(),
                jira: "Bearer e30.jira-load-token.sig".to_owned(),
                microsoft: format!("Bearer {}", people::access_token("microsoft")),
                zoom: format!("Bearer {}", people::access_token("zoom")),
                links: viewer.links.iter().filter_map(planned).collect(),
            };
            (viewer.authorization.clone(), planned)
        };
        Self {
            upstream: upstream.to_owned(),
            viewers: viewers.iter().map(planned).collect(),
        }
    }
}

fn planned(link: &Link) -> Option<Planned> {
    let (kind, target, list) = match &link.target {
        Target::Mail(id) | Target::Conversation(id, _) => (Kind::Mail, id.as_str(), ""),
        Target::Event(id) => (Kind::Event, id.as_str(), ""),
        Target::Chat(id) => (Kind::Chat, id.as_str(), ""),
        Target::Task(list, id) => (Kind::Task, id.as_str(), list.as_str()),
        Target::ZoomRecording(uuid) => (Kind::Recording, uuid.as_str(), ""),
        Target::ZoomMeeting(_) => return None,
    };
    Some(Planned {
        id: NodeId::Link(link.id).to_string(),
        kind,
        target: target.to_owned(),
        list: list.to_owned(),
    })
}
