//! Recordings on their way into an issue: ids, how far they are, and whose turn it is.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("transfer")
                    .col(text("id").primary_key())
                    .col(text("tenant"))
                    .col(text("site_id"))
                    .col(big_integer("issue_id"))
                    .col(text("recording"))
                    .col(text("file"))
                    .col(text("home"))
                    .col(text("account"))
                    .col(text("started_by"))
                    .col(text("state"))
                    .col(text_null("problem"))
                    .col(big_integer("failures"))
                    .col(big_integer("size"))
                    .col(big_integer("sent"))
                    .col(text_null("sha256"))
                    .col(text_null("attachment"))
                    .col(big_integer("due_at"))
                    .col(text_null("lease_owner"))
                    .col(big_integer_null("lease_until"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("ended_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("transfer_once")
                    .table("transfer")
                    .col("tenant")
                    .col("issue_id")
                    .col("file")
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("transfer_due")
                    .table("transfer")
                    .col("state")
                    .col("due_at")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("transfer").to_owned())
            .await
    }
}
