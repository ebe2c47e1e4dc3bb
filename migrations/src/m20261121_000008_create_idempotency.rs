//! The first result of each mutation, so that asking again does nothing twice.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, text, text_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("idempotency")
                    .col(text("tenant"))
                    .col(text("person_id"))
                    .col(text("operation"))
                    .col(text("key_hash"))
                    .col(text("request_hash"))
                    .col(text_null("result_id"))
                    .col(text_null("result_code"))
                    .col(big_integer("created_at"))
                    .primary_key(
                        Index::create()
                            .col("tenant")
                            .col("person_id")
                            .col("operation")
                            .col("key_hash"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idempotency_created_at")
                    .table("idempotency")
                    .col("created_at")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("idempotency").to_owned())
            .await
    }
}
