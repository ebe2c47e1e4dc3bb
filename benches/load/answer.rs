//! From the vendors' answers to the panel's, as the hand-written join makes it.

use axum::body::Bytes;
use serde::Serialize;
use serde::de::Error as _;
use serde_json::{Result, from_slice, from_str};

use super::node::{ChatNode, MailNode, MeetingNode, Name, RecordingNode, TaskNode, moment};
use super::plan::{Kind, Planned, Viewer};
use super::vendor::{BatchAnswer, Issue, Page, Part};

/// What came back, in the order of the links.
pub struct Answered {
    /// From Jira.
    pub issue: Bytes,
    /// From Graph, twenty links each.
    pub batches: Vec<Bytes>,
    /// From Zoom, one link each.
    pub recordings: Vec<Bytes>,
}

#[derive(Serialize)]
struct Answer<'a> {
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    viewer: ViewerNode<'a>,
    issue: IssueNode<'a>,
}

#[derive(Serialize)]
struct ViewerNode<'a> {
    person: &'a str,
    connections: [Connection; 3],
}

#[derive(Serialize)]
struct Connection {
    provider: &'static str,
    state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IssueNode<'a> {
    key: &'a str,
    summary: &'a str,
    status: StatusNode<'a>,
    priority: Name<'a>,
    assignee: Name<'a>,
    updated_at: &'a str,
    mails: Join<MailNode<'a>>,
    meetings: Join<MeetingNode<'a>>,
    chats: Join<ChatNode<'a>>,
    tasks: Join<TaskNode<'a>>,
    recordings: Join<RecordingNode<'a>>,
}

#[derive(Serialize)]
struct StatusNode<'a> {
    name: &'a str,
    category: &'static str,
}

#[derive(Serialize)]
struct Join<T> {
    source: Source,
    #[serde(rename = "totalCount")]
    total: usize,
    #[serde(rename = "hiddenCount", skip_serializing_if = "Option::is_none")]
    hidden: Option<usize>,
    nodes: Vec<T>,
}

#[derive(Serialize)]
struct Source {
    state: &'static str,
}

/// The answer's bytes.
pub fn write(viewer: &Viewer, read: &Answered) -> Result<Vec<u8>> {
    let issue: Issue<'_> = from_slice(&read.issue)?;
    let batches: Vec<BatchAnswer<'_>> = read
        .batches
        .iter()
        .map(|bytes| from_slice(bytes))
        .collect::<Result<_>>()?;
    let (mut mails, mut meetings, mut chats, mut tasks) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (link, part) in in_graph(viewer).zip(parts(&batches)?) {
        let body = part.body.get();
        match link.kind {
            Kind::Mail => {
                let page: Page<_> = from_str(body)?;
                mails.extend(page.value.into_iter().map(|mail| MailNode::new(mail, link)));
            }
            Kind::Event => {
                let page: Page<_> = from_str(body)?;
                meetings.extend(page.value.into_iter().map(MeetingNode::new));
            }
            Kind::Chat => chats.push(ChatNode::new(from_str(body)?)),
            Kind::Task => tasks.push(TaskNode::new(from_str(body)?, link)),
            Kind::Recording => {}
        }
    }
    let mut recordings: Vec<RecordingNode<'_>> = read
        .recordings
        .iter()
        .map(|bytes| from_slice(bytes).map(RecordingNode::new))
        .collect::<Result<_>>()?;
    mails.sort_by(|a, b| b.received_at.cmp(&a.received_at));
    meetings.sort_by(|a, b| b.starts_at.cmp(&a.starts_at));
    chats.sort_by(|a, b| b.updated_at.cmp(&a.updated_at));
    tasks.sort_by(|a, b| b.due_at.cmp(&a.due_at));
    recordings.sort_by(|a, b| b.started_at.cmp(&a.started_at));
    let ready = |provider| Connection {
        provider,
        state: "READY",
    };
    let fields = &issue.fields;
    serde_json::to_vec(&Answer {
        data: Data {
            viewer: ViewerNode {
                person: &viewer.person,
                connections: [ready("JIRA"), ready("MICROSOFT"), ready("ZOOM")],
            },
            issue: IssueNode {
                key: issue.key,
                summary: &fields.summary,
                status: StatusNode {
                    name: &fields.status.name,
                    category: match fields.status.category.key {
                        "new" => "TO_DO",
                        "indeterminate" => "IN_PROGRESS",
                        "done" => "DONE",
                        _ => "UNKNOWN",
                    },
                },
                priority: Name::new(&fields.priority.name),
                assignee: Name::new(&fields.assignee.name),
                updated_at: &moment(fields.updated),
                mails: Join::new(mails, true),
                meetings: Join::new(meetings, true),
                chats: Join::new(chats, false),
                tasks: Join::new(tasks, false),
                recordings: Join::new(recordings, false),
            },
        },
    })
}

fn in_graph(viewer: &Viewer) -> impl Iterator<Item = &Planned> {
    viewer
        .links
        .iter()
        .filter(|link| link.kind != Kind::Recording)
}

/// All parts in the order they were asked for; Graph may answer in another.
fn parts<'a>(batches: &'a [BatchAnswer<'a>]) -> Result<Vec<&'a Part<'a>>> {
    let mut all = Vec::new();
    for batch in batches {
        let mut parts: Vec<(usize, &Part<'_>)> = Vec::with_capacity(batch.responses.len());
        for part in &batch.responses {
            let place = part.id.parse().map_err(serde_json::Error::custom)?;
            if part.status != 200 {
                return Err(serde_json::Error::custom("a part was refused"));
            }
            parts.push((place, part));
        }
        parts.sort_by_key(|(place, _)| *place);
        all.extend(parts.into_iter().map(|(_, part)| part));
    }
    Ok(all)
}

impl<T> Join<T> {
    fn new(nodes: Vec<T>, hidden: bool) -> Self {
        Self {
            source: Source { state: "READY" },
            total: nodes.len(),
            hidden: hidden.then_some(0),
            nodes,
        }
    }
}
