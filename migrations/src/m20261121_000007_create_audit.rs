//! Who did what to which id, begun and completed.

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
                    .table("audit")
                    .col(text("id").primary_key())
                    .col(text("tenant"))
                    .col(text_null("person_id"))
                    .col(text_null("actor"))
                    .col(text("action"))
                    .col(text_null("object_kind"))
                    .col(text_null("object_id"))
                    .col(big_integer("begun_at"))
                    .col(big_integer_null("completed_at"))
                    .col(text("result"))
                    .col(text_null("detail"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("audit_begun_at")
                    .table("audit")
                    .col("tenant")
                    .col("begun_at")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("audit").to_owned())
            .await
    }
}
