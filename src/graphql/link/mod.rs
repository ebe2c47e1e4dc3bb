//! Linking things to issues, and taking links away.

mod carry_out;
mod input;
mod payload;

use async_graphql::{Context, Object};

use self::carry_out::{Request, Wanted, link, unlink};
use self::input::{
    LinkChatInput, LinkMailInput, LinkMeetingInput, LinkRecordingInput, LinkTaskInput, UnlinkInput,
};
use self::payload::{
    LinkChatPayload, LinkMailPayload, LinkMeetingPayload, LinkRecordingPayload, LinkTaskPayload,
    UnlinkPayload,
};
use super::context::ContextExt as _;
use super::error::Error;
use super::mail;
use super::meeting::MeetingProvider;
use crate::id::{Malformed, NodeId, ZoomNumber};
use crate::store::link::Target;

pub use carry_out::{check_key, is_visible, issue_of, refused};
pub use payload::{Link, UserError};

/// The meeting that an input names, in any of the ways in which people have one.
fn meeting_of(input: &LinkMeetingInput) -> Result<Wanted, Malformed> {
    let zoom = |number| Ok(Wanted::Target(Target::ZoomMeeting(number)));
    match input.meeting.parse() {
        Ok(NodeId::Event(id)) => return Ok(Wanted::Event(id)),
        Ok(NodeId::ZoomMeeting(number)) => return zoom(number),
        _ => {}
    }
    if input.meeting.trim().starts_with("https://") {
        let number = ZoomNumber::of_link(&input.meeting);
        return number.map_or(
            Err(Malformed {
                expected: "a link to a Zoom meeting that has its number, such as https://zoom.us/j/85746065123",
            }),
            zoom,
        );
    }
    // No id of Graph's is a number.
    match (input.meeting.parse::<ZoomNumber>(), input.provider) {
        (Ok(number), None | Some(MeetingProvider::Zoom)) => zoom(number),
        (Err(malformed), Some(MeetingProvider::Zoom)) => Err(malformed),
        _ => input.meeting.parse().map(Wanted::Event),
    }
}

/// Mutations of links.
#[derive(Default)]
pub struct LinkMutation;

#[Object]
impl LinkMutation {
    /// Links a mail that the viewer may read to an issue, or its whole conversation. Others who received the mail find
    /// it in their own mailboxes. Keeps its Message-ID, and of a conversation the one it began with, and nothing else.
    /// A mail is linked once: asked for again with its conversation, its link becomes one to all of it. Costs one Jira
    /// and one Graph call.
    async fn link_mail(
        &self,
        ctx: &Context<'_>,
        input: LinkMailInput,
    ) -> Result<LinkMailPayload, Error> {
        let sought = mail::sought(
            ctx.operation(),
            ("mail", input.mail.as_ref()),
            input.internet_message_id.as_deref(),
            input.mailbox.as_deref(),
        );
        let wanted = sought
            .map(|(sought, place)| Wanted::Mail {
                sought,
                place,
                whole: input.whole_conversation,
            })
            .map_err(|unfit| UserError::of(unfit.field, &unfit.error));
        let request = Request {
            operation: "linkMail",
            key: input.idempotency_key,
            issue: input.issue,
        };
        Ok(link(ctx.operation(), request, "mail", wanted).await?.into())
    }

    /// Links a meeting that the viewer may see to an issue. Keeps its iCalendar UID, or Zoom's number of it, and
    /// nothing else. Costs one Jira call and one Graph or Zoom call.
    async fn link_meeting(
        &self,
        ctx: &Context<'_>,
        input: LinkMeetingInput,
    ) -> Result<LinkMeetingPayload, Error> {
        let wanted = meeting_of(&input).map_err(|it| refused("meeting", it));
        let request = Request {
            operation: "linkMeeting",
            key: input.idempotency_key,
            issue: input.issue,
        };
        Ok(link(ctx.operation(), request, "meeting", wanted)
            .await?
            .into())
    }

    /// Links a chat that the viewer is a member of to an issue. Keeps its id and nothing else. Costs one Jira and one
    /// Graph call.
    async fn link_chat(
        &self,
        ctx: &Context<'_>,
        input: LinkChatInput,
    ) -> Result<LinkChatPayload, Error> {
        let wanted = match input.chat.parse() {
            Ok(NodeId::Chat(id)) => Ok(id),
            _ => input.chat.parse().map_err(|it| refused("chat", it)),
        };
        let wanted = wanted.map(|id| Wanted::Target(Target::Chat(id)));
        let request = Request {
            operation: "linkChat",
            key: input.idempotency_key,
            issue: input.issue,
        };
        Ok(link(ctx.operation(), request, "chat", wanted).await?.into())
    }

    /// Links a To Do task of the viewer to an issue; nobody else sees it there. Keeps its ids and nothing else. Costs
    /// one Jira and one Graph call.
    async fn link_task(
        &self,
        ctx: &Context<'_>,
        input: LinkTaskInput,
    ) -> Result<LinkTaskPayload, Error> {
        let wanted = match (input.task.parse(), &input.list) {
            (Ok(NodeId::Task(list, task)), _) => Ok((list, task)),
            (_, Some(list)) => match (list.parse(), input.task.parse()) {
                (Ok(list), Ok(task)) => Ok((list, task)),
                (Err(malformed), _) => Err(refused("list", malformed)),
                (_, Err(malformed)) => Err(refused("task", malformed)),
            },
            _ => Err(UserError::of(
                "list",
                &Error::bad_input("Give the `list` that the task is in."),
            )),
        };
        let wanted = wanted.map(|(list, task)| Wanted::Target(Target::Task(list, task)));
        let request = Request {
            operation: "linkTask",
            key: input.idempotency_key,
            issue: input.issue,
        };
        Ok(link(ctx.operation(), request, "task", wanted).await?.into())
    }

    /// Links the recordings of a Zoom meeting instance to an issue. Keeps its UUID and nothing else. Costs one Jira
    /// and one Zoom call.
    async fn link_recording(
        &self,
        ctx: &Context<'_>,
        input: LinkRecordingInput,
    ) -> Result<LinkRecordingPayload, Error> {
        let wanted = match input.recording.parse() {
            Ok(NodeId::ZoomRecording(uuid)) => Ok(uuid),
            _ => input
                .recording
                .parse()
                .map_err(|it| refused("recording", it)),
        };
        let wanted = wanted.map(|uuid| Wanted::Target(Target::ZoomRecording(uuid)));
        let request = Request {
            operation: "linkRecording",
            key: input.idempotency_key,
            issue: input.issue,
        };
        Ok(link(ctx.operation(), request, "recording", wanted)
            .await?
            .into())
    }

    /// Takes a link away. What it led to is not touched. Costs one Jira call.
    async fn unlink(&self, ctx: &Context<'_>, input: UnlinkInput) -> Result<UnlinkPayload, Error> {
        Ok(match unlink(ctx.operation(), &input).await? {
            Ok(()) => UnlinkPayload {
                unlinked: Some(input.link),
                user_errors: Vec::new(),
            },
            Err(error) => UnlinkPayload {
                unlinked: None,
                user_errors: vec![error],
            },
        })
    }
}
