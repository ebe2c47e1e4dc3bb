//! Mutations of issues: make, comment, move along, assign, attach. Each with the viewer's own token, once for each key.

mod carry_out;
mod given;
mod input;
mod payload;
mod refused;
mod values;

use async_graphql::{Context, Object};

use self::input::{
    AddCommentInput, AssignIssueInput, AttachMailInput, CreateIssueFromMailInput, CreateIssueInput,
    TransitionIssueInput,
};
use self::payload::{
    AddCommentPayload, AssignIssuePayload, AttachMailPayload, CreateIssueFromMailPayload,
    CreateIssuePayload, TransitionIssuePayload,
};
use super::context::ContextExt as _;
use super::error::Error;
use super::link::UserError;
use super::selection::Selection;
use crate::action::refusal::Refusal;

pub use given::words;

/// Why an act was not carried out, as errors of a payload; an error of ours is one of the field instead.
pub fn told(refusal: Refusal) -> Result<Vec<UserError>, Error> {
    refused::told(refusal, &refused::Inputs::new())
}

/// Mutations of issues.
#[derive(Default)]
pub struct WriteMutation;

#[Object]
impl WriteMutation {
    /// Makes an issue. Costs one Jira call, and one more when more of the issue than its id, key and address is
    /// selected.
    async fn create_issue(
        &self,
        ctx: &Context<'_>,
        input: CreateIssueInput,
    ) -> Result<CreateIssuePayload, Error> {
        carry_out::create_issue(ctx.operation(), input).await
    }

    /// Makes an issue of a mail, links them, and attaches what is chosen. Costs one Graph and one Jira call, and one of
    /// each for every attachment. A mail that was moved, or is known by its Message-ID only, costs one Graph call more
    /// when attachments are chosen.
    async fn create_issue_from_mail(
        &self,
        ctx: &Context<'_>,
        input: CreateIssueFromMailInput,
    ) -> Result<CreateIssueFromMailPayload, Error> {
        let selection = Selection::of(ctx).field("attachments");
        carry_out::create_issue_from_mail(ctx.operation(), input, &selection).await
    }

    /// Adds a comment. Costs one Jira call, and one Graph call with `mail`.
    async fn add_comment(
        &self,
        ctx: &Context<'_>,
        input: AddCommentInput,
    ) -> Result<AddCommentPayload, Error> {
        carry_out::add_comment(ctx.operation(), input).await
    }

    /// Takes a step with an issue. Costs one Jira call, and one to read the issue anew.
    async fn transition_issue(
        &self,
        ctx: &Context<'_>,
        input: TransitionIssueInput,
    ) -> Result<TransitionIssuePayload, Error> {
        carry_out::transition_issue(ctx.operation(), input).await
    }

    /// Gives an issue to somebody, or to nobody. Costs one Jira call, and one to read the issue anew.
    async fn assign_issue(
        &self,
        ctx: &Context<'_>,
        input: AssignIssueInput,
    ) -> Result<AssignIssuePayload, Error> {
        carry_out::assign_issue(ctx.operation(), input).await
    }

    /// Attaches a mail, or parts of it, to an issue. What is there with the same name and size is not attached twice.
    /// Costs one Graph and one Jira call, and one of each for every file.
    async fn attach_mail(
        &self,
        ctx: &Context<'_>,
        input: AttachMailInput,
    ) -> Result<AttachMailPayload, Error> {
        let selection = Selection::of(ctx).field("attachments");
        carry_out::attach_mail(ctx.operation(), input, &selection).await
    }
}
