//! Mutations of meetings: schedule, call, move, cancel. Each with the viewer's own tokens, once for each key.

mod carry_out;
mod given;
mod input;
mod payload;

use async_graphql::{Context, Object};

use self::input::{CancelMeetingInput, ScheduleMeetingInput, StartCallInput, UpdateMeetingInput};
use self::payload::{
    CancelMeetingPayload, ScheduleMeetingPayload, StartCallPayload, UpdateMeetingPayload,
};
use super::context::ContextExt as _;
use super::error::Error;

/// Mutations of meetings.
#[derive(Default)]
pub struct ScheduleMutation;

#[Object]
impl ScheduleMutation {
    /// Schedules a meeting about an issue, as the viewer, and links it: at Zoom, in the viewer's calendar with a Teams
    /// meeting or without one, or at Zoom with an event in their calendar that carries the link and invites people.
    /// What is made stays when a later step fails: a Zoom meeting whose event is refused is linked, and `userErrors`
    /// says so at `calendar`. Costs one Jira call and one Zoom or Graph call, or one of both.
    async fn schedule_meeting(
        &self,
        ctx: &Context<'_>,
        input: ScheduleMeetingInput,
    ) -> Result<ScheduleMeetingPayload, Error> {
        carry_out::schedule(ctx.operation(), input).await
    }

    /// Begins a call about an issue now, as the viewer, and links it: a meeting of an hour that is there already. Its
    /// host opens `meeting.startUrl`, the others `joinUrl`. Costs one Jira call and one Zoom or Graph call.
    async fn start_call(
        &self,
        ctx: &Context<'_>,
        input: StartCallInput,
    ) -> Result<StartCallPayload, Error> {
        carry_out::call(ctx.operation(), input).await
    }

    /// Changes a meeting that is linked with an issue and that the viewer hosts; what is left out stays. The event that
    /// carries a Zoom meeting's link is moved with it; when that fails, `userErrors` says so at `calendar`. Costs one
    /// Jira call and one Zoom or Graph call, and one Graph call, or two, when events are linked as well.
    async fn update_meeting(
        &self,
        ctx: &Context<'_>,
        input: UpdateMeetingInput,
    ) -> Result<UpdateMeetingPayload, Error> {
        carry_out::update(ctx.operation(), input).await
    }

    /// Cancels a meeting that is linked with an issue and that the viewer hosts, and takes its link away. The event that
    /// carries a Zoom meeting's link is cancelled with it, which tells its attendees; when that fails, `userErrors` says
    /// so at `calendar`. Recordings stay. Costs as much as `updateMeeting`.
    async fn cancel_meeting(
        &self,
        ctx: &Context<'_>,
        input: CancelMeetingInput,
    ) -> Result<CancelMeetingPayload, Error> {
        carry_out::cancel(ctx.operation(), input).await
    }
}
