//! The sealed tokens of people who connected an account.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager,
    Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, big_integer_null, binary_null, text, text_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("connection")
                    .col(text("id").primary_key())
                    .col(text("tenant"))
                    .col(text("person_id"))
                    .col(text("provider"))
                    .col(text("authority"))
                    .col(text("subject"))
                    .col(text("scopes"))
                    .col(binary_null("access_token"))
                    .col(binary_null("refresh_token"))
                    .col(big_integer("access_expires_at"))
                    .col(big_integer("version"))
                    .col(text_null("lease_owner"))
                    .col(big_integer_null("lease_until"))
                    .col(text("state"))
                    .col(text_null("api_base"))
                    .col(big_integer("connected_at"))
                    .col(big_integer("updated_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("connection_person_id_is_a_person")
                            .from("connection", "person_id")
                            .to("person", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("connection_person")
                    .table("connection")
                    .col("tenant")
                    .col("person_id")
                    .col("provider")
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("connection_subject")
                    .table("connection")
                    .col("provider")
                    .col("authority")
                    .col("subject")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("connection").to_owned())
            .await
    }
}
