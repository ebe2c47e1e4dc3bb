//! What exists upstream while somebody listens.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary_null, integer, text, text_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("watch")
                    .col(text("id").primary_key())
                    .col(text("provider"))
                    .col(text("tenant"))
                    .col(text("owner"))
                    .col(text("what"))
                    .col(text("object"))
                    .col(text_null("subscription_id"))
                    .col(binary_null("secret_hash"))
                    .col(text("state"))
                    .col(text_null("obstacle"))
                    .col(text("missing_scopes"))
                    .col(big_integer("due_at"))
                    .col(big_integer_null("expires_at"))
                    .col(big_integer_null("resync_from"))
                    .col(integer("failures"))
                    .col(big_integer("version"))
                    .col(text_null("lease_owner"))
                    .col(big_integer_null("lease_until"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("watch_subscription_id")
                    .table("watch")
                    .col("subscription_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("watch_owner")
                    .table("watch")
                    .col("tenant")
                    .col("owner")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("watch").to_owned())
            .await
    }
}
