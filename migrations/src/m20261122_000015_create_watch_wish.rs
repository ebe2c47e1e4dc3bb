//! How many listen to what at which gateway.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, integer, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("watch_wish")
                    .col(text("watch_id"))
                    .col(text("gateway"))
                    .col(integer("listeners"))
                    .col(big_integer("until"))
                    .primary_key(Index::create().col("watch_id").col("gateway"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("watch_wish_until")
                    .table("watch_wish")
                    .col("until")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("watch_wish").to_owned())
            .await
    }
}
