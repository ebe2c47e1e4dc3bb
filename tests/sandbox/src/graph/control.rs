//! Graph's part of the control address: moved mail, shared mailboxes, and limits.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use super::store::State;
use crate::Sandbox;
use crate::world::World;

/// Something to do, as `POST /graph` takes it: `{"do": "chat_rate", "per_second": 1}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// Lets a person read another's mailbox; both by address.
    Share { mailbox: String, with: String },
    /// Takes that back.
    Unshare { mailbox: String, with: String },
    /// Limits requests to each chat; without a number there is no limit.
    ChatRate { per_second: Option<f64> },
    /// Counts each part of a batch against the mailbox, instead of the batch as one.
    CountBatchParts { on: bool },
    /// Goes on telling subscribers although the token behind a subscription is over.
    IgnoreDeadTokens { on: bool },
    /// Takes a person out of a chat.
    LeaveChat { chat: String, person: String },
    /// Moves a message to another folder, by Message-ID; the mailbox is a person's or a shared one's address.
    MoveMail {
        mailbox: String,
        message_id: String,
        folder: String,
    },
    /// Deletes a message from a person's mailbox, by Message-ID.
    DeleteMail { person: String, message_id: String },
}

/// The route `/graph`, merged into the control address.
pub fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/graph", post(command))
        .with_state(world)
}

async fn command(Shared(world): Shared<Arc<World>>, Json(command): Json<Command>) -> StatusCode {
    obey(&world, &command);
    super::tell(&world);
    StatusCode::NO_CONTENT
}

fn obey(world: &World, command: &Command) {
    let mut graph = world.graph();
    let pair = |graph: &State, mailbox: &str, with: &str| {
        let oid = |it: &str| graph.mailbox(it).map(|it| it.owner.oid.clone());
        oid(mailbox).zip(oid(with))
    };
    match command {
        Command::Share { mailbox, with } => {
            let share = pair(&graph, mailbox, with);
            graph.shares.extend(share);
        }
        Command::Unshare { mailbox, with } => {
            if let Some(share) = pair(&graph, mailbox, with) {
                graph.shares.remove(&share);
            }
        }
        Command::ChatRate { per_second } => graph.limits.chat_rate = *per_second,
        Command::CountBatchParts { on } => graph.limits.count_batch_parts = *on,
        Command::IgnoreDeadTokens { on } => graph.limits.ignore_dead_tokens = *on,
        Command::LeaveChat { chat, person } => {
            let oid = world.person(person).oid;
            for chat in graph.chats.iter_mut().filter(|it| it.id == *chat) {
                chat.members.retain(|it| it.oid != oid);
            }
        }
        Command::MoveMail {
            mailbox,
            message_id,
            folder,
        } => {
            let oid = graph.mailbox(mailbox).map(|it| it.owner.oid.clone());
            if let Some(oid) = oid {
                graph.mailbox_mut(&oid).move_to(message_id, folder);
            }
        }
        Command::DeleteMail { person, message_id } => {
            let oid = world.person(person).oid;
            graph.mailbox_mut(&oid).delete(message_id);
        }
    }
}

impl Sandbox {
    /// Does something to Microsoft 365: shares, limits, departures.
    pub fn graph(&self, command: &Command) {
        obey(self.world(), command);
        super::tell(self.world());
    }

    /// The default Graph id of the message with this Message-ID in a person's mailbox (or, by address, in a shared
    /// one), and its immutable one.
    pub fn graph_message_ids(&self, whose: &str, message_id: &str) -> Option<(String, String)> {
        let graph = self.world().graph();
        let person = self.world().find(|person| person.handle == whose);
        let mailbox = graph.mailbox(person.as_ref().map_or(whose, |it| &it.oid))?;
        let message = &mailbox.messages[*mailbox.by_message_id(message_id).first()?];
        Some((message.id.clone(), message.immutable_id.clone()))
    }

    /// The same of the event with this iCalendar UID.
    pub fn graph_event_ids(&self, handle: &str, ical_uid: &str) -> Option<(String, String)> {
        let graph = self.world().graph();
        let mailbox = graph.mailbox(&self.world().person(handle).oid)?;
        let event = mailbox
            .events
            .iter()
            .find(|it| it.properties["iCalUId"] == ical_uid)?;
        Some((event.id.clone(), event.immutable_id.clone()))
    }

    /// The list and task ids of a person's tasks that are linked with this external id.
    pub fn graph_task_ids(&self, handle: &str, external_id: &str) -> Vec<(String, String)> {
        let graph = self.world().graph();
        let mailbox = graph.mailbox(&self.world().person(handle).oid);
        let lists = mailbox.into_iter().flat_map(|it| &it.lists);
        let tasks = lists.flat_map(|list| list.tasks.iter().map(move |task| (list, task)));
        tasks
            .filter(|(_, task)| task.linked.iter().any(|it| it["externalId"] == external_id))
            .map(|(list, task)| (list.id.clone(), task.id.clone()))
            .collect()
    }
}
