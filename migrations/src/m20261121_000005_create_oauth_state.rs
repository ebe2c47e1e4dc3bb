//! Sign-ins under way at a provider; a row lives ten minutes at most and is used once.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, binary_null, text, text_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("oauth_state")
                    .col(text("id_hash").primary_key())
                    .col(text("tenant"))
                    .col(text("person_id"))
                    .col(text("provider"))
                    .col(binary_null("verifier"))
                    .col(text_null("nonce"))
                    .col(text_null("browser_hash"))
                    .col(text("return_host"))
                    .col(big_integer("expires_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("oauth_state_expires_at")
                    .table("oauth_state")
                    .col("expires_at")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("oauth_state").to_owned())
            .await
    }
}
