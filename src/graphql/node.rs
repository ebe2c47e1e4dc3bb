//! `node(id)`: anything by its id.

use async_graphql::{Context, ID, Interface, Object};

use super::chat::{self, Chat};
use super::context::ContextExt as _;
use super::error::Error;
use super::issue::{self, Issue};
use super::loader::IssueRef;
use super::mail::{self, Mail};
use super::meeting::{self, Meeting};
use super::recording::{self, Recording};
use super::selection::Selection;
use super::task::{self, Task};
use super::transfer::{self, Transfer};
use crate::feature::Feature;
use crate::id::NodeId;

/// Anything that has an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its id."))]
pub enum Node {
    Issue(Issue),
    Mail(Mail),
    Meeting(Meeting),
    Chat(Chat),
    Task(Task),
    Recording(Recording),
    Transfer(Transfer),
}

/// Queries for anything.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its id. Null when there is nothing that the viewer may see.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Node, Error>> {
        let operation = ctx.operation();
        let selection = Selection::of(ctx);
        let node = match id.parse::<NodeId>() {
            Ok(node) => node,
            Err(malformed) => return Some(Err(malformed.into())),
        };
        if let Err(error) = operation.demand(needed(&node)).await {
            return Some(Err(error));
        }
        match node {
            NodeId::Issue(site, id) => {
                // A site of others is answered as one that does not exist.
                let site = operation.site(Some(&site.to_string())).ok()?.site.clone();
                let issue = issue::resolve(operation, &site, IssueRef::Id(id), &selection).await;
                issue.map(|it| it.map(Node::Issue))
            }
            NodeId::Mail(_) | NodeId::SharedMail(..) => {
                let mail = mail::by_node_id(operation, &node, &selection).await;
                mail.map(|it| it.map(Node::Mail))
            }
            NodeId::Event(id) => meeting::event_by_id(operation, &id, &selection)
                .await
                .map(|it| it.map(Node::Meeting)),
            NodeId::ZoomMeeting(number) => meeting::zoom_by_number(operation, number)
                .await
                .map(|it| it.map(Node::Meeting)),
            NodeId::Chat(id) => chat::by_id(operation, &id, &selection)
                .await
                .map(|it| it.map(Node::Chat)),
            NodeId::Task(list, id) => task::by_id(operation, &list, &id, &selection)
                .await
                .map(|it| it.map(Node::Task)),
            NodeId::ZoomRecording(uuid) => recording::by_uuid(operation, &uuid)
                .await
                .map(|it| it.map(Node::Recording)),
            NodeId::Transfer(id) => transfer::by_id(operation, id)
                .await
                .map(|it| it.map(Node::Transfer)),
            NodeId::Site(_) | NodeId::Link(_) => None,
        }
    }
}

/// What has to be switched on for it to be read.
fn needed(node: &NodeId) -> &'static [Feature] {
    match node {
        NodeId::Mail(_) | NodeId::SharedMail(..) => &[Feature::Mail],
        NodeId::Event(_) => &[Feature::Meetings],
        NodeId::ZoomMeeting(_) => &[Feature::Meetings, Feature::Zoom],
        NodeId::Chat(_) => &[Feature::Chats],
        NodeId::Task(..) => &[Feature::Tasks],
        NodeId::ZoomRecording(_) => &[Feature::Zoom],
        NodeId::Issue(..) | NodeId::Site(_) | NodeId::Link(_) | NodeId::Transfer(_) => &[],
    }
}
