//! What sign-in and connecting write into the audit log: ids and fixed words only.

use std::sync::{Mutex, PoisonError};

use crate::app::App;
use crate::clock;
use crate::id::{PersonId, TenantId};
use crate::store::audit::{self, Act, Outcome};

/// Refusals written per minute; more are only counted in the log, or anybody could fill the database.
const PER_MINUTE: u32 = 120;

/// What something was done to: its kind and id.
pub(crate) type Object = Option<(&'static str, String)>;

/// How many refusals were written in which minute.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<(i64, u32)>);

impl Throttle {
    fn lets_pass(&self) -> bool {
        let minute = clock::unix() / 60;
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.0 != minute {
            *seen = (minute, 0);
        }
        seen.1 += 1;
        seen.1 <= PER_MINUTE
    }
}

/// Something was refused. The tenant only when a token proved it.
pub(crate) async fn refused(
    app: &App,
    tenant: Option<&TenantId>,
    action: &'static str,
    detail: &'static str,
) {
    tracing::info!(action, detail, "refused");
    if app.doors.throttle.lets_pass() {
        told(audit::refused(&app.store, tenant, action, detail).await);
    }
}

/// Something was done.
pub(crate) async fn done(
    app: &App,
    tenant: &TenantId,
    person: Option<PersonId>,
    action: &'static str,
    object: Object,
) {
    let act = act(tenant, person, action, object);
    told(audit::happened(&app.store, act, Outcome::Done, None).await);
}

/// Something was done that nobody has to wait for the note of.
pub(crate) fn noted(
    app: &App,
    tenant: &TenantId,
    person: PersonId,
    action: &'static str,
    object: Object,
) {
    let (app, tenant) = (app.clone(), tenant.clone());
    let tasks = app.tasks.clone();
    tasks.spawn(async move { done(&app, &tenant, Some(person), action, object).await });
}

/// Something was tried and came to nothing, with a fixed word that says why.
pub(crate) async fn failed(
    app: &App,
    tenant: &TenantId,
    person: Option<PersonId>,
    action: &'static str,
    object: Object,
    why: &'static str,
) {
    let act = act(tenant, person, action, object);
    told(audit::happened(&app.store, act, Outcome::Failed, Some(why)).await);
}

fn act<'a>(
    tenant: &'a TenantId,
    person: Option<PersonId>,
    action: &'static str,
    object: Object,
) -> Act<'a> {
    Act {
        tenant,
        person,
        actor: None,
        action,
        object,
    }
}

/// The log must not stop a sign-in that has already happened; its own failure is news for the operator.
fn told<E: std::error::Error + 'static>(written: Result<(), E>) {
    if let Err(error) = written {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the audit log could not be written"
        );
    }
}
