//! Links between an issue and something of another provider: ids on both ends.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("link")
                    .col(text("id").primary_key())
                    .col(text("tenant"))
                    .col(text("site_id"))
                    .col(big_integer("issue_id"))
                    .col(text("kind"))
                    .col(text("external_id"))
                    .col(text("external_parent").default(""))
                    .col(text("provider"))
                    .col(text("linked_by"))
                    .col(big_integer("created_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("link_thing")
                    .table("link")
                    .col("tenant")
                    .col("issue_id")
                    .col("kind")
                    .col("provider")
                    .col("external_id")
                    .col("external_parent")
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("link_issue")
                    .table("link")
                    .col("tenant")
                    .col("issue_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("link").to_owned())
            .await
    }
}
