//! What vendors have told already: the hash that names it and when, so that a repetition is known as one.

use std::collections::HashSet;

use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};

use super::manifest::{StoredColumn, columns};
use super::{Error, Result, Store};
use crate::clock;
use crate::id::EventId;

/// What is kept of each thing told.
pub const COLUMNS: &[StoredColumn] = columns! { "delivery":
    "id" Id "The hash of the ids that a vendor's delivery names, by which a repetition is known.";
    "received_at" Time "When it was first told; forgotten after eight days, when no vendor repeats it any more.";
};

const TABLE: &str = "delivery";
/// Rows of one statement; SQLite and PostgreSQL bound the number of its values.
const ROWS: usize = 500;

/// Writes down what is told, and answers what of it is new. Ids that another transaction is writing are waited for, in
/// one order for all, so that two who write the same do not wait for each other.
pub async fn new_among(
    transaction: &DatabaseTransaction,
    told: impl IntoIterator<Item = EventId>,
) -> Result<HashSet<EventId>> {
    let mut ids: Vec<String> = told.into_iter().map(|id| id.to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    let now = clock::millis();
    let mut new = HashSet::with_capacity(ids.len());
    for some in ids.chunks(ROWS) {
        let mut insert = Query::insert();
        insert
            .into_table(Alias::new(TABLE))
            .columns(["id", "received_at"].map(Alias::new))
            .on_conflict(OnConflict::column(Alias::new("id")).do_nothing().to_owned())
            .returning(Query::returning().column(Alias::new("id")));
        for id in some {
            insert.values_panic([id.as_str().into(), now.into()]);
        }
        for row in transaction.query_all(&insert).await? {
            let id: String = row.try_get("", "id")?;
            new.insert(id.parse().map_err(|_| Error::Corrupt("delivery.id"))?);
        }
    }
    Ok(new)
}

/// Forgets at most `most` of what was told before `before` (Unix milliseconds); how many that were.
pub async fn forget(store: &Store, before: i64, most: u64) -> Result<u64> {
    let mut old = Query::select();
    old.column(Alias::new("id"))
        .from(Alias::new(TABLE))
        .and_where(Expr::col(Alias::new("received_at")).lt(before))
        .order_by(Alias::new("received_at"), sea_orm::Order::Asc)
        .limit(most);
    let mut delete = Query::delete();
    delete
        .from_table(Alias::new(TABLE))
        .and_where(Expr::col(Alias::new("id")).in_subquery(old));
    Ok(store.db().execute(&delete).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::{forget, new_among};
    use crate::clock;
    use crate::id::EventId;
    use crate::store::Store;

    #[tokio::test]
    async fn what_was_told_is_new_once_and_forgotten_by_its_age() {
        let store = Store::connect("sqlite::memory:").await.unwrap();
        store.migrate().await.unwrap();
        let ids: Vec<EventId> = (0..1_200).map(|_| EventId::random()).collect();
        let transaction = store.begin().await.unwrap();
        let twice = ids.iter().chain(&ids[..10]).copied();
        assert_eq!(new_among(&transaction, twice).await.unwrap().len(), 1_200);
        transaction.commit().await.unwrap();

        let other = EventId::random();
        let transaction = store.begin().await.unwrap();
        let again = ids.iter().copied().chain([other]);
        let new = new_among(&transaction, again).await.unwrap();
        assert!(new.len() == 1 && new.contains(&other));
        // What is not committed was never told.
        transaction.rollback().await.unwrap();

        let now = clock::millis();
        assert_eq!(forget(&store, now - 60_000, 10_000).await.unwrap(), 0);
        assert_eq!(forget(&store, now + 1, 1_000).await.unwrap(), 1_000);
        assert_eq!(forget(&store, now + 1, 1_000).await.unwrap(), 200);
    }
}
