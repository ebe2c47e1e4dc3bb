//! What follows from what is told, written in the same transaction: the recordings of a linked meeting are linked too.

use sea_orm::DatabaseTransaction;

use crate::app::App;
use crate::clock;
use crate::event::{Event, RecordingChange, What};
use crate::id::{EventId, TenantId};
use crate::store::Result;
use crate::store::audit::{self, Act, Outcome};
use crate::store::link::{self, Link};

/// Writes down what follows from these, and answers what is to be told of it once it is committed.
///
/// A meeting is linked by who could see it at Zoom with their own rights, so its recordings belong where it does. Who
/// may see them is asked of Zoom by each viewer.
pub async fn follow(
    app: &App,
    transaction: &DatabaseTransaction,
    events: &[Event],
) -> Result<Vec<Event>> {
    let mut followed = Vec::new();
    for event in events {
        let What::ZoomRecording {
            meeting: Some(meeting),
            recording,
            change: RecordingChange::Completed,
            ..
        } = &event.what
        else {
            continue;
        };
        for of_meeting in link::of_meeting(transaction, *meeting).await? {
            let features = app.features(of_meeting.site).await?;
            if !features.are_on(of_meeting.target.features()) {
                continue;
            }
            let added = link::add_recording(transaction, &of_meeting, recording).await?;
            let Some(link) = added else {
                continue;
            };
            note(transaction, &link).await?;
            followed.push(Event {
                id: EventId::random(),
                at: clock::millis(),
                what: What::Link {
                    site: link.site,
                    issue: link.issue,
                    link: link.id,
                    target: link.target.kind(),
                    by: link.linked_by,
                    added: true,
                },
            });
        }
    }
    Ok(followed)
}

/// Nobody did that: the entry names no person.
async fn note(transaction: &DatabaseTransaction, link: &Link) -> Result<()> {
    let tenant = TenantId::of_site(link.site);
    let act = Act {
        tenant: &tenant,
        person: None,
        actor: None,
        action: "link.recording",
        object: Some(("issue", link.issue.to_string())),
    };
    let id = link.id.to_string();
    audit::happened_in(transaction, act, Outcome::Done, Some(&id)).await
}
