//! Linking things to issues, and taking links away.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};

use super::chat::{self, Chat};
use super::context::{ContextExt as _, Operation};
use super::error::Error;
use super::join::{self, Found};
use super::loader::IssueRef;
use super::mail::{self, Mail};
use super::meeting::{self, Meeting, MeetingProvider};
use super::recording::{self, Recording};
use super::scalar::DateTime;
use super::selection::Selection;
use super::task::{self, Task};
use crate::action::link::{self as action, Made, Removed};
use crate::auth::Site;
use crate::id::{GraphId, IssueId, Malformed, MessageId, NodeId, TenantId};
use crate::store::link::{Kind as LinkKind, Link as Stored, Target};
use crate::upstream::jira::FieldSet;
use crate::upstream::microsoft::{self, mail as graph_mail, meeting as graph_meeting};

/// Why a request was not carried out.
#[derive(Debug, Clone, SimpleObject)]
pub struct UserError {
    /// A stable code, as in `errors[].extensions.code`.
    code: String,
    /// Which input it is about.
    field: Option<Vec<String>>,
    /// One sentence for people.
    message: String,
}

/// A stored link: ids only.
#[derive(Debug, Clone, SimpleObject)]
pub struct Link {
    /// Its id; `unlink` takes it.
    id: ID,
    /// What it leads to.
    kind: LinkKind,
    /// When it was made.
    created_at: DateTime,
}

impl From<&Stored> for Link {
    fn from(link: &Stored) -> Self {
        Self {
            id: NodeId::Link(link.id).to_string().into(),
            kind: link.target.kind(),
            created_at: DateTime::from_millis(link.created_at),
        }
    }
}

impl UserError {
    /// About one input.
    pub fn of(field: &str, error: &Error) -> Self {
        Self {
            code: error.code().to_owned(),
            field: Some(vec!["input".to_owned(), field.to_owned()]),
            message: error.message().to_owned(),
        }
    }
}

/// What every linking mutation is given.
struct Request {
    operation: &'static str,
    key: String,
    issue: ID,
}

/// What to link, as far as the input tells.
enum Wanted {
    Mail(GraphId),
    MessageId(MessageId),
    Event(GraphId),
    Target(Target),
}

macro_rules! link_payload {
    ($payload:ident, $field:ident, $thing:ident, $doc:literal, $found:expr) => {
        #[doc = $doc]
        #[derive(SimpleObject)]
        #[graphql(complex)]
        pub struct $payload {
            /// The link; null when it was not made.
            link: Option<Link>,
            /// Why it was not made.
            user_errors: Vec<UserError>,
            #[graphql(skip)]
            stored: Option<Stored>,
        }

        #[ComplexObject]
        impl $payload {
            /// What was linked, read anew.
            async fn $field(&self, ctx: &Context<'_>) -> Option<Result<$thing, Error>> {
                let stored = self.stored.as_ref()?;
                let selection = Selection::of(ctx);
                let read = join::read(ctx.operation(), &[(stored.clone(), &selection)]).await;
                let read = match read {
                    Ok(read) => read,
                    Err(error) => return Some(Err(error)),
                };
                let found: Found<$thing> = ($found)(&read, stored, &selection);
                found.into_field()
            }
        }

        impl From<Result<Stored, UserError>> for $payload {
            fn from(outcome: Result<Stored, UserError>) -> Self {
                match outcome {
                    Ok(stored) => Self {
                        link: Some(Link::from(&stored)),
                        user_errors: Vec::new(),
                        stored: Some(stored),
                    },
                    Err(error) => Self {
                        link: None,
                        user_errors: vec![error],
                        stored: None,
                    },
                }
            }
        }
    };
}

link_payload!(
    LinkMailPayload,
    mail,
    Mail,
    "What `linkMail` did.",
    mail::found
);
link_payload!(
    LinkMeetingPayload,
    meeting,
    Meeting,
    "What `linkMeeting` did.",
    meeting::found
);
link_payload!(
    LinkChatPayload,
    chat,
    Chat,
    "What `linkChat` did.",
    chat::found
);
link_payload!(
    LinkTaskPayload,
    task,
    Task,
    "What `linkTask` did.",
    task::found
);
link_payload!(
    LinkRecordingPayload,
    recording,
    Recording,
    "What `linkRecording` did.",
    |read: &_, link: &_, _: &_| recording::found(read, link)
);

/// What `unlink` did.
#[derive(SimpleObject)]
pub struct UnlinkPayload {
    /// The id of the link that is gone; null when nothing was done.
    unlinked: Option<ID>,
    /// Why nothing was done.
    user_errors: Vec<UserError>,
}

/// Which mail belongs to which issue.
#[derive(InputObject)]
pub struct LinkMailInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    issue: ID,
    /// The mail, by its id here or by Graph's id of it in the viewer's own mailbox.
    mail: Option<ID>,
    /// The mail by its RFC 5322 Message-ID, instead of `mail`.
    internet_message_id: Option<String>,
}

/// Which meeting belongs to which issue.
#[derive(InputObject)]
pub struct LinkMeetingInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    issue: ID,
    /// Where the meeting takes place; only needed for Zoom's own meeting numbers.
    provider: Option<MeetingProvider>,
    /// The meeting, by its id here, by Graph's id of the event, or by Zoom's meeting number.
    meeting: ID,
}

/// Which chat belongs to which issue.
#[derive(InputObject)]
pub struct LinkChatInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    issue: ID,
    /// The chat, by its id here or by Graph's id of it.
    chat: ID,
}

/// Which task belongs to which issue.
#[derive(InputObject)]
pub struct LinkTaskInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    issue: ID,
    /// Graph's id of the To Do list. Not needed when `task` is an id of this API.
    list: Option<ID>,
    /// The task, by its id here or by Graph's id of it.
    task: ID,
}

/// Which recording belongs to which issue.
#[derive(InputObject)]
pub struct LinkRecordingInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    idempotency_key: String,
    /// The issue: its id, or Jira's number of it.
    issue: ID,
    /// The recording, by its id here or by Zoom's UUID of the meeting instance.
    recording: ID,
}

/// Which link to take away.
#[derive(InputObject)]
pub struct UnlinkInput {
    /// Chosen by the client; the same key again gives the first result and does nothing twice.
    idempotency_key: String,
    /// The link.
    link: ID,
}

/// Mutations of links.
#[derive(Default)]
pub struct LinkMutation;

#[Object]
impl LinkMutation {
    /// Links a mail of the viewer's own mailbox to an issue. Others who received the mail find it in theirs. Keeps its
    /// Message-ID and nothing else. Costs one Jira and one Graph call.
    async fn link_mail(
        &self,
        ctx: &Context<'_>,
        input: LinkMailInput,
    ) -> Result<LinkMailPayload, Error> {
        let wanted = match (&input.mail, &input.internet_message_id) {
            (Some(mail), None) => match mail.parse() {
                Ok(NodeId::Mail(id)) => Ok(Wanted::Mail(id)),
                _ => mail
                    .parse()
                    .map(Wanted::Mail)
                    .map_err(|it| refused("mail", it)),
            },
            (None, Some(id)) => id
                .parse()
                .map(Wanted::MessageId)
                .map_err(|it| refused("internetMessageId", it)),
            _ => Err(UserError::of(
                "mail",
                &Error::bad_input("Give either `mail` or `internetMessageId`."),
            )),
        };
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
        let wanted = match (input.meeting.parse(), input.provider) {
            (Ok(NodeId::Event(id)), _) => Ok(Wanted::Event(id)),
            (Ok(NodeId::ZoomMeeting(number)), _) => Ok(Wanted::Target(Target::ZoomMeeting(number))),
            (_, Some(MeetingProvider::Zoom)) => input
                .meeting
                .parse()
                .map(|it| Wanted::Target(Target::ZoomMeeting(it))),
            _ => input.meeting.parse().map(Wanted::Event),
        };
        let wanted = wanted.map_err(|it| refused("meeting", it));
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

fn refused(field: &str, malformed: Malformed) -> UserError {
    UserError::of(field, &malformed.into())
}

fn nothing_there(field: &str) -> UserError {
    UserError {
        code: "NOT_FOUND".to_owned(),
        field: Some(vec!["input".to_owned(), field.to_owned()]),
        message: "There is nothing with that id that you can see.".to_owned(),
    }
}

/// The issue that a mutation names.
fn issue_of<'a>(operation: &'a Operation, id: &ID) -> Result<(&'a Site, IssueId), UserError> {
    let found = match (id.parse::<IssueId>(), id.parse::<NodeId>()) {
        (Ok(issue), _) => operation.site(None).map(|site| (site, issue)),
        (_, Ok(NodeId::Issue(site, issue))) => {
            // A site of others is answered as one that does not exist.
            let site = operation
                .site(Some(&site.to_string()))
                .map_err(|_| nothing_there("issue"))?;
            return Ok((site, issue));
        }
        _ => Err(Malformed {
            expected: "the id of an issue, or Jira's number of it",
        }
        .into()),
    };
    found.map_err(|error| UserError::of("issue", &error))
}

/// Whether the viewer may see an issue.
async fn is_visible(operation: &Operation, issue: IssueId) -> Result<bool, Error> {
    let key = (IssueRef::Id(issue), FieldSet::default());
    let outcome = operation
        .issues()
        .try_load(key)
        .await
        .map_err(|error| Error::internal(&error))?;
    Ok(outcome?.is_some())
}

async fn link(
    operation: &Operation,
    request: Request,
    field: &'static str,
    wanted: Result<Wanted, UserError>,
) -> Result<Result<Stored, UserError>, Error> {
    if let Err(error) = check_key(&request.key) {
        return Ok(Err(error));
    }
    let (wanted, (site, issue)) = match (wanted, issue_of(operation, &request.issue)) {
        (Ok(wanted), Ok(issue)) => (wanted, issue),
        (Err(error), _) | (_, Err(error)) => return Ok(Err(error)),
    };
    let (app, caller) = (&operation.app, &*operation.caller);
    let tenant = TenantId::of_site(site.id);
    let words = format!("{issue} {}", wanted.words());
    let earlier = action::earlier(
        app,
        caller,
        &tenant,
        request.operation,
        &request.key,
        &words,
    )
    .await?;
    match earlier {
        None => {}
        Some(Made::Link(link)) => return Ok(Ok(link)),
        Some(Made::Gone) => return Ok(Err(nothing_there("idempotencyKey"))),
        Some(Made::KeyReused) => return Ok(Err(key_reused())),
        Some(Made::UnderWay) => return Ok(Err(under_way())),
    }
    let resolved = async {
        let (visible, target) = futures::join!(
            is_visible(operation, issue),
            target(operation, wanted, field)
        );
        if !visible? {
            return Ok(Err(nothing_there("issue")));
        }
        target
    };
    let target = match resolved.await {
        Ok(Ok(target)) => target,
        refusal => {
            action::give_back(
                app,
                caller,
                &tenant,
                request.operation,
                &request.key,
                &words,
            )
            .await?;
            return refusal.map(|it| it.map(|_: Target| unreachable!("a target is handled above")));
        }
    };
    let by = (request.operation, request.key.as_str(), words.as_str());
    Ok(Ok(
        action::make(app, caller, (site.id, issue), &target, by).await?
    ))
}

impl Wanted {
    /// What tells this request from another with the same key.
    fn words(&self) -> String {
        match self {
            Self::Mail(id) | Self::Event(id) => id.to_string(),
            Self::MessageId(id) => id.as_str().to_owned(),
            Self::Target(target) => format!("{target:?}"),
        }
    }
}

/// The id that works for everyone, from one that works for the viewer; reading it proves that they may see it.
async fn target(
    operation: &Operation,
    wanted: Wanted,
    field: &'static str,
) -> Result<Result<Target, UserError>, Error> {
    let found = match wanted {
        Wanted::Mail(id) => {
            let read = read::<graph_mail::Message>(
                operation,
                graph_mail::by_id(&id, "id,internetMessageId"),
            );
            let message = read.await?;
            message
                .and_then(|it| it.internet_message_id.clone()?.parse().ok())
                .map(Target::Mail)
        }
        Wanted::MessageId(id) => {
            let path = graph_mail::by_message_id(&id, "id,internetMessageId");
            let page = read::<microsoft::Page<graph_mail::Message>>(operation, path).await?;
            page.filter(|it| !it.value.is_empty())
                .map(|_| Target::Mail(id))
        }
        Wanted::Event(id) => {
            let event =
                read::<graph_meeting::Event>(operation, graph_meeting::by_id(&id, "id,iCalUId"))
                    .await?;
            event
                .and_then(|it| it.i_cal_u_id.clone()?.parse().ok())
                .map(Target::Event)
        }
        Wanted::Target(target) => may_see(operation, &target).await?.then_some(target),
    };
    Ok(found.ok_or_else(|| nothing_there(field)))
}

async fn may_see(operation: &Operation, target: &Target) -> Result<bool, Error> {
    use super::loader::{ZoomRef, ZoomThing};
    let zoom = |reference| async {
        let outcome = operation
            .zoom()
            .try_load(reference)
            .await
            .map_err(|error| Error::internal(&error))?;
        Ok::<_, Error>(matches!(
            outcome?,
            ZoomThing::Recordings(Some(_)) | ZoomThing::Meeting(Some(_))
        ))
    };
    match target {
        Target::Chat(id) => {
            let path = microsoft::chat::by_id(id, "id", false);
            Ok(read::<microsoft::chat::Chat>(operation, path)
                .await?
                .is_some())
        }
        Target::Task(list, id) => {
            let path = microsoft::todo::by_id(list, id, "id");
            Ok(read::<microsoft::todo::Task>(operation, path)
                .await?
                .is_some())
        }
        Target::ZoomMeeting(number) => zoom(ZoomRef::Meeting(*number)).await,
        Target::ZoomRecording(uuid) => zoom(ZoomRef::Recordings(uuid.clone())).await,
        Target::Mail(_) | Target::Event(_) => Ok(true),
    }
}

async fn read<T: serde::de::DeserializeOwned>(
    operation: &Operation,
    path: microsoft::Path,
) -> Result<Option<std::sync::Arc<T>>, Error> {
    let outcome = operation
        .graph()
        .try_load(path)
        .await
        .map_err(|error| Error::internal(&error))?;
    join::one::<T>(Some(&outcome), "read what is to be linked")
        .into_field()
        .transpose()
}

async fn unlink(
    operation: &Operation,
    input: &UnlinkInput,
) -> Result<Result<(), UserError>, Error> {
    if let Err(error) = check_key(&input.idempotency_key) {
        return Ok(Err(error));
    }
    let Ok(NodeId::Link(id)) = input.link.parse() else {
        return Ok(Err(refused(
            "link",
            Malformed {
                expected: "the id of a link",
            },
        )));
    };
    let site = operation.site(None)?;
    let tenant = TenantId::of_site(site.id);
    let (app, caller) = (&operation.app, &*operation.caller);
    // Who may not see the issue may not take its links away, nor learn that there are any.
    if let Some(link) = crate::store::link::get(&app.store, &tenant, id).await? {
        let others_task = link.target.kind() == LinkKind::Task && link.linked_by != caller.person;
        if others_task || !is_visible(operation, link.issue).await? {
            return Ok(Err(nothing_there("link")));
        }
    }
    Ok(
        match action::remove(app, caller, &tenant, id, &input.idempotency_key).await? {
            Removed::Done => Ok(()),
            Removed::NotFound => Err(nothing_there("link")),
            Removed::KeyReused => Err(key_reused()),
            Removed::UnderWay => Err(under_way()),
        },
    )
}

/// An idempotency key is something, and not a book.
pub fn check_key(key: &str) -> Result<(), UserError> {
    if (1..=200).contains(&key.len()) {
        return Ok(());
    }
    let error = Error::bad_input(
        "`idempotencyKey` has to have from 1 to 200 characters; a UUID is a good one.",
    );
    Err(UserError::of("idempotencyKey", &error))
}

fn key_reused() -> UserError {
    UserError::of(
        "idempotencyKey",
        &Error::bad_input(
            "This key was used for another request. Make a new key for each request.",
        ),
    )
}

fn under_way() -> UserError {
    UserError {
        code: "IN_PROGRESS".to_owned(),
        field: Some(vec!["input".to_owned(), "idempotencyKey".to_owned()]),
        message: "The first request with this key is still under way. Try again in a moment."
            .to_owned(),
    }
}
