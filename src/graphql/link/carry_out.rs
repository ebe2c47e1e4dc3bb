//! Carrying a linking request out: who may see what, the id that works for everyone, and the key.

use async_graphql::ID;

use super::input::UnlinkInput;
use super::payload::UserError;
use crate::action::link::{self as action, Made, Removed};
use crate::auth::Membership;
use crate::feature::Feature;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::join;
use crate::graphql::loader::{IssueRef, ZoomRef, ZoomThing};
use crate::graphql::mail::{self, Place};
use crate::id::{GraphId, IssueId, Malformed, MessageId, NodeId, SiteId};
use crate::store::link::{self, Kind as LinkKind, Link as Stored, Target};
use crate::upstream::jira::FieldSet;
use crate::upstream::microsoft::mail::{Sought, thread};
use crate::upstream::microsoft::{self, meeting as graph_meeting};
use crate::upstream::{self, Kind};

/// What every linking mutation is given.
pub struct Request {
    pub operation: &'static str,
    pub key: String,
    pub issue: ID,
}

/// What to link, as far as the input tells.
pub enum Wanted {
    Mail {
        sought: Sought,
        place: Place,
        whole: bool,
    },
    Event(GraphId),
    Target(Target),
}

pub fn refused(field: &str, malformed: Malformed) -> UserError {
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
pub fn issue_of<'a>(
    operation: &'a Operation,
    id: &ID,
) -> Result<(&'a Membership, IssueId), UserError> {
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
pub async fn is_visible(
    operation: &Operation,
    site: SiteId,
    issue: IssueId,
) -> Result<bool, Error> {
    let key = (site, IssueRef::Id(issue), FieldSet::default());
    let outcome = operation
        .issues()
        .try_load(key)
        .await
        .map_err(|error| Error::internal(&error))?;
    Ok(outcome?.is_some())
}

pub async fn link(
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
    if !operation
        .features(site.site.id)
        .await?
        .are_on(wanted.features())
    {
        return Ok(Err(UserError::of(field, &Error::switched_off())));
    }
    let (app, caller) = (&operation.app, &*operation.caller);
    let tenant = site.tenant();
    let words = format!("{}/{issue} {}", site.site.id, wanted.words());
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
            is_visible(operation, site.site.id, issue),
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
            action::give_back(app, caller, request.operation, &request.key, &words).await?;
            return refusal.map(|it| it.map(|_: Target| unreachable!("a target is handled above")));
        }
    };
    let by = (request.operation, request.key.as_str(), words.as_str());
    Ok(Ok(
        action::make(app, caller, (site, issue), &target, by).await?
    ))
}

impl Wanted {
    /// What has to be switched on for it to be linked.
    fn features(&self) -> &'static [Feature] {
        match self {
            Self::Mail { .. } => LinkKind::Mail.features(false),
            Self::Event(_) => LinkKind::Meeting.features(false),
            Self::Target(target) => target.features(),
        }
    }

    /// What tells this request from another with the same key.
    fn words(&self) -> String {
        match self {
            // The mailbox is left out: its address is content, and ids do not repeat between mailboxes.
            Self::Mail { sought, whole, .. } => format!(
                "{} {} {whole}",
                sought.item.as_ref().map_or("", GraphId::as_str),
                sought.message.as_ref().map_or("", MessageId::as_str),
            ),
            Self::Event(id) => id.to_string(),
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
        Wanted::Mail {
            sought,
            place,
            whole,
        } => match mail_target(operation, &sought, whole).await? {
            Ok(target) => target,
            Err(error) => return Ok(Err(UserError::of(field, &mail::refused(&place, error)))),
        },
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

/// What a link to a mail leads to, by the mail itself: in any mailbox its Message-ID is the same.
async fn mail_target(
    operation: &Operation,
    sought: &Sought,
    whole: bool,
) -> Result<Result<Option<Target>, upstream::Error>, Error> {
    let select = if whole {
        "id,internetMessageId,internetMessageHeaders"
    } else {
        "id,internetMessageId"
    };
    let outcomes = operation
        .graph()
        .try_load_many(sought.paths(select))
        .await
        .map_err(|error| Error::internal(&error))?;
    let found = match sought.found(select, |path| outcomes.get(path)) {
        Ok(found) => found,
        // Trouble of the whole provider is an error of the mutation; what this person may not read is theirs to hear.
        Err(error) if error.kind == Kind::Forbidden => return Ok(Err(error)),
        Err(error) => return Err(error.into()),
    };
    Ok(Ok(found.and_then(|it| {
        let own = it.message.internet_message_id.as_deref()?.parse().ok()?;
        Some(if whole {
            Target::Conversation(own, thread::root(&it.message)?)
        } else {
            Target::Mail(own)
        })
    })))
}

async fn may_see(operation: &Operation, target: &Target) -> Result<bool, Error> {
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
        Target::Mail(_) | Target::Conversation(..) | Target::Event(_) => Ok(true),
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

pub async fn unlink(
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
    let (app, caller) = (&operation.app, &*operation.caller);
    let mut found = None;
    for site in operation.sites() {
        if let Some(link) = link::get(&app.store, &site.tenant(), id).await? {
            found = Some((site, link));
            break;
        }
    }
    // Who may not see the issue may not take its links away, nor learn that there are any.
    if let Some((site, link)) = &found {
        let others_task = link.target.kind() == LinkKind::Task && !caller.is(link.linked_by);
        if others_task || !is_visible(operation, site.site.id, link.issue).await? {
            return Ok(Err(nothing_there("link")));
        }
    }
    let site = found.map(|(site, _)| site);
    Ok(
        match action::remove(app, caller, site, id, &input.idempotency_key).await? {
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
