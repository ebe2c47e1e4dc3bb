//! Carrying the mutations of issues out: from inputs to acts, and from what became of them to payloads.

use std::sync::Arc;

use async_graphql::ID;
use serde_json::Value;

use super::given::{before, body, files, mail_is_off, named, place_of, placed, sought, words};
use super::input::{
    AddCommentInput, AssignIssueInput, AttachMailInput, CreateIssueFromMailInput, CreateIssueInput,
    TransitionIssueInput,
};
use super::payload::{
    AddCommentPayload, Added, AssignIssuePayload, AttachMailPayload, AttachedFile,
    CreateIssueFromMailPayload, CreateIssuePayload, Touched, TransitionIssuePayload,
};
use super::refused::told;
use super::values::Values;
use crate::action::acting::Acting;
use crate::action::attach::{self, Wanted};
use crate::action::comment::{self, NewComment};
use crate::action::from_mail::{self, Letter};
use crate::action::issue::{self, NewIssue};
use crate::action::once::{Deed, Once};
use crate::auth::Membership;
use crate::graphql::context::Operation;
use crate::graphql::error::Error;
use crate::graphql::link::{Link, UserError, check_key, issue_of};
use crate::graphql::selection::Selection;
use crate::id::{AccountId, IssueId, JiraId};
use crate::store::link;

/// Who acts, on one of the viewer's sites.
fn acting(operation: &Operation, site: &Membership) -> Arc<Acting> {
    Arc::new(Acting {
        app: operation.app.clone(),
        caller: Arc::clone(&operation.caller),
        site: site.clone(),
    })
}

fn touched(site: &Membership, id: IssueId) -> Touched {
    Touched {
        site: site.site.clone(),
        id,
        key: None,
    }
}

pub async fn create_issue(
    operation: &Operation,
    input: CreateIssueInput,
) -> Result<CreateIssuePayload, Error> {
    let refused = |user_errors| CreateIssuePayload {
        user_errors,
        ..CreateIssuePayload::default()
    };
    let site = operation.site(input.site.as_deref().map(String::as_str))?;
    let mut values = Values::of(input.fields.as_deref());
    values.summary(Some(&input.summary));
    values.description(input.description.as_deref());
    let place = placed(
        &mut values,
        &input.idempotency_key,
        &input.project,
        &input.r#type,
    );
    let (Some((project, kind)), []) = (place, values.wrong.as_slice()) else {
        return Ok(refused(values.wrong));
    };
    let deed = Deed {
        operation: "createIssue",
        key: input.idempotency_key,
        request: words(&[&site.site.id, &project, &kind]),
        action: "issue.create",
        object: place_of(site, &project),
    };
    let new = NewIssue {
        project,
        fields: values.fields,
    };
    let done = match issue::create(acting(operation, site), deed, new).await {
        Ok(done) => done,
        Err(refusal) => return Ok(refused(told(refusal, &values.inputs)?)),
    };
    let replayed = done.is_replay();
    let issue = match done {
        Once::Now(created) | Once::Found(created) => Some(Touched {
            key: created.key,
            ..touched(site, created.id)
        }),
        Once::Before(result) => {
            let id = result.and_then(|it| it.parse().ok());
            id.map(|id| touched(site, id))
        }
    };
    Ok(CreateIssuePayload {
        replayed,
        user_errors: Vec::new(),
        touched: issue,
    })
}

pub async fn create_issue_from_mail(
    operation: &Operation,
    input: CreateIssueFromMailInput,
    selection: &Selection,
) -> Result<CreateIssueFromMailPayload, Error> {
    let refused = |user_errors| CreateIssueFromMailPayload {
        user_errors,
        ..CreateIssueFromMailPayload::default()
    };
    let site = operation.site(input.site.as_deref().map(String::as_str))?;
    if let Some(error) = mail_is_off(operation, site).await? {
        return Ok(refused(vec![error]));
    }
    let mut values = Values::of(input.fields.as_deref());
    values.summary(input.summary.as_deref());
    values.description(input.description.as_deref());
    if input.description.is_some() && !values.fields.contains_key("description") {
        // Emptied on purpose: not to be filled from the mail.
        values.set("description", "description", Value::Null);
    }
    let place = placed(
        &mut values,
        &input.idempotency_key,
        &input.project,
        &input.r#type,
    );
    let sources = input.attachments.unwrap_or_default();
    let wanted = files(&sources);
    let sought = sought(operation, &input.mail);
    let (wanted, sought) = match (wanted, sought, place, values.wrong.is_empty()) {
        (Ok(wanted), Ok(sought), Some(place), true) => (wanted, (sought, place)),
        (wanted, sought, ..) => {
            let further = [wanted.err(), sought.err()].into_iter().flatten();
            return Ok(refused(values.wrong.into_iter().chain(further).collect()));
        }
    };
    let (sought, (project, kind)) = sought;
    let deed = Deed {
        operation: "createIssueFromMail",
        key: input.idempotency_key,
        request: words(&[&site.site.id, &project, &kind, &named(&sought)]),
        action: "issue.create",
        object: place_of(site, &project),
    };
    let letter = Letter {
        new: NewIssue {
            project,
            fields: values.fields,
        },
        sought,
        attachments: wanted,
        whole_conversation: input.whole_conversation,
    };
    let done = match from_mail::create(acting(operation, site), deed, letter).await {
        Ok(done) => done,
        Err(refusal) => return Ok(refused(told(refusal, &values.inputs)?)),
    };
    let replayed = done.is_replay();
    let (issue, stored, attached) = match done {
        Once::Now(made) | Once::Found(made) => {
            let issue = Touched {
                key: made.issue.key,
                ..touched(site, made.issue.id)
            };
            (issue, made.link, made.attachments)
        }
        Once::Before(result) => {
            let earlier = result.as_deref().and_then(from_mail::Earlier::parse);
            let Some(earlier) = earlier else {
                return Ok(CreateIssueFromMailPayload {
                    replayed: true,
                    ..CreateIssueFromMailPayload::default()
                });
            };
            let stored = match earlier.link {
                Some(id) => link::get(&operation.app.store, &site.tenant(), id).await?,
                None => None,
            };
            (touched(site, earlier.issue), stored, earlier.attachments)
        }
    };
    let attachments = AttachedFile::all(operation, &issue, &sources, &attached, selection).await;
    Ok(CreateIssueFromMailPayload {
        link: stored.as_ref().map(Link::from),
        attachments,
        replayed,
        user_errors: Vec::new(),
        touched: Some(issue),
    })
}

pub async fn add_comment(
    operation: &Operation,
    input: AddCommentInput,
) -> Result<AddCommentPayload, Error> {
    let refused = |user_errors| AddCommentPayload {
        user_errors,
        ..AddCommentPayload::default()
    };
    let checked = check_key(&input.idempotency_key);
    let place = issue_of(operation, &input.issue);
    let text = body(input.body.as_deref(), input.mail.is_some());
    let mail = input
        .mail
        .as_ref()
        .map(|it| sought(operation, it))
        .transpose();
    let (site, issue, text, mail) = match (checked, place, text, mail) {
        (Ok(()), Ok((site, issue)), Ok(text), Ok(mail)) => (site, issue, text, mail),
        (key, place, text, mail) => {
            let all = [key.err(), place.err(), text.err(), mail.err()];
            return Ok(refused(all.into_iter().flatten().collect()));
        }
    };
    if mail.is_some()
        && let Some(error) = mail_is_off(operation, site).await?
    {
        return Ok(refused(vec![error]));
    }
    let quoted = mail.as_ref().map(named).unwrap_or_default();
    let deed = Deed {
        operation: "addComment",
        key: input.idempotency_key,
        request: words(&[&site.site.id, &issue, &quoted]),
        action: "comment.add",
        object: ("issue", issue.to_string()),
    };
    let new = NewComment { issue, text, mail };
    let done = match comment::add(acting(operation, site), deed, new).await {
        Ok(done) => done,
        Err(refusal) => return Ok(refused(told(refusal, &Values::default().inputs)?)),
    };
    let replayed = done.is_replay();
    let added = match done {
        Once::Now(comment) | Once::Found(comment) => Some(Added::Now(comment)),
        Once::Before(result) => {
            let id = result.and_then(|it| it.parse().ok());
            id.map(Added::Before)
        }
    };
    Ok(AddCommentPayload {
        replayed,
        user_errors: Vec::new(),
        touched: Some(touched(site, issue)),
        added,
    })
}

pub async fn transition_issue(
    operation: &Operation,
    input: TransitionIssueInput,
) -> Result<TransitionIssuePayload, Error> {
    let refused = |user_errors| TransitionIssuePayload {
        user_errors,
        ..TransitionIssuePayload::default()
    };
    let mut values = Values::of(input.fields.as_deref());
    values.wrong.extend(check_key(&input.idempotency_key).err());
    let step = input.transition.parse::<JiraId>();
    let step = step.map_err(|it| UserError::of("transition", &it.into()));
    let (site, issue, step) = match (issue_of(operation, &input.issue), step) {
        (Ok((site, issue)), Ok(step)) if values.wrong.is_empty() => (site, issue, step),
        (place, step) => {
            values
                .wrong
                .extend([place.err(), step.err()].into_iter().flatten());
            return Ok(refused(values.wrong));
        }
    };
    let deed = Deed {
        operation: "transitionIssue",
        key: input.idempotency_key,
        request: words(&[&site.site.id, &issue, &step]),
        action: "issue.transition",
        object: ("issue", issue.to_string()),
    };
    let acting = acting(operation, site);
    let done = issue::take_step(acting, deed, issue, step, values.fields).await;
    Ok(match done {
        Ok(done) => TransitionIssuePayload {
            replayed: done.is_replay(),
            user_errors: Vec::new(),
            touched: Some(touched(site, issue)),
        },
        Err(refusal) => refused(told(refusal, &values.inputs)?),
    })
}

pub async fn assign_issue(
    operation: &Operation,
    input: AssignIssueInput,
) -> Result<AssignIssuePayload, Error> {
    let refused = |user_errors| AssignIssuePayload {
        user_errors,
        ..AssignIssuePayload::default()
    };
    let checked = check_key(&input.idempotency_key);
    let place = issue_of(operation, &input.issue);
    let (me, nobody) = (input.me == Some(true), input.nobody == Some(true));
    let account = input
        .assignee
        .as_ref()
        .map(|it| it.parse::<AccountId>())
        .transpose();
    let account = account.map_err(|it| UserError::of("assignee", &it.into()));
    let one = usize::from(me) + usize::from(nobody) + usize::from(input.assignee.is_some()) == 1;
    let one = one.then_some(()).ok_or_else(|| {
        let message = "Give exactly one of `me: true`, `assignee` and `nobody: true`.";
        UserError::new("BAD_USER_INPUT", &["assignee"], message)
    });
    let (site, issue, account) = match (checked, place, account, one) {
        (Ok(()), Ok((site, issue)), Ok(account), Ok(())) => (site, issue, account),
        (key, place, account, one) => {
            let all = [key.err(), place.err(), account.err(), one.err()];
            return Ok(refused(all.into_iter().flatten().collect()));
        }
    };
    let to = if me {
        Some(site.account.clone())
    } else {
        account
    };
    let named = to.as_ref().map(ToString::to_string).unwrap_or_default();
    let deed = Deed {
        operation: "assignIssue",
        key: input.idempotency_key,
        request: words(&[&site.site.id, &issue, &named]),
        action: "issue.assign",
        object: ("issue", issue.to_string()),
    };
    Ok(
        match issue::assign(acting(operation, site), deed, issue, to).await {
            Ok(done) => AssignIssuePayload {
                replayed: done.is_replay(),
                user_errors: Vec::new(),
                touched: Some(touched(site, issue)),
            },
            Err(refusal) => refused(told(refusal, &Values::default().inputs)?),
        },
    )
}

pub async fn attach_mail(
    operation: &Operation,
    input: AttachMailInput,
    selection: &Selection,
) -> Result<AttachMailPayload, Error> {
    let refused = |user_errors| AttachMailPayload {
        user_errors,
        ..AttachMailPayload::default()
    };
    let checked = check_key(&input.idempotency_key);
    let place = issue_of(operation, &input.issue);
    let mut sources = input.attachments.unwrap_or_default();
    let wanted = match files(&sources) {
        Ok(mut wanted) if input.whole_mail => {
            wanted.push(Wanted::Mail);
            let mail = input.mail.item_id.clone();
            let mail = mail.or_else(|| input.mail.internet_message_id.clone().map(ID));
            sources.extend(mail);
            Ok(wanted)
        }
        Ok(wanted) if wanted.is_empty() => {
            let message = "Say what to attach: `attachments`, `wholeMail` or both.";
            Err(UserError::new("BAD_USER_INPUT", &["attachments"], message))
        }
        wanted => wanted,
    };
    let sought = sought(operation, &input.mail);
    let (site, issue, wanted, sought) = match (checked, place, wanted, sought) {
        (Ok(()), Ok((site, issue)), Ok(wanted), Ok(sought)) => (site, issue, wanted, sought),
        (key, place, wanted, sought) => {
            let all = [key.err(), place.err(), wanted.err(), sought.err()];
            return Ok(refused(all.into_iter().flatten().collect()));
        }
    };
    if let Some(error) = mail_is_off(operation, site).await? {
        return Ok(refused(vec![error]));
    }
    let deed = Deed {
        operation: "attachMail",
        key: input.idempotency_key,
        request: words(&[&site.site.id, &issue, &named(&sought)]),
        action: "mail.attach",
        object: ("issue", issue.to_string()),
    };
    let done = attach::to_issue(acting(operation, site), deed, issue, sought, wanted).await;
    let done = match done {
        Ok(done) => done,
        Err(refusal) => return Ok(refused(told(refusal, &Values::default().inputs)?)),
    };
    let replayed = done.is_replay();
    let attached = match done {
        Once::Now(attached) | Once::Found(attached) => attached,
        Once::Before(result) => before(result.as_deref()),
    };
    let issue = touched(site, issue);
    let attachments = AttachedFile::all(operation, &issue, &sources, &attached, selection).await;
    Ok(AttachMailPayload {
        attachments,
        replayed,
        user_errors: Vec::new(),
        touched: Some(issue),
    })
}
