//! The accounts a person has proved to be theirs by signing in.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager,
    Table, async_trait,
};
use sea_orm_migration::schema::text;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("identity")
                    .col(text("tenant"))
                    .col(text("provider"))
                    .col(text("authority"))
                    .col(text("subject"))
                    .col(text("person_id"))
                    .primary_key(
                        Index::create()
                            .col("tenant")
                            .col("provider")
                            .col("authority")
                            .col("subject"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("identity_person_id_is_a_person")
                            .from("identity", "person_id")
                            .to("person", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("identity_subject")
                    .table("identity")
                    .col("provider")
                    .col("authority")
                    .col("subject")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("identity_person")
                    .table("identity")
                    .col("person_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("identity").to_owned())
            .await
    }
}
