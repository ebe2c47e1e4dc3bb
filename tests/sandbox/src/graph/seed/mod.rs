//! The story's content in Microsoft 365. Every text carries a canary of its own.

mod calendar;
mod chat;
mod file;
pub(super) mod mail;
mod thread;
mod todo;

use uuid::Uuid;

use super::change::History;
use super::store::{Mailbox, State, User};
use crate::world::{SITES, World, guid};

/// Puts the story's content in place; called at the start and at every reset.
pub fn seed(world: &World) {
    let mut state = State {
        epoch: Uuid::new_v4().simple().to_string(),
        ..State::default()
    };
    for person in world.people() {
        let user = User::from(person);
        state.mailboxes.insert(user.oid.clone(), Mailbox::new(user));
    }
    for site in SITES {
        let shared = shared_mailbox(world, site);
        state
            .mailboxes
            .insert(shared.oid.clone(), Mailbox::new(shared));
    }
    let support = support_mailbox(world);
    state
        .mailboxes
        .insert(support.oid.clone(), Mailbox::new(support));
    mail::seed(world, &mut state);
    thread::seed(world, &mut state);
    calendar::seed(world, &mut state);
    chat::seed(world, &mut state);
    todo::seed(world, &mut state);
    // Of the beginning nobody is told.
    for mailbox in state.mailboxes.values_mut() {
        mailbox.history = History::default();
    }
    let mut graph = world.graph();
    state.limits = graph.limits.renewed();
    state.subscriptions = std::mem::take(&mut graph.subscriptions);
    state.notified = graph.notified;
    *graph = state;
}

/// The mailbox the people of a tenant may share: `rollout@acme.example`.
fn shared_mailbox(world: &World, site: &'static str) -> User {
    let tid = world
        .find(|it| it.site == site)
        .expect("every tenant has people")
        .tid;
    User {
        oid: guid("entra object", &format!("rollout {site}")),
        tid,
        name: "Roll-out Team".to_owned(),
        email: format!("rollout@{site}.example"),
    }
}

/// The mailbox through which alice and bob of acme answer requests: `support@acme.example`.
fn support_mailbox(world: &World) -> User {
    User {
        oid: guid("entra object", "support acme"),
        tid: world.person("alice").tid,
        name: "Acme Support".to_owned(),
        email: "support@acme.example".to_owned(),
    }
}

/// The person of a handle as a user.
fn user(world: &World, handle: &str) -> User {
    User::from(&world.person(handle))
}

/// Text with its canary, which is what a leak of it would show.
fn marked(world: &World, text: &str, label: &str) -> String {
    format!("{text} {}", world.canary(&format!("graph {label}")))
}
