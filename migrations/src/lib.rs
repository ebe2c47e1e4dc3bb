//! Trefoil's tables, one change a file, oldest first, for SQLite and PostgreSQL alike.

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

mod m20261121_000001_create_installation;
mod m20261121_000002_create_person;
mod m20261121_000003_create_identity;
mod m20261121_000004_create_connection;
mod m20261121_000005_create_oauth_state;
mod m20261121_000006_create_link;
mod m20261121_000007_create_audit;
mod m20261121_000008_create_idempotency;
mod m20261122_000010_find_links_by_mail;
mod m20261122_000011_know_sites_by_cloud_id;
mod m20261122_000012_create_delivery;
mod m20261122_000013_create_watch;
mod m20261122_000014_create_feature;
mod m20261122_000015_create_watch_wish;
mod m20261122_000016_find_links_by_person;
mod m20261122_000017_create_transfer;

/// Applies and reverts the changes below.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_create_installation::Migration),
            Box::new(m20261121_000002_create_person::Migration),
            Box::new(m20261121_000003_create_identity::Migration),
            Box::new(m20261121_000004_create_connection::Migration),
            Box::new(m20261121_000005_create_oauth_state::Migration),
            Box::new(m20261121_000006_create_link::Migration),
            Box::new(m20261121_000007_create_audit::Migration),
            Box::new(m20261121_000008_create_idempotency::Migration),
            Box::new(m20261122_000010_find_links_by_mail::Migration),
            Box::new(m20261122_000011_know_sites_by_cloud_id::Migration),
            Box::new(m20261122_000012_create_delivery::Migration),
            Box::new(m20261122_000013_create_watch::Migration),
            Box::new(m20261122_000014_create_feature::Migration),
            Box::new(m20261122_000015_create_watch_wish::Migration),
            Box::new(m20261122_000016_find_links_by_person::Migration),
            Box::new(m20261122_000017_create_transfer::Migration),
        ]
    }
}
