//! Links that follow from others: a meeting's recordings.

use sea_orm::DatabaseTransaction;
use sea_orm::QueryOrder as _;
use sea_orm::entity::prelude::*;

use super::read::readable;
use super::{Link, Target, row, row_of, unless_there};
use crate::clock;
use crate::id::{LinkId, ZoomNumber, ZoomUuid};
use crate::store::Result;

/// The links of all sites to a Zoom meeting, in the same order everywhere, so that no two gateways that add to them wait
/// for each other.
pub async fn of_meeting(
    transaction: &DatabaseTransaction,
    meeting: ZoomNumber,
) -> Result<Vec<Link>> {
    let (kind, provider, number, _) = Target::ZoomMeeting(meeting).columns();
    let rows = row::Entity::find()
        .filter(row::Column::ExternalId.eq(number))
        .filter(row::Column::Kind.eq(kind))
        .filter(row::Column::Provider.eq(provider))
        .order_by_asc(row::Column::Id)
        .all(transaction)
        .await?;
    Ok(readable(rows).collect())
}

/// Links the recordings of one instance of a meeting with an issue that the meeting is linked with, as by who linked it.
/// `None` when they are there already.
pub async fn add_recording(
    transaction: &DatabaseTransaction,
    meeting: &Link,
    recording: &ZoomUuid,
) -> Result<Option<Link>> {
    let link = Link {
        id: LinkId::random(),
        target: Target::ZoomRecording(recording.clone()),
        created_at: clock::millis(),
        ..meeting.clone()
    };
    let inserted = row::Entity::insert(row_of(&link))
        .on_conflict(unless_there())
        .exec_without_returning(transaction)
        .await?;
    Ok((inserted > 0).then_some(link))
}
