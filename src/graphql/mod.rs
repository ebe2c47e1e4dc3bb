//! The schema: one file per object, joined here.

pub mod audit;
pub mod chat;
pub mod connection;
pub mod context;
pub mod error;
pub mod feature;
pub mod form;
pub mod issue;
pub mod join;
pub mod link;
pub mod live;
pub mod loader;
pub mod mail;
pub mod meeting;
pub mod node;
pub mod page;
pub mod person;
pub mod project;
pub mod recording;
pub mod rich_text;
pub mod scalar;
pub mod schedule;
pub mod selection;
pub mod source;
pub mod task;
pub mod transfer;
pub mod viewer;
pub mod work;
pub mod write;

use std::sync::{Arc, LazyLock};

use async_graphql::{MergedObject, Request, SDLExportOptions};

use crate::app::App;
use crate::auth::Caller;

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    viewer::ViewerQuery,
    node::NodeQuery,
    issue::IssueQuery,
    project::ProjectQuery,
    form::FormQuery,
    mail::MailQuery,
    meeting::MeetingQuery,
    chat::ChatQuery,
    recording::RecordingQuery,
    audit::AuditQuery,
    feature::FeatureQuery,
    live::UpstreamQuery,
    work::WorkQuery,
);

/// What can be done. Every mutation takes one `input` with an `idempotencyKey`; expected refusals are `userErrors`.
#[derive(MergedObject, Default)]
pub struct Mutation(
    write::WriteMutation,
    schedule::ScheduleMutation,
    link::LinkMutation,
    connection::ConnectionMutation,
    feature::FeatureMutation,
    transfer::TransferMutation,
);

/// The schema.
pub type Schema = async_graphql::Schema<Query, Mutation, live::LiveSubscription>;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::build(
        Query::default(),
        Mutation::default(),
        live::LiveSubscription,
    )
    .finish()
});

/// The one schema of this process. No extension is ever registered: each costs more than a list's own resolution.
pub fn schema() -> &'static Schema {
    &SCHEMA
}

/// The schema as text, as `schema.graphql` has it.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .prefer_single_line_descriptions()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items();
    let mut sdl = schema().sdl_with_options(options);
    if !sdl.ends_with('\n') {
        sdl.push('\n');
    }
    sdl
}

/// Binds an operation to the person who asks it.
pub fn bind(request: Request, app: &App, caller: Arc<Caller>) -> Request {
    bind_to(request, &Arc::new(context::Operation::new(app, caller)))
}

/// The same, where several requests are one operation to those they ask.
pub fn bind_to(request: Request, operation: &Arc<context::Operation>) -> Request {
    request.data(Arc::clone(operation))
}
