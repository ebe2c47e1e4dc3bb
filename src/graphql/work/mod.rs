//! A person's work: their issues on all their sites, today's meetings and open tasks with the issues they belong to.

mod belonging;
mod day;
mod issues;
mod meetings;
mod tasks;

use async_graphql::{Context, Object, SimpleObject};

use self::issues::Which;
use super::context::ContextExt as _;
use super::error::Error;
use super::issue::Issue;
use super::join;
use super::meeting::Meeting;
use super::page::count;
use super::selection::Selection;
use super::source::SourceStatus;
use super::task::Task;

/// Queries for a person's work.
#[derive(Default)]
pub struct WorkQuery;

#[Object]
impl WorkQuery {
    /// What the viewer has to do today. Costs what is selected of it.
    async fn my_work(&self) -> MyWork {
        MyWork
    }
}

/// What the viewer has to do.
pub struct MyWork;

/// Issues of all the viewer's sites.
#[derive(Debug, Clone, SimpleObject)]
pub struct WorkList {
    /// The issues, the newest change first.
    nodes: Vec<Issue>,
    /// How Jira stands: PARTIAL when some site could not be read.
    source: SourceStatus,
    /// How each of the sites stands.
    sources: Vec<SourceStatus>,
    /// Whether there are more than were asked for.
    has_more: bool,
}

/// The meetings of a day.
#[derive(Debug, Clone, SimpleObject)]
pub struct MyMeetings {
    /// The meetings, by their start; a hundred at most.
    nodes: Vec<MyMeeting>,
    /// How the calendar stands.
    source: SourceStatus,
    /// How the calendar and each site stand, the calendar first.
    sources: Vec<SourceStatus>,
}

/// A meeting, and the issues it belongs to.
#[derive(Debug, Clone, SimpleObject)]
pub struct MyMeeting {
    /// The meeting.
    meeting: Meeting,
    /// The issues it is linked to that the viewer may see, the newest link first.
    issues: Vec<Issue>,
}

/// Open tasks.
#[derive(Debug, Clone, SimpleObject)]
pub struct MyTasks {
    /// The tasks: those with a date first, the earliest before the others.
    nodes: Vec<MyTask>,
    /// How To Do stands: PARTIAL when some list could not be read.
    source: SourceStatus,
    /// How To Do and each site stand, To Do first.
    sources: Vec<SourceStatus>,
}

/// A task, and the issues it belongs to.
#[derive(Debug, Clone, SimpleObject)]
pub struct MyTask {
    /// The task.
    task: Task,
    /// The issues the viewer has linked it to and may see, the newest link first.
    issues: Vec<Issue>,
}

/// What the viewer has to do, read with their own rights. Each list of issues costs one Jira call for each site.
#[Object]
impl MyWork {
    /// Open issues assigned to the viewer, on all their sites. One Jira call for each site.
    async fn assigned(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
    ) -> Result<WorkList, Error> {
        listed(ctx, Which::Assigned, first).await
    }

    /// Open issues that the viewer reported, on all their sites. One Jira call for each site.
    async fn reported(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
    ) -> Result<WorkList, Error> {
        listed(ctx, Which::Reported, first).await
    }

    /// Open issues that the viewer watches, on all their sites. One Jira call for each site.
    async fn watched(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
    ) -> Result<WorkList, Error> {
        listed(ctx, Which::Watched, first).await
    }

    /// Today's meetings in the viewer's own calendar, with the issues they belong to. One Graph call, and one Jira call
    /// for each site that has one of the issues.
    async fn meetings(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Where the viewer's day begins and ends: an IANA time zone such as Europe/Berlin; UTC when not given."
        )]
        time_zone: Option<String>,
    ) -> Result<MyMeetings, Error> {
        let today = day::today(time_zone.as_deref())?;
        meetings::read(ctx.operation(), &today, &Selection::of_items(ctx)).await
    }

    /// The viewer's open To Do tasks, with the issues they belong to. Two Graph calls, and one Jira call for each site
    /// that has one of the issues.
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 20 when not given, 100 at most.")] first: Option<i32>,
    ) -> Result<MyTasks, Error> {
        let first = count(first, join::USUAL)?;
        tasks::read(ctx.operation(), first, &Selection::of_items(ctx)).await
    }
}

async fn listed(ctx: &Context<'_>, which: Which, first: Option<i32>) -> Result<WorkList, Error> {
    let first = count(first, join::USUAL)?;
    Ok(issues::search(ctx.operation(), which, first, &Selection::of_items(ctx)).await)
}
